/**
 * Where the texts are: a SQLite database in the data folder, or in memory where there can be none.
 *
 *     search-v2/CACHEDIR.TAG
 *     search-v2/1.lock      held by the process that uses folder 1, for as long as it lives; the system lets go of it
 *     search-v2/1/texts.sqlite, …
 *     search-v2/1/in-use    there from opening to closing; says since which start of the machine
 *     search-v2/2.lock      of a second process on the same data folder
 *
 * Whoever has the lock has the folder to itself, so what is wrong in there can be set aside without asking anybody. The
 * lock is SQLite's own, on an empty file. Promises never to touch what another process uses, and to give a database in
 * every case; what was wrong is told to the log.
 *
 * Nothing waits for the disk while the database is in use; on closing it is brought there, once. Where the process has
 * died, the system still has all that was written, and the database goes on from there (its log brings it to the last
 * complete step). Where the machine has died it may be damaged, and is thrown away: `in-use` tells.
 */

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeCacheFolder } from '../base/cache-folder.ts'
import type { Log } from '../base/log.ts'
import {
  createPrivateFile,
  databaseFiles,
  ForeignFile,
  isBusy,
  isSqliteError,
  moveAside,
} from '../base/sqlite-files.ts'

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
const schemaVersion = 2
const databaseName = 'texts.sqlite'
const markerName = 'in-use'

/** Words and folding change with Unicode, and so with Node: a database of another one would miss something. */
const unicode = process.versions.unicode ?? ''

const schema = `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  INSERT INTO facts VALUES ('unicode', '${unicode}');
  CREATE TABLE repositories (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    next INTEGER NOT NULL,
    indexed INTEGER NOT NULL,
    updates INTEGER NOT NULL,
    used INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE bugs (
    place INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL,
    id TEXT NOT NULL,
    tip TEXT NOT NULL,
    parts INTEGER NOT NULL,
    replaced INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX bugs_by_id ON bugs (repository, id, tip);
  CREATE INDEX replaced_bugs ON bugs (repository, replaced) WHERE replaced IS NOT NULL;
  CREATE TABLE pieces (
    place INTEGER PRIMARY KEY,
    part INTEGER NOT NULL,
    overlap INTEGER NOT NULL,
    title INTEGER NOT NULL,
    last INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE texts (place INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT;
  CREATE TABLE vocabulary (number INTEGER PRIMARY KEY, words BLOB) STRICT;
  CREATE VIRTUAL TABLE trigrams USING fts5(
    text, content='', contentless_delete=1, detail=full, tokenize='trigram case_sensitive 1'
  );
  CREATE VIRTUAL TABLE words USING fts5(
    title, text, content='', contentless_delete=1, detail=full, tokenize='ascii'
  );
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`

/** Before the first table: pages that hold several texts. Little memory; the system keeps pages better. */
const pragmas = `
  PRAGMA page_size = 16384;
  PRAGMA auto_vacuum = INCREMENTAL;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -4000;
  PRAGMA wal_autocheckpoint = 256;
  PRAGMA journal_size_limit = 16000000;
  PRAGMA temp_store = MEMORY;
  PRAGMA trusted_schema = OFF;
`

export interface DatabaseOptions {
  readonly log: Log
  /** Another one after each start of the machine; undefined where that is not known. The machine's own if not given. */
  readonly bootId?: string | undefined
}

/** Opens the database of this process. @param folder is made where it is missing */
export function openDatabase(folder: string, options: DatabaseOptions): OpenDatabase {
  const { log } = options
  const bootId = 'bootId' in options ? options.bootId : readBootId()
  try {
    makeCacheFolder(folder)
    for (let number = 1; number <= maxFolders; number++) {
      const lock = takeLock(join(folder, `${number}.lock`))
      if (!lock) continue
      try {
        return openFile(join(folder, String(number)), lock, { log, bootId })
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

/** Whether another process uses the database that the next one would open. Leaves nothing behind. */
export function isSearchFolderInUse(folder: string): boolean {
  const path = join(folder, '1.lock')
  if (!existsSync(path)) return false
  const lock = takeLock(path)
  lock?.close()
  return lock === undefined
}

/** A database in memory, which ends with the process. */
export function openMemory(): OpenDatabase {
  const db = new DatabaseSync(':memory:')
  db.exec(pragmas)
  db.exec(schema)
  return { db, path: undefined, giveUp() {}, [Symbol.dispose]: () => db.close() }
}

/**
 * Takes a lock, or gives undefined where another process has it. The file is never opened by anything but SQLite:
 * closing it elsewhere in this process would let go of the lock.
 */
function takeLock(path: string): DatabaseSync | undefined {
  createPrivateFile(path)
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

function openFile(folder: string, lock: DatabaseSync, { log, bootId }: DatabaseOptions): OpenDatabase {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, databaseName)
  const marker = join(folder, markerName)
  if (existsSync(marker)) {
    const markedBy = readFileSync(marker, 'utf8').trim()
    if (markedBy !== '' && markedBy === bootId) {
      log.info({ path }, 'the texts for searching were not closed the last time: they are as they were written')
    } else {
      log.info({ path }, 'the machine was restarted while the texts for searching were in use: they are collected anew')
      for (const end of databaseFiles) rmSync(path + end, { force: true })
    }
  }
  writeFileSync(marker, `${bootId ?? ''}\n`, { mode: 0o600, flush: true })
  // Before anything is written to the database: it must not outlast its marker.
  flush(folder, 'r')
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
        if (isOfNoUse) moveAside(path)
        else flush(path, 'r+')
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
    moveAside(path)
    return openOwn(path)
  }
}

/** Brings a file or folder to the disk. */
function flush(path: string, flags: 'r' | 'r+') {
  const file = openSync(path, flags)
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** @throws ForeignFile where it has tables of others, or of another version; errors of SQLite */
function openOwn(path: string): DatabaseSync {
  createPrivateFile(path)
  const db = new DatabaseSync(path)
  try {
    // Looked at before anything is changed: the file may be somebody else's.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    const isNew = readNumber(db, 'SELECT count(*) FROM sqlite_schema') === 0
    const found = [readNumber(db, 'PRAGMA application_id'), readNumber(db, 'PRAGMA user_version')]
    if (!isNew && (found[0] !== applicationId || found[1] !== schemaVersion || !hasSameUnicode(db))) {
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

function hasSameUnicode(db: DatabaseSync): boolean {
  return db.prepare("SELECT value FROM facts WHERE name = 'unicode'").get()?.value === unicode
}

/** Linux's; undefined where there is none. */
function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return undefined
  }
}

function readNumber(db: DatabaseSync, sql: string): number {
  const [value] = Object.values(db.prepare(sql).get() ?? {})
  return typeof value === 'number' ? value : 0
}

/** The content of the file is of no use. */
export function isDamaged(error: unknown): boolean {
  return isSqliteError(error, 'corrupt', 'notADatabase')
}

/** The file cannot be read or written any more, whatever its content. */
export function isOutOfReach(error: unknown): boolean {
  return isSqliteError(error, 'ioError', 'full', 'cannotOpen', 'readOnly')
}
