/**
 * What is read from the tables of the store and written into them. Every call is short, or bounded by a count. Times are
 * milliseconds of the wall clock, since values outlive processes; one that lies ahead of it counts as very old.
 */
import type { DatabaseSync } from 'node:sqlite'
import { entryBytes, type StoreTier, storeTiers, type TierLimits } from './store.ts'

export interface FoundValue {
  readonly place: number
  readonly value: Uint8Array
  /** Whether the time of its last use is to be written. */
  readonly isStale: boolean
}

/** What is to be written. */
export interface NewEntry {
  readonly key: string
  readonly value: Uint8Array
  readonly putMs: number
  /** Of its last use. */
  usedMs: number
}

/** When values are used is known to within this. */
const useStepMs = 3_600_000
/** So far may the clock be set back without anything being thought too old. */
const maxAheadMs = 60_000
/** Free pages that are left for what comes next, and the share of the file. */
const minFreePages = 256
const freeShare = 1 / 16

const statements = {
  begin: 'BEGIN',
  beginWriting: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  find: `SELECT place, put, used, value FROM items JOIN contents USING (place) WHERE tier = ? AND key = ?`,
  findItem: 'SELECT place, bytes FROM items WHERE tier = ? AND key = ?',
  insert: 'INSERT INTO items (tier, bytes, put, used, key) VALUES (?, ?, ?, ?, ?)',
  update: 'UPDATE items SET bytes = ?, put = ?, used = ? WHERE place = ?',
  write: 'INSERT OR REPLACE INTO contents (place, value) VALUES (?, ?)',
  touch: 'UPDATE items SET used = ? WHERE place = ?',
  deleteItem: 'DELETE FROM items WHERE place = ?',
  deleteContent: 'DELETE FROM contents WHERE place = ?',
  leastUsed: 'SELECT place, bytes FROM items WHERE tier = ? ORDER BY used, place LIMIT ?',
  usedBefore: 'SELECT place, bytes FROM items WHERE tier = ? AND used < ? ORDER BY used, place LIMIT ?',
  usedAfter: 'SELECT place, bytes FROM items WHERE tier = ? AND used > ? LIMIT ?',
  total: 'SELECT bytes FROM totals WHERE tier = ?',
  addTotal: `INSERT INTO totals (tier, bytes) VALUES (?, ?) ON CONFLICT (tier) DO UPDATE SET bytes = bytes + excluded.bytes`,
  pages: 'PRAGMA page_count',
  freePages: 'PRAGMA freelist_count',
} as const

type Statement = ReturnType<DatabaseSync['prepare']>

