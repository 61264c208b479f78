/**
 * What the files of SQLite databases have in common that this program keeps for itself: files that are only their
 * owner's, files that are set aside and never lost, and what SQLite's errors say. Knows no table.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'

/** The file itself and those that SQLite puts beside it, by what is added to its name. */
export const databaseFiles = ['', '-wal', '-shm', '-journal'] as const

/** A new file is for its owner only; one that is there stays as it is, and is not opened. */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/**
 * Sets a database aside, and keeps the last one that was, for whoever wants to know what was wrong. The file itself goes
 * last: as long as it is there, it is the one that is damaged.
 */
export function moveAside(path: string): void {
  for (const end of databaseFiles) rmSync(`${path}.aside${end}`, { force: true, recursive: true })
  for (const end of databaseFiles.toReversed()) {
    if (existsSync(path + end)) renameSync(path + end, `${path}.aside${end}`)
  }
}

/** The file holds something else than what was looked for: tables of others, or of another version. */
export class ForeignFile extends Error {}

/** Primary codes of SQLite's errors, see sqlite.org/rescode.html. */
const sqliteCodes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
} as const

/** True for an error of SQLite that has one of these codes. */
export function isSqliteError(error: unknown, ...names: readonly (keyof typeof sqliteCodes)[]): boolean {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' && names.some(name => sqliteCodes[name] === (code & 0xff))
}

/** Another process is in the way; it is worth another try. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error, 'busy', 'locked')
}
