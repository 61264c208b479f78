/** Attached files of a comment. */
import type { JsonObject } from '../fields.ts'
import { isFileHash } from '../ids.ts'

/** The hashes in `files`. What is no hash is left out here and remarked on by whoever reads the operation. */
export function fileHashes(fields: JsonObject): string[] {
  const files = fields.files
  return Array.isArray(files) ? files.filter(file => typeof file === 'string' && isFileHash(file)) : []
}
