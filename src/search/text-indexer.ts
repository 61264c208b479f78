/**
 * Puts texts into the two indexes, trigrams and words, and the words into the vocabulary; takes them out again, and
 * gives back the room that they took. All indexes have the same places. Call it within a transaction.
 */
import type { DatabaseSync } from 'node:sqlite'
import { IndexWords } from './index-words.ts'
import { toNumber } from './store-statements.ts'
import { toIndexText } from './term-plan.ts'
import { Vocabulary } from './vocabulary.ts'

/** Work of a step: some milliseconds. */
const indexBytes = 64 * 1024
/** Pages of merging, and of giving back, in a step. */
const mergePages = 32
const freedPages = 64
/** Fewer free pages are kept for what comes next. */
const keptPages = 64

interface Row {
  readonly place: number
  readonly part: number
  readonly overlap: number
  readonly title: number
  readonly isLast: boolean
  readonly text: Uint8Array
}

export class TextIndexer {
  readonly vocabulary: Vocabulary
  readonly #sql
  readonly #words: IndexWords
  readonly #titles = new IndexWords()
  /** The place whose text comes next in `#words`. */
  #following = 0
  #newWords: Buffer[] = []
  /** What was taken out of the indexes takes room until it is merged away. */
  #isMergeDue = true

  constructor(db: DatabaseSync, vocabulary = new Vocabulary()) {
    this.vocabulary = vocabulary
    this.#sql = prepareAll(db)
    for (const { words } of this.#sql.vocabulary.iterate()) {
      if (words instanceof Uint8Array) vocabulary.addLines(words)
      else vocabulary.giveUp()
    }
    this.#words = new IndexWords((bytes, from, to) => {
      if (vocabulary.add(bytes, from, to)) this.#newWords.push(Buffer.from(bytes.subarray(from, to)))
    })
  }

  /** Indexes texts after a place, up to another one at most. @returns how far it has come */
  indexSome(after: number, last: number): number {
    const rows: Row[] = []
    let bytes = 0
    let indexed = last
    for (const row of this.#sql.rows.iterate(after, last)) {
      const read = toRow(row)
      rows.push(read)
      bytes += read.text.length
      if (bytes < indexBytes) continue
      indexed = read.place
      break
    }
    this.#newWords = []
    for (const row of rows) this.#index(row)
    this.#saveWords()
    return indexed
  }

  #index(row: Row) {
    const { place, part, overlap, title, isLast, text } = row
    this.#sql.addTrigrams.run(place, toIndexText(text))
    if (part === 0) this.#words.restart()
    else if (place !== this.#following) this.#resume(place)
    const tokens = this.#words.push(text.subarray(overlap), isLast)
    this.#following = place + 1
    this.#titles.restart()
    this.#sql.addWords.run(place, this.#titles.push(text.subarray(0, title), true), tokens)
  }

  /** The text began in an earlier step, or before the process did: its piece before says what this one goes on with. */
  #resume(place: number) {
    this.#words.restart()
    const row = this.#sql.rows.get(place - 2, place - 1)
    const before = row && toRow(row)
    if (before) this.#words.push(before.text, false)
  }

  #saveWords() {
    if (this.#newWords.length === 0) return
    const words = this.vocabulary.isComplete ? Buffer.concat(this.#newWords.flatMap(word => [word, newline])) : null
    if (words === null) this.#sql.clearVocabulary.run()
    this.#sql.addVocabulary.run(words)
    this.#newWords = []
  }

  /** Takes places out, the first and the last one included. */
  remove(first: number, last: number) {
    this.#sql.removeTrigrams.run(first, last)
    this.#sql.removeWords.run(first, last)
    this.#isMergeDue = true
  }

  /** Gives back room that nothing takes any more. @returns false where there is none, or too little */
  tidySome(): boolean {
    if (this.#isMergeDue) {
      const before = toNumber(this.#sql.changes.get()?.count) ?? 0
      this.#sql.mergeTrigrams.run(mergePages)
      this.#sql.mergeWords.run(mergePages)
      // One change for each of the two statements: nothing was left to be merged.
      this.#isMergeDue = (toNumber(this.#sql.changes.get()?.count) ?? 0) - before > 2
      return true
    }
    const free = toNumber(this.#sql.freePages.get()?.freelist_count) ?? 0
    if (free <= keptPages) return false
    for (const _ of this.#sql.vacuum.iterate());
    return (toNumber(this.#sql.freePages.get()?.freelist_count) ?? 0) < free
  }
}

const newline = Buffer.from('\n')

function toRow(row: Record<string, unknown>): Row {
  const { place, part, overlap, title, last, text } = row
  if (!(text instanceof Uint8Array)) throw new TypeError('a text is not what was put there')
  return {
    place: Number(place),
    part: Number(part),
    overlap: Number(overlap),
    title: Number(title),
    isLast: last === 1,
    text,
  }
}

function prepareAll(db: DatabaseSync) {
  const write = (text: string) => {
    const statement = db.prepare(text)
    statement.setReadBigInts(true)
    return statement
  }
  return {
    vocabulary: db.prepare('SELECT words FROM vocabulary ORDER BY number'),
    addVocabulary: write('INSERT INTO vocabulary (words) VALUES (?)'),
    clearVocabulary: write('DELETE FROM vocabulary'),
    rows: db.prepare(
      'SELECT place, part, overlap, title, last, text FROM texts JOIN pieces USING (place) WHERE place > ? AND place <= ? ORDER BY place',
    ),
    addTrigrams: write('INSERT INTO trigrams (rowid, text) VALUES (?, ?)'),
    addWords: write('INSERT INTO words (rowid, title, text) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT))'),
    removeTrigrams: write('DELETE FROM trigrams WHERE rowid BETWEEN ? AND ?'),
    removeWords: write('DELETE FROM words WHERE rowid BETWEEN ? AND ?'),
    mergeTrigrams: write("INSERT INTO trigrams (trigrams, rank) VALUES ('merge', ?)"),
    mergeWords: write("INSERT INTO words (words, rank) VALUES ('merge', ?)"),
    changes: db.prepare('SELECT total_changes() AS count'),
    freePages: db.prepare('PRAGMA freelist_count'),
    vacuum: db.prepare(`PRAGMA incremental_vacuum(${freedPages})`),
  }
}
