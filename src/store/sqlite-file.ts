/**
 * The file of the store, one for all processes on a data folder.
 *
 *     store-v1/CACHEDIR.TAG
 *     store-v1/store.lock           held by whoever opens the file or sets it aside, for some milliseconds
 *     store-v1/store.sqlite, …      in WAL mode
 *     store-v1/store.sqlite.aside   what could not be used, the last one
 *
 * Promises that what is damaged, or is somebody else's, is set aside and begun anew, with a line in the log; and that
 * nobody sets aside what another process has just begun. A process that still has open what was set aside writes into
 * that, which harms nothing, until it finds that the file has moved.
 *
 * Opening as a whole is under the lock: SQLite finds the log beside the file by its name, so nobody may rename anything
 * while another one is between the two. The lock is SQLite's own, on an empty file; the system lets go of it when the
 * process ends.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeCacheFolder } from '../base/cache-folder.ts'
import type { Log } from '../base/log.ts'
import { createPrivateFile, ForeignFile, isSqliteError, moveAside } from '../base/sqlite-files.ts'

export interface StoreFile {
  readonly db: DatabaseSync
  /** Which file it is, whatever its name by now. */
  readonly identity: string
}

export interface StorePlace {
  readonly folder: string
  readonly log: Log
}

/** "gbvs" in hexadecimal: this file is ours. */
const applicationId = 0x67627673
/** Of the tables; the folder's name has it too. */
const schemaVersion = 1
const databaseName = 'store.sqlite'
/** Whoever has the lock keeps it for some milliseconds. */
const openWaitMs = 5000
/** Others write in steps of some milliseconds. Short, since nothing else goes on meanwhile; it is tried again. */
const busyWaitMs = 100

/**
 * Values lie apart from what is known of them, in the same order, so that their times are written without them. Numbers
 * of items grow, so what was put together lies together.
 */
const schema = `
  CREATE TABLE items (
    place INTEGER PRIMARY KEY,
    tier INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    put INTEGER NOT NULL,
    used INTEGER NOT NULL,
    key TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX items_by_key ON items (tier, key);
  CREATE INDEX items_by_use ON items (tier, used);
  CREATE TABLE contents (place INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT;
  CREATE TABLE totals (tier INTEGER PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`

/** Before the first table. */
const newFilePragmas = 'PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;'
/** Little memory; the system keeps pages better. What a loss of power takes is what was put last, and nothing is torn. */
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -8000;
  PRAGMA wal_autocheckpoint = 512;
  PRAGMA journal_size_limit = 16000000;
  PRAGMA temp_store = MEMORY;
  PRAGMA trusted_schema = OFF;
  PRAGMA busy_timeout = ${busyWaitMs};
`

/** Opens the file, and makes it where it is missing. @throws where the folder cannot be used */
export function openStoreFile({ folder, log }: StorePlace): StoreFile {
  makeCacheFolder(folder)
  const path = join(folder, databaseName)
  const lock = takeLock(folder)
  try {
    return openOwn(path)
  } catch (error) {
    if (!isDamaged(error)) throw error
    tellSetAside({ folder, log }, error)
    moveAside(path)
    return openOwn(path)
  } finally {
    lock.close()
  }
}

/** Closes a file that was found to be damaged, and sets it aside where it is the store's file still. */
export function setAside(file: StoreFile, error: unknown, { folder, log }: StorePlace): void {
  try {
    const lock = takeLock(folder)
    try {
      // Looked at before it is closed: after that, a new file could come to the same number.
      if (hasMoved(file, folder)) return
      tellSetAside({ folder, log }, error)
      moveAside(join(folder, databaseName))
    } finally {
      lock.close()
    }
  } finally {
    closeQuietly(file.db)
  }
}

/** Whether the store's file is another one by now: it was set aside by another process, or deleted. */
export function hasMoved(file: StoreFile, folder: string): boolean {
  return readIdentity(join(folder, databaseName)) !== file.identity
}

export function closeQuietly(db: DatabaseSync): void {
  try {
    db.close()
  } catch {
    // What is wrong with the file was told already.
  }
}

function tellSetAside({ folder, log }: StorePlace, error: unknown) {
  log.warn({ err: error, folder }, 'the file of the store cannot be used: it is set aside and begun anew')
}

function readIdentity(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}

/** Waits for the lock. The file is opened by nothing but SQLite: closing it elsewhere here would let go of the lock. */
function takeLock(folder: string): DatabaseSync {
  const path = join(folder, 'store.lock')
  createPrivateFile(path)
  const lock = new DatabaseSync(path, { timeout: openWaitMs })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    throw error
  }
}

/** @throws ForeignFile where it has tables of others, or of another version; errors of SQLite */
function openOwn(path: string): StoreFile {
  createPrivateFile(path)
  const db = new DatabaseSync(path, { timeout: openWaitMs })
  try {
    // Looked at before anything is changed: the file may be somebody else's.
    const found = readSchema(db)
    const isNew = found.tables === '' && found.ids === '0 0'
    if (!isNew && !isOwnSchema(found)) throw new ForeignFile('it is not a store of this version')
    if (isNew) db.exec(newFilePragmas)
    db.exec(pragmas)
    if (isNew) db.exec(`BEGIN IMMEDIATE; ${schema}; COMMIT`)
    const identity = readIdentity(path)
    if (identity === undefined) throw new Error('the file of the store was deleted while it was opened')
    return { db, identity }
  } catch (error) {
    closeQuietly(db)
    throw error
  }
}

interface FoundSchema {
  readonly ids: string
  readonly tables: string
}

function readSchema(db: DatabaseSync): FoundSchema {
  const read = (sql: string) =>
    db
      .prepare(sql)
      .all()
      .flatMap(row => Object.values(row))
  const ids = [...read('PRAGMA application_id'), ...read('PRAGMA user_version')]
  return { ids: ids.join(' '), tables: read('SELECT name, sql FROM sqlite_schema ORDER BY name').join('\n') }
}

function isOwnSchema(found: FoundSchema): boolean {
  const db = new DatabaseSync(':memory:')
  try {
    db.exec(schema)
    const own = readSchema(db)
    return found.ids === own.ids && found.tables === own.tables
  } finally {
    db.close()
  }
}

/** The content of the file is of no use. Nothing that is written breaks a constraint, unless an index is wrong. */
export function isDamaged(error: unknown): boolean {
  return error instanceof ForeignFile || isSqliteError(error, 'corrupt', 'notADatabase', 'constraint', 'mismatch')
}

/** There is no room; what is there can still be read. */
export function isFull(error: unknown): boolean {
  return isSqliteError(error, 'full')
}
