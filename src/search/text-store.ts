/**
 * The texts in the database: written, replaced, forgotten, and put into the trigram index bit by bit.
 *
 *     places of a repository      first ├──────────── indexed ─────────────┤──── not yet ────┤ next
 *                                           asked of the trigram index         looked through
 *
 * A text has places of its own, one for each piece, and they are never given again. New ones are at the end, so one
 * number says how far the index has come. Texts that were replaced stay until they are purged: whoever looks at the
 * state before still finds them.
 *
 * Each call of a generator's `next` is a step of bounded work, with a transaction of its own. Refuses to answer for a
 * repository whose texts this process was not given as a whole.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import { foldPieces } from './fold-pieces.ts'
import type { UpdateMessage } from './messages.ts'
import { toIndexText } from './term-plan.ts'

/** What is known of a repository, beside its rows. */
export interface StoredRepository {
  readonly number: number
  readonly name: string
  /** Before its first place. */
  readonly base: number
  /** The place that its next piece gets. */
  next: number
  /** The last place that is in the trigram index, or need not be. */
  indexed: number
  /** Whether all its texts are there. */
  isWhole: boolean
  /** The whole update that is being taken in, as long as nothing of it was lost. */
  takingIn: number | undefined
}

/** Places of one repository; its number is what is above. */
const placesOfOne = 2 ** 32
/** Work of a step: some milliseconds. */
const stepBugs = 128
const stepBytes = 128 * 1024
const indexBytes = 64 * 1024
const deletedPlaces = 256

export class TextStore {
  readonly db: DatabaseSync
  readonly #repositories = new Map<string, StoredRepository>()
  readonly #sql
  /** Updates count from here on: rows have numbers of an earlier process. */
  readonly #firstUpdate: number

  constructor(db: DatabaseSync) {
    this.db = db
    this.#sql = prepareAll(db)
    let firstUpdate = 0
    for (const row of this.#sql.repositories.iterate()) {
      const [number, next, indexed, updates] = ['number', 'next', 'indexed', 'updates'].map(name => toNumber(row[name]))
      if (number === undefined || next === undefined || indexed === undefined) continue
      const name = String(row.name)
      const base = number * placesOfOne
      this.#repositories.set(name, { number, name, base, next, indexed, isWhole: false, takingIn: undefined })
      firstUpdate = Math.max(firstUpdate, updates ?? 0)
    }
    this.#firstUpdate = firstUpdate
  }

  /** The repository; undefined where its texts are not known as a whole. */
  find(name: string): StoredRepository | undefined {
    const repository = this.#repositories.get(name)
    return repository?.isWhole ? repository : undefined
  }

  /** Something went wrong: it is not answered for until it is given as a whole again. */
  distrust(name: string) {
    const repository = this.#repositories.get(name)
    if (!repository) return
    repository.isWhole = false
    repository.takingIn = undefined
  }

  /** Bytes of the database. */
  get bytes(): number {
    return (toNumber(this.#sql.pageCount.get()?.page_count) ?? 0) * (toNumber(this.#sql.pageSize.get()?.page_size) ?? 0)
  }

  /** Takes a part of an update in. */
  *update(message: UpdateMessage): Generator<void> {
    const number = this.#firstUpdate + message.number
    const repository = this.#ensure(message.repository, number)
    if (message.isWhole && message.isFirst) repository.takingIn = number
    const ids = lines(message.ids)
    const tips = lines(message.tips)
    let next = 0
    while (next < ids.length) {
      next = this.#transact(() => this.#putSome(repository, { message, ids, tips, from: next, number }))
      yield
    }
    if (!message.isLast) return
    this.#transact(() => {
      for (const id of lines(message.removed)) this.#sql.replaceAll.run(number, repository.number, id)
      if (message.isWhole) this.#sql.replaceUnseen.run(number, repository.number, number)
    })
    if (message.isWhole && repository.takingIn === number) repository.isWhole = true
  }

