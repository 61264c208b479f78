/** The tree of a pack's commit (`format.md`, "A bug: a graph of operation packs"), sound or, where asked, not. */
import type { Lamport } from '../bug/model.ts'
import type { ImportLog, LogEntry } from './import-log.ts'

export interface PackTree {
  /** Bytes of the `ops` blob; no such entry where it is missing. */
  readonly ops?: Uint8Array | string
  readonly editClock?: Lamport
  readonly createClock?: Lamport
  /** Hashes for `extra/`; those that are not blobs of this log are left out. */
  readonly files?: readonly string[]
}

/** Entries of a sound pack of format version 4. */
export function packEntries(log: ImportLog, pack: PackTree): LogEntry[] {
  const entries: LogEntry[] = [{ path: 'version-4' }]
  if (pack.createClock !== undefined) entries.push({ path: `create-clock-${pack.createClock}` })
  if (pack.editClock !== undefined) entries.push({ path: `edit-clock-${pack.editClock}` })
  if (pack.ops !== undefined) entries.push({ path: 'ops', content: pack.ops })
  const files = (pack.files ?? []).filter(file => log.hasBlob(file))
  files.forEach((hash, index) => {
    entries.push({ path: `extra/file${index}`, hash })
  })
  return entries
}
