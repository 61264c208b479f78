/**
 * The texts in the database: written, replaced, forgotten, and put into the indexes bit by bit.
 *
 *     places of a repository      first ├──────────── indexed ─────────────┤──── not yet ────┤ next
 *                                             asked of the indexes               looked through
 *
 * A text has places of its own, one for each piece, and they are never given again. New ones are at the end, so one
 * number says how far the indexes have come. Texts that were replaced stay until they are purged: whoever looks at the
 * state before still finds them.
 *
 * Each call of a generator's `next` is a step of bounded work, with a transaction of its own.
 */
import type { DatabaseSync } from 'node:sqlite'
import { foldPieces } from './fold-pieces.ts'
import type { TextsMessage, UpdateMessage } from './messages.ts'
import type { SessionTexts } from './session-texts.ts'
import { prepareStore, toNumber } from './store-statements.ts'
import { TextIndexer } from './text-indexer.ts'
import { noBuffer } from './update-parts.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What is known of a repository, beside its rows. */
export interface StoredRepository {
  readonly number: number
  readonly name: string
  /** Before its first place. */
  readonly base: number
  /** The place that its next piece gets. */
  next: number
  /** The last place that is in the indexes, or need not be. */
  indexed: number
  /** Whether somebody has it open, and all its texts were put. */
  isOpen: boolean
}

/** Places of one repository; its number is what is above. */
const placesOfOne = 2 ** 32
/** Work of a step: some milliseconds. */
const stepBugs = 128
const stepBytes = 128 * 1024
const stepRows = 2048
const deletedPlaces = 256

export class TextStore {
  readonly db: DatabaseSync
  readonly indexer: TextIndexer
  readonly #repositories = new Map<string, StoredRepository>()
  readonly #sql
  /** Updates count from here on: rows have numbers of an earlier process. */
  readonly #firstUpdate: number

  constructor(db: DatabaseSync, vocabulary?: Vocabulary) {
    this.db = db
    this.#sql = prepareStore(db)
    this.indexer = new TextIndexer(db, vocabulary)
    let firstUpdate = 0
    for (const row of this.#sql.repositories.iterate()) {
      const [number, next, indexed, updates] = ['number', 'next', 'indexed', 'updates'].map(name => toNumber(row[name]))
      if (number === undefined || next === undefined || indexed === undefined) continue
      const name = String(row.name)
      this.#repositories.set(name, { number, name, base: number * placesOfOne, next, indexed, isOpen: false })
      firstUpdate = Math.max(firstUpdate, updates ?? 0)
    }
    this.#firstUpdate = firstUpdate
  }

  find(name: string): StoredRepository | undefined {
    return this.#repositories.get(name)
  }

  /** Bytes of the database. */
  get bytes(): number {
    return (toNumber(this.#sql.pageCount.get()?.page_count) ?? 0) * (toNumber(this.#sql.pageSize.get()?.page_size) ?? 0)
  }

  /** Takes a part of an update in. What it lacks the session notes. */
  *update(message: UpdateMessage, session: SessionTexts): Generator<void> {
    const number = this.#firstUpdate + message.number
    const repository = this.#ensure(message.repository)
    if (message.isFirst) {
      this.#sql.setUpdates.run(number, message.nowMs, repository.number)
      session.beginUpdate(message.number)
      if (message.isWhole) session.takingIn = number
    }
    const ids = lines(message.ids)
    const tips = lines(message.tips)
    let next = 0
    while (next < ids.length) {
      next = this.#transact(() => this.#putSome(repository, { message, session, ids, tips, from: next, number }))
      yield
    }
    if (!message.isLast) return
    this.#transact(() => {
      for (const id of lines(message.removed)) {
        this.#sql.replaceAll.run(number, repository.number, id)
        session.forgetMissing(id)
      }
    })
    if (!message.isWhole) return
    session.forgetOlder()
    yield* this.#replaceUnseen(repository, session, number)
    if (session.takingIn !== number) return
    session.isWhole = true
    repository.isOpen = true
  }