  /** Deletes what updates up to one have replaced. */
  *purge(name: string, upTo: number): Generator<void> {
    const repository = this.#repositories.get(name)
    if (!repository) return
    for (;;) {
      const rows = this.#sql.replaced.all(repository.number, this.#firstUpdate + upTo, stepBugs)
      if (rows.length === 0) return
      this.#transact(() => {
        for (const { id, tip, place, parts } of rows) {
          if (typeof place !== 'number' || typeof parts !== 'number') continue
          this.#deletePlaces(repository, place, place + parts - 1)
          this.#sql.deleteBug.run(repository.number, String(id), String(tip))
        }
      })
      yield
    }
  }

  /** Deletes all of a repository. */
  *drop(name: string): Generator<void> {
    const repository = this.#repositories.get(name)
    if (!repository) return
    repository.isWhole = false
    this.#transact(() => this.#sql.deleteBugs.run(repository.number))
    for (let place = repository.base; place < repository.next; place += deletedPlaces) {
      this.#transact(() => this.#deletePlaces(repository, place, place + deletedPlaces - 1))
      yield
    }
    this.#sql.deleteRepository.run(repository.number)
    this.#repositories.delete(name)
  }

  /** Puts some pieces into the trigram index. @returns false where all are in it */
  indexSome(): boolean {
    for (const repository of this.#repositories.values()) {
      if (!repository.isWhole || repository.indexed >= repository.next - 1) continue
      repository.indexed = this.#transact(() => this.#indexPieces(repository))
      return true
    }
    return false
  }

  /** @returns how far the index has come then */
  #indexPieces(repository: StoredRepository): number {
    let bytes = 0
    let indexed = repository.next - 1
    const pieces: { place: number; text: Uint8Array }[] = []
    for (const { place, text } of this.#sql.texts.iterate(repository.indexed, indexed)) {
      if (typeof place !== 'number' || !(text instanceof Uint8Array)) continue
      pieces.push({ place, text })
      bytes += text.length
      if (bytes < indexBytes) continue
      indexed = place
      break
    }
    for (const { place, text } of pieces) this.#sql.index.run(place, toIndexText(text))
    this.#sql.setIndexed.run(indexed, repository.number)
    return indexed
  }

  #ensure(name: string, update: number): StoredRepository {
    let repository = this.#repositories.get(name)
    if (!repository) {
      const number = toNumber(this.#sql.addRepository.get(name)?.number) ?? 0
      const base = number * placesOfOne
      this.#sql.setNext.run(base + 1, number)
      this.#sql.setIndexed.run(base, number)
      repository = { number, name, base, next: base + 1, indexed: base, isWhole: false, takingIn: undefined }
      this.#repositories.set(name, repository)
    }
    this.#sql.setUpdates.run(update, repository.number)
    return repository
  }

  /** Puts bugs until the step is full. @returns where the next step begins */
  #putSome(repository: StoredRepository, { message, ids, tips, from, number }: PutStep): number {
    let bytes = 0
    let at = from
    for (; at < ids.length && at < from + stepBugs && bytes < stepBytes; at++) {
      const id = ids[at] ?? ''
      const tip = tips[at] ?? ''
      const isThere = this.#sql.see.run(number, repository.number, id, tip).changes !== 0n
      const text = isThere ? undefined : textAt(message, at)
      if (text) this.#insert(repository, { id, tip, text, number })
      bytes += text?.length ?? 0
      // Of a whole update that is done at its end, for all at once.
      if (!message.isWhole) this.#sql.replaceOthers.run(number, repository.number, id, tip)
    }
    this.#sql.setNext.run(repository.next, repository.number)
    return at
  }

  #insert(repository: StoredRepository, { id, tip, text, number }: NewText) {
    const place = repository.next
    let part = 0
    for (const { bytes, overlap } of foldPieces(text)) {
      this.#sql.addPiece.run(place + part, tip, part, overlap)
      this.#sql.addText.run(place + part, bytes)
      part++
    }
    this.#sql.addBug.run(repository.number, id, tip, place, part, number)
    repository.next = place + part
  }

  #deletePlaces(repository: StoredRepository, first: number, last: number) {
    this.#sql.unindex.run(first, Math.min(last, repository.indexed))
    this.#sql.deletePieces.run(first, last)
    this.#sql.deleteTexts.run(first, last)
  }

  #transact<T>(work: () => T): T {
    this.db.exec('BEGIN')
    try {
      const result = work()
      this.db.exec('COMMIT')
      return result
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK')
      throw error
    }
  }
}

