/** How much memory the records of a repository take, about: what the memory budget counts. */
import type { EntityRecord, IndexedBug } from './entity-record.ts'

/** A summary with its id and tip, its places in the orders, and its record; measured with `bench/memory.ts`. */
const bugBytes = 560
/** A person with one version; keys and names come on top. */
const identityBytes = 900
const versionBytes = 400
const mapEntryBytes = 120
/** An array that is not empty, without what is in it. */
const arrayBytes = 48

export function recordsBytes(records: readonly EntityRecord[]): number {
  let bytes = 0
  for (const record of records) {
    if (record.kind === 'bug') bytes += record.bug ? sizeOfBug(record.bug) : bugBytes
    else {
      bytes += identityBytes
      for (const { keys } of record.identity?.versions ?? []) {
        bytes += versionBytes + keys.reduce((sum, key) => sum + key.length, 0)
      }
    }
  }
  return bytes
}

function sizeOfBug({ title, metadata, files, statusChanges }: IndexedBug): number {
  let bytes = bugBytes + title.length + 64 * files.length
  if (statusChanges.length > 0) bytes += arrayBytes + 8 * statusChanges.length
  for (const [key, value] of metadata) bytes += mapEntryBytes + key.length + value.length
  return bytes
}