  /** Takes texts in that were asked for. */
  *give({ tips, lengths, bytes }: TextsMessage, session: SessionTexts): Generator<void> {
    const repository = this.#ensure(session.repository)
    const list = lines(tips)
    let at = 0
    let place = 0
    while (at < list.length) {
      this.#transact(() => {
        const end = place + stepBytes
        for (let count = 0; at < list.length && count < stepBugs && place < end; count++, at++) {
          const length = lengths[at] ?? 0
          const missing = session.takeMissing(list[at] ?? '')
          if (missing) {
            const { id, tip, numbers } = missing
            const text = bytes.subarray(place, place + length)
            for (const number of numbers) this.#put(repository, session, { id, tip, text, number })
          }
          place += length
        }
        this.#sql.setNext.run(repository.next, repository.number)
      })
      yield
    }
  }

  /** Deletes what updates up to one have replaced. */
  *purge(name: string, upTo: number, session: SessionTexts | undefined): Generator<void> {
    const repository = this.#repositories.get(name)
    if (!repository) return
    session?.cutNumbers(upTo)
    for (;;) {
      const rows = this.#sql.replaced.all(repository.number, this.#firstUpdate + upTo, stepBugs)
      if (rows.length === 0) return
      this.#transact(() => {
        for (const { place, parts } of rows) {
          if (typeof place !== 'number' || typeof parts !== 'number') continue
          this.#deletePlaces(repository, place, place + parts - 1)
          this.#sql.deleteBug.run(place)
          for (let part = 0; part < parts; part++) session?.numbers.clear(place - repository.base + part)
        }
      })
      yield
    }
  }

  /** Deletes all of a repository. */
  *drop(name: string): Generator<void> {
    const repository = this.#repositories.get(name)
    if (!repository) return
    repository.isOpen = false
    for (let place = repository.base; place < repository.next; place += deletedPlaces) {
      this.#transact(() => {
        this.#sql.deleteBugs.run(place, place + deletedPlaces - 1)
        this.#deletePlaces(repository, place, place + deletedPlaces - 1)
      })
      yield
    }
    this.#sql.deleteRepository.run(repository.number)
    this.#repositories.delete(name)
  }

  /** Names of repositories that nobody has opened since then. @param isOpen those are in use now */
  listUnused(nowMs: number, beforeMs: number, isOpen: (name: string) => boolean): string[] {
    const unused: string[] = []
    for (const { name, number } of this.#repositories.values()) {
      // A time to come was written by a clock that was wrong.
      if (isOpen(name)) this.#sql.setUsed.run(nowMs, number)
      else this.#sql.limitUsed.run(nowMs, number, nowMs)
    }
    for (const { name } of this.#sql.unused.all(beforeMs)) unused.push(String(name))
    return unused
  }

  /** Puts some pieces into the indexes, and when that is done tidies up. @returns false where nothing is left to be done */
  workSome(): boolean {
    for (const repository of this.#repositories.values()) {
      if (!repository.isOpen || repository.indexed >= repository.next - 1) continue
      this.#transact(() => {
        const indexed = this.indexer.indexSome(repository.indexed, repository.next - 1)
        this.#sql.setIndexed.run(indexed, repository.number)
        return indexed
      })
      repository.indexed = toNumber(this.#sql.getIndexed.get(repository.number)?.indexed) ?? repository.indexed
      return true
    }
    return this.indexer.tidySome()
  }

  #ensure(name: string): StoredRepository {
    let repository = this.#repositories.get(name)
    if (!repository) {
      const number = toNumber(this.#sql.addRepository.get(name)?.number) ?? 0
      const base = number * placesOfOne
      this.#transact(() => {
        this.#sql.setNext.run(base + 1, number)
        this.#sql.setIndexed.run(base, number)
      })
      repository = { number, name, base, next: base + 1, indexed: base, isOpen: false }
      this.#repositories.set(name, repository)
    }
    return repository
  }

  /** Puts bugs until the step is full. @returns where the next step begins */
  #putSome(repository: StoredRepository, { message, session, ids, tips, from, number }: PutStep): number {
    let bytes = 0
    let at = from
    for (; at < ids.length && at < from + stepBugs && bytes < stepBytes; at++) {
      const text = textAt(message, at)
      const bug = { id: ids[at] ?? '', tip: tips[at] ?? '', text, number: message.numbers[at] ?? 0 }
      const isNew = this.#put(repository, session, bug)
      bytes += isNew ? (text?.length ?? 0) : 0
      // Of a whole update that is done at its end, for all at once.
      if (message.isWhole) continue
      this.#sql.replaceOthers.run(number, repository.number, bug.id, bug.tip)
      session.forgetMissing(bug.id, bug.tip)
    }
    this.#sql.setNext.run(repository.next, repository.number)
    return at
  }

  /** @returns whether its text was written */
  #put(repository: StoredRepository, session: SessionTexts, bug: NewText): boolean {
    const { id, tip, text, number } = bug
    const row = this.#sql.bug.get(repository.number, id, tip)
    if (row) {
      if (row.replaced !== null) this.#sql.bringBack.run(row.place ?? null)
      this.#number(repository, session, { place: toNumber(row.place) ?? 0, parts: toNumber(row.parts) ?? 0, number })
      return false
    }
    if (!text) {
      session.miss({ id, tip, number })
      return false
    }
    const place = repository.next
    const parts = this.#insertText(place, text)
    this.#sql.addBug.run(place, repository.number, id, tip, parts)
    repository.next = place + parts
    this.#number(repository, session, { place, parts, number })
    return true
  }

  #number(repository: StoredRepository, session: SessionTexts, row: { place: number; parts: number; number: number }) {
    const first = row.place - repository.base
    for (let part = 0; part < row.parts; part++) session.numbers.set(first + part, row.number, session.update)
  }

  /** @returns how many pieces it has */
  #insertText(place: number, text: Uint8Array): number {
    let part = 0
    const pieces = foldPieces(text)
    let piece = pieces.next()
    while (piece.done !== true) {
      const { bytes, overlap } = piece.value
      const lineEnd = part === 0 ? bytes.indexOf(0x0a) : 0
      const title = lineEnd < 0 ? bytes.length : lineEnd
      // The piece's bytes hold until the next one is made.
      this.#sql.addText.run(place + part, bytes)
      const next = pieces.next()
      this.#sql.addPiece.run(place + part, part, overlap, title, next.done === true ? 1 : 0)
      piece = next
      part++
    }
    return part
  }

  *#replaceUnseen(repository: StoredRepository, session: SessionTexts, number: number): Generator<void> {
    const update = session.update
    for (let after = repository.base; ; ) {
      const rows = this.#sql.current.all(after, repository.next, stepRows)
      const last = toNumber(rows.at(-1)?.place)
      if (last === undefined) return
      this.#transact(() => {
        for (const row of rows) {
          const place = toNumber(row.place) ?? 0
          const isSeen = session.numbers.updateOf(place - repository.base) === update
          if (!isSeen) this.#sql.replace.run(number, place)
        }
      })
      after = last
      yield
    }
  }

  #deletePlaces(repository: StoredRepository, first: number, last: number) {
    this.indexer.remove(first, Math.min(last, repository.indexed))
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
  readonly session: SessionTexts
  readonly ids: readonly string[]
  readonly tips: readonly string[]
  readonly from: number
  readonly number: number
}

interface NewText {
  readonly id: string
  readonly tip: string
  readonly text: Uint8Array | undefined
  readonly number: number
}

function lines(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}

/** The text of a bug of an update, where it lies. */
function textAt({ places, buffers }: UpdateMessage, at: number): Uint8Array | undefined {
  const number = places[3 * at] ?? noBuffer
  const buffer = number === noBuffer ? undefined : buffers[number]
  return buffer && new Uint8Array(buffer, places[3 * at + 1], places[3 * at + 2])
}
