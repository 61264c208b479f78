/** Reads one blob. What cannot be had of it is nobody's failure but the repository's own. */
import { isViewerError } from '../base/errors.ts'
import type { ObjectReader } from '../git/object-reader.ts'

/** @returns undefined where it is missing, larger than the limit, damaged or no blob */
export async function readBlob(reader: ObjectReader, hash: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    const object = await reader.read(hash, maxBytes)
    return object?.type === 'blob' ? object.bytes : undefined
  } catch (error) {
    if (isViewerError(error, 'OBJECT_UNREADABLE')) return undefined
    throw error
  }
}
