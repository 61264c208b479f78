/** Entries on their way to the store thread: cut into parts of about a transaction, each with one buffer of its own. */
import type { StoreEntry } from './store.ts'

export interface EntryPart {
  /** One in a line. */
  readonly keys: string
  readonly lengths: Uint32Array
  /** One after the other. */
  readonly values: ArrayBuffer
}

const maxPartBytes = 500_000
const maxPartEntries = 1000

/** Cuts when it is asked for the next part, so that not all copies are there at once. */
export function* cutEntries(entries: readonly StoreEntry[]): Generator<EntryPart> {
  for (let at = 0; at < entries.length; ) {
    let bytes = 0
    let end = at
    while (end < entries.length && end - at < maxPartEntries && bytes < maxPartBytes) {
      bytes += entries[end++]?.value.length ?? 0
    }
    yield copyPart(entries.slice(at, end), bytes)
    at = end
  }
}

function copyPart(entries: readonly StoreEntry[], bytes: number): EntryPart {
  const values = new Uint8Array(bytes)
  const lengths = new Uint32Array(entries.length)
  let at = 0
  for (const [n, { value }] of entries.entries()) {
    values.set(value, at)
    lengths[n] = value.length
    at += value.length
  }
  return { keys: entries.map(({ key }) => key).join('\n'), lengths, values: values.buffer }
}