interface PutStep {
  readonly message: UpdateMessage
  readonly ids: readonly string[]
  readonly tips: readonly string[]
  readonly from: number
  readonly number: number
}

interface NewText {
  readonly id: string
  readonly tip: string
  readonly text: Uint8Array
  readonly number: number
}

function lines(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}

/** The text of a bug of an update, where it lies. */
function textAt({ places, buffers }: UpdateMessage, at: number): Uint8Array | undefined {
  const buffer = buffers[places[3 * at] ?? 0]
  return buffer && new Uint8Array(buffer, places[3 * at + 1], places[3 * at + 2])
}

function toNumber(value: SQLOutputValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function prepareAll(db: DatabaseSync) {
  const sql = (text: string): StatementSync => db.prepare(text)
  // Each run gives the last row's number too, and that can be one of the trigram index's own, beyond a JavaScript number.
  const write = (text: string): StatementSync => {
    const statement = db.prepare(text)
    statement.setReadBigInts(true)
    return statement
  }
  return {
    pageCount: sql('PRAGMA page_count'),
    pageSize: sql('PRAGMA page_size'),
    repositories: sql('SELECT number, name, next, indexed, updates FROM repositories'),
    addRepository: sql('INSERT INTO repositories (name, next, indexed, updates) VALUES (?, 0, 0, 0) RETURNING number'),
    setNext: write('UPDATE repositories SET next = ? WHERE number = ?'),
    setIndexed: write('UPDATE repositories SET indexed = ? WHERE number = ?'),
    setUpdates: write('UPDATE repositories SET updates = ? WHERE number = ?'),
    deleteRepository: write('DELETE FROM repositories WHERE number = ?'),
    see: write('UPDATE bugs SET seen = ?, replaced = NULL WHERE repository = ? AND id = ? AND tip = ?'),
    addBug: write('INSERT INTO bugs (repository, id, tip, place, parts, seen) VALUES (?, ?, ?, ?, ?, ?)'),
    replaceOthers: write(
      'UPDATE bugs SET replaced = ? WHERE repository = ? AND id = ? AND tip <> ? AND replaced IS NULL',
    ),
    replaceAll: write('UPDATE bugs SET replaced = ? WHERE repository = ? AND id = ? AND replaced IS NULL'),
    replaceUnseen: write('UPDATE bugs SET replaced = ? WHERE repository = ? AND seen <> ? AND replaced IS NULL'),
    replaced: sql(
      'SELECT id, tip, place, parts FROM bugs WHERE repository = ? AND replaced IS NOT NULL AND replaced <= ? LIMIT ?',
    ),
    deleteBug: write('DELETE FROM bugs WHERE repository = ? AND id = ? AND tip = ?'),
    deleteBugs: write('DELETE FROM bugs WHERE repository = ?'),
    addPiece: write('INSERT INTO pieces (place, tip, part, overlap) VALUES (?, ?, ?, ?)'),
    addText: write('INSERT INTO texts (place, text) VALUES (?, ?)'),
    deletePieces: write('DELETE FROM pieces WHERE place BETWEEN ? AND ?'),
    deleteTexts: write('DELETE FROM texts WHERE place BETWEEN ? AND ?'),
    texts: sql('SELECT place, text FROM texts WHERE place > ? AND place <= ? ORDER BY place'),
    index: write('INSERT INTO trigrams (rowid, text) VALUES (?, ?)'),
    unindex: write('DELETE FROM trigrams WHERE rowid BETWEEN ? AND ?'),
  }
}