export class StoreTables {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<keyof typeof statements, Statement>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  #prepare(name: keyof typeof statements): Statement {
    let statement = this.#prepared.get(name)
    if (!statement) {
      statement = this.#db.prepare(statements[name])
      statement.setReturnArrays(true)
      this.#prepared.set(name, statement)
    }
    return statement
  }

  /** The first row of an answer, as a list. */
  #readRow(name: keyof typeof statements, ...values: (string | number)[]): readonly unknown[] | undefined {
    return this.#prepare(name).get(...values) as readonly unknown[] | undefined
  }

  #readRows(name: keyof typeof statements, ...values: (string | number)[]): readonly (readonly unknown[])[] {
    return this.#prepare(name).all(...values) as unknown as readonly (readonly unknown[])[]
  }

  /** Reads several values from one state of the file. */
  read<T>(work: () => T): T {
    return this.#transact('begin', work)
  }

  /** Does all of the work, or nothing. */
  write<T>(work: () => T): T {
    return this.#transact('beginWriting', work)
  }

  #transact<T>(begin: 'begin' | 'beginWriting', work: () => T): T {
    this.#prepare(begin).run()
    try {
      const result = work()
      this.#prepare('commit').run()
      return result
    } catch (error) {
      // SQLite may have ended it already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  find(tier: StoreTier, key: string, { nowMs, seconds }: { nowMs: number; seconds: number | undefined }) {
    const [place, put, used, value] = this.#readRow('find', storeTiers.indexOf(tier), key) ?? []
    if (!(value instanceof Uint8Array)) return undefined
    if (isTooOld(nowMs - Number(put), seconds)) return undefined
    const found: FoundValue = { place: Number(place), value, isStale: Math.abs(nowMs - Number(used)) > useStepMs }
    return found
  }

  /** Inside `write`. */
  put(tier: StoreTier, { key, value, putMs, usedMs }: NewEntry, limits: TierLimits): void {
    const number = storeTiers.indexOf(tier)
    const bytes = entryBytes(key, value.length)
    const [place, oldBytes] = this.#readRow('findItem', number, key) ?? []
    if (bytes > limits.maxBytes) {
      if (place !== undefined) this.#remove(tier, [[place, oldBytes]])
      return
    }
    if (place === undefined) {
      const { lastInsertRowid } = this.#prepare('insert').run(number, bytes, putMs, usedMs, key)
      this.#prepare('write').run(lastInsertRowid, value)
    } else {
      this.#prepare('update').run(bytes, putMs, usedMs, Number(place))
      this.#prepare('write').run(Number(place), value)
    }
    this.#prepare('addTotal').run(number, bytes - Number(oldBytes ?? 0))
  }

  /** Writes down that values were used. Inside `write`. */
  touch(places: Iterable<number>, nowMs: number): void {
    const touch = this.#prepare('touch')
    for (const place of places) touch.run(nowMs, place)
  }

  /** Bytes of a tier. */
  bytes(tier: StoreTier): number {
    return Number(this.#readRow('total', storeTiers.indexOf(tier))?.[0] ?? 0)
  }

  /** Deletes what was not used for longest until the tier is within its bound. Inside `write`. @returns how many */
  evict(tier: StoreTier, limits: TierLimits, maxCount: number): number {
    let over = this.bytes(tier) - limits.maxBytes
    if (over <= 0) return 0
    const chosen: (readonly unknown[])[] = []
    for (const row of this.#readRows('leastUsed', storeTiers.indexOf(tier), maxCount)) {
      if (over <= 0) break
      chosen.push(row)
      over -= Number(row[1])
    }
    this.#remove(tier, chosen)
    return chosen.length
  }

  /**
   * Deletes what is too old. A value that was used since it was put goes when its last use is as long ago, at the latest
   * after twice its age. Inside `write`.
   */
  expire(tier: StoreTier, { nowMs, seconds, maxCount }: ExpireOptions): { deleted: number; isMore: boolean } {
    const number = storeTiers.indexOf(tier)
    const ahead = this.#readRows('usedAfter', number, nowMs + maxAheadMs, maxCount)
    if (seconds === undefined) {
      // Nothing here is ever too old; it is only to be in its place in the order of use.
      const places = ahead.map(([place]) => Number(place))
      this.touch(places, nowMs)
      return { deleted: 0, isMore: ahead.length === maxCount }
    }
    const old = this.#readRows('usedBefore', number, nowMs - seconds * 1000, maxCount - ahead.length)
    const rows = [...ahead, ...old]
    this.#remove(tier, rows)
    return { deleted: rows.length, isMore: rows.length === maxCount }
  }

  #remove(tier: StoreTier, rows: readonly (readonly unknown[])[]) {
    let bytes = 0
    for (const [place, size] of rows) {
      this.#prepare('deleteItem').run(Number(place))
      this.#prepare('deleteContent').run(Number(place))
      bytes += Number(size)
    }
    this.#prepare('addTotal').run(storeTiers.indexOf(tier), -bytes)
  }

  /** Gives some free pages back. @returns whether there are more than are worth keeping */
  vacuum(maxPages: number): boolean {
    const pages = Number(this.#readRow('pages')?.[0] ?? 0)
    const free = Number(this.#readRow('freePages')?.[0] ?? 0)
    const spare = free - Math.max(minFreePages, Math.floor(pages * freeShare))
    if (spare <= 0) return false
    this.#db.exec(`PRAGMA incremental_vacuum(${Math.min(spare, maxPages)})`)
    if (spare > maxPages) return true
    // The file itself becomes smaller when the log is carried over.
    this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    return false
  }
}

/** @param ageMs less than zero for what was put when the clock was ahead */
export function isTooOld(ageMs: number, seconds: number | undefined): boolean {
  return seconds !== undefined && (ageMs >= seconds * 1000 || ageMs < -maxAheadMs)
}

interface ExpireOptions {
  readonly nowMs: number
  readonly seconds: number | undefined
  readonly maxCount: number
}
