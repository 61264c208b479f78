/**
 * Where the texts are: a SQLite database in the data folder, or in memory where there can be none.
 *
 *     search-v1/CACHEDIR.TAG
 *     search-v1/1.lock      held by the process that uses folder 1, for as long as it lives; the system lets go of it
 *     search-v1/1/texts.sqlite, …
 *     search-v1/1/in-use    there from opening to closing
 *     search-v1/2.lock      of a second process on the same data folder
 *
 * Whoever has the lock has the folder to itself, so what is wrong in there can be set aside without asking anybody. The
 * lock is SQLite's own, on an empty file. Promises never to touch what another process uses, and to give a database in
 * every case; what was wrong is told to the log.
 *
 * Nothing waits for the disk while the database is in use. What a process or a machine that died has left behind may
 * therefore be damaged, and is thrown away: `in-use` tells. On closing it is brought to the disk, once.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../base/log.ts'

export interface OpenDatabase extends Disposable {
  readonly db: DatabaseSync
  /** Undefined in memory. */
  readonly path: string | undefined
  /** Whether what was in the file is of no use any more: the next one to open it is to set it aside. */
  giveUp(): void
}

/** Processes that may have a database in one data folder. */
const maxFolders = 16
/** The first four bytes of "git-bug-viewer" in hexadecimal: this file is ours. */
const applicationId = 0x6769742d
/** Of the tables; the folder's name has it too. */
const schemaVersion = 1
const databaseName = 'texts.sqlite'
const markerName = 'in-use'
const companions = ['', '-wal', '-shm', '-journal']

const schema = `
  CREATE TABLE repositories (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    next INTEGER NOT NULL,
    indexed INTEGER NOT NULL,
    updates INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE bugs (
    repository INTEGER NOT NULL,
    id TEXT NOT NULL,
    tip TEXT NOT NULL,
    place INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    replaced INTEGER,
    PRIMARY KEY (repository, id, tip)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX replaced_bugs ON bugs (repository, replaced) WHERE replaced IS NOT NULL;
  CREATE TABLE pieces (place INTEGER PRIMARY KEY, tip TEXT NOT NULL, part INTEGER NOT NULL, overlap INTEGER NOT NULL) STRICT;
  CREATE TABLE texts (place INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT;
  CREATE VIRTUAL TABLE trigrams USING fts5(
    text, content='', contentless_delete=1, detail=full, tokenize='trigram case_sensitive 1'
  );
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`

/** Before the first table: pages that hold several texts. Little memory; the system keeps pages better. */
const pragmas = `
  PRAGMA page_size = 16384;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -4000;
  PRAGMA wal_autocheckpoint = 256;
  PRAGMA journal_size_limit = 16000000;
  PRAGMA temp_store = MEMORY;
  PRAGMA trusted_schema = OFF;
`

/** Opens the database of this process. @param folder is made where it is missing */
export function openDatabase(folder: string, log: Log): OpenDatabase {
  try {
    makeFolder(folder)
    for (let number = 1; number <= maxFolders; number++) {
      const lock = takeLock(join(folder, `${number}.lock`))
      if (!lock) continue
      try {
        return openFile(join(folder, String(number)), lock, log)
      } catch (error) {
        lock.close()
        throw error
      }
    }
    log.warn({ folder }, `${maxFolders} processes use this folder already: texts for searching are kept in memory`)
  } catch (error) {
    log.warn({ err: error, folder }, 'the folder cannot be used: texts for searching are kept in memory')
  }
  return openMemory()
}

/** A database in memory, which ends with the process. */
export function openMemory(): OpenDatabase {
  const db = new DatabaseSync(':memory:')
  db.exec(pragmas)
  db.exec(schema)
  return { db, path: undefined, giveUp() {}, [Symbol.dispose]: () => db.close() }
}

/** What is in a folder with this file need not be backed up (the Cache Directory Tagging convention). */
const cacheTag =
  'Signature: 8a477f597d28d172789f06886806bc55\n# Texts for searching, made anew when they are missing.\n'

function makeFolder(folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const tag = join(folder, 'CACHEDIR.TAG')
  if (!existsSync(tag)) writeFileSync(tag, cacheTag, { mode: 0o600 })
}

/**
 * Takes a lock, or gives undefined where another process has it. The file is never opened by anything but SQLite:
 * closing it elsewhere in this process would let go of the lock.
 */
function takeLock(path: string): DatabaseSync | undefined {
  createFile(path)
  const lock = new DatabaseSync(path)
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (isBusy(error) || isDamaged(error)) return undefined
    throw error
  }
}

/** A new file is for its owner only; one that is there stays as it is, and is not opened. */
function createFile(path: string) {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

function openFile(folder: string, lock: DatabaseSync, log: Log): OpenDatabase {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, databaseName)
  const marker = join(folder, markerName)
  if (existsSync(marker)) {
    log.info({ path }, 'the texts for searching were not closed the last time: they are collected anew')
    for (const end of companions) rmSync(path + end, { force: true })
  }
  writeFileSync(marker, '', { mode: 0o600 })
  const db = openOrReplace(path, log)
  let isOfNoUse = false
  return {
    db,
    path,
    giveUp: () => {
      isOfNoUse = true
    },
    [Symbol.dispose]: () => {
      if (!lock.isOpen) return
      try {
        db.close()
        if (isOfNoUse) setAside(path)
        else flush(path)
        rmSync(marker)
      } finally {
        lock.close()
      }
    },
  }
}

function openOrReplace(path: string, log: Log): DatabaseSync {
  try {
    return openOwn(path)
  } catch (error) {
    if (!isDamaged(error) && !isBusy(error) && !(error instanceof ForeignFile)) throw error
    log.warn({ err: error, path }, 'the texts for searching cannot be used and are set aside')
    setAside(path)
    return openOwn(path)
  }
}

/** Brings a file to the disk. */
function flush(path: string) {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

class ForeignFile extends Error {}

/** @throws ForeignFile where it has tables of others, or of another version; errors of SQLite */
function openOwn(path: string): DatabaseSync {
  createFile(path)
  const db = new DatabaseSync(path)
  try {
    // Looked at before anything is changed: the file may be somebody else's.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    const isNew = readNumber(db, 'SELECT count(*) FROM sqlite_schema') === 0
    const found = [readNumber(db, 'PRAGMA application_id'), readNumber(db, 'PRAGMA user_version')]
    if (!isNew && (found[0] !== applicationId || found[1] !== schemaVersion)) {
      throw new ForeignFile('it is not a database of texts of this version')
    }
    db.exec(pragmas)
    if (isNew) db.exec(`BEGIN IMMEDIATE; ${schema}; COMMIT`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Keeps the last one that was set aside, for whoever wants to know what was wrong. */
function setAside(path: string) {
  for (const end of companions) rmSync(`${path}.aside${end}`, { force: true })
  for (const end of companions) if (existsSync(path + end)) renameSync(path + end, `${path}.aside${end}`)
}

function readNumber(db: DatabaseSync, sql: string): number {
  const [value] = Object.values(db.prepare(sql).get() ?? {})
  return typeof value === 'number' ? value : 0
}

const [busy, locked, ioError, corrupt, full, cannotOpen, notADatabase, readOnly] = [5, 6, 10, 11, 13, 14, 26, 8]

/** The primary code of an error of SQLite, see sqlite.org/rescode.html. */
function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === busy || code === locked
}

/** The content of the file is of no use. */
export function isDamaged(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === corrupt || code === notADatabase
}

/** The file cannot be read or written any more, whatever its content. */
export function isOutOfReach(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === ioError || code === full || code === cannotOpen || code === readOnly
}
