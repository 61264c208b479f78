/**
 * Finds the texts that hold a term: in the trigram index as far as it has come, and by looking at the texts beyond.
 * Whether it is the one or the other changes how long it takes and never what is found.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StreamSearch } from '../base/stream-search.ts'
import { planTerm, type TermPlan } from './term-plan.ts'
import type { StoredRepository } from './text-store.ts'

/** Places that a step asks the index about, and those whose texts it looks at. */
const indexedPlaces = 65_536
const lookedAtPlaces = 512
/** Pieces of one text that a step reads. */
const readPieces = 16

/** Places from one to another, both included. */
interface Range {
  readonly first: number
  readonly last: number
}

export class TermSearch {
  readonly #sql

  constructor(db: DatabaseSync) {
    this.#sql = prepareAll(db)
  }

  /**
   * Each call of `next` is a step. The repository may get further texts between two steps; they are not looked at.
   * @param term folded by `foldText`, without lone surrogates
   * @returns tips, one in a line, some of them more than once
   */
  *match({ base, indexed, next }: StoredRepository, term: string): Generator<void, string> {
    const plan = planTerm(term)
    const found: string[] = []
    const firstUnindexed = plan.phrase === undefined ? base + 1 : indexed + 1
    const isLong = plan.start.length < plan.bytes.length
    if (plan.phrase !== undefined) {
      const size = plan.isPhraseEnough ? indexedPlaces : lookedAtPlaces
      for (const range of steps({ first: base + 1, last: indexed }, size)) {
        if (isLong) yield* this.#checkLong(plan, this.#sql.indexedRows.all(...this.#indexArguments(plan, range)), found)
        else found.push(this.#askIndex(plan, range))
        yield
      }
    }
    for (const range of steps({ first: firstUnindexed, last: next - 1 }, lookedAtPlaces)) {
      const { first, last } = range
      if (isLong) yield* this.#checkLong(plan, this.#sql.scannedRows.all(first, last, plan.start), found)
      else found.push(textOf(this.#sql.scanned.get(first, last, plan.start)))
      yield
    }
    return found.filter(tips => tips !== '').join('\n')
  }

  #askIndex(plan: TermPlan, range: Range): string {
    const { first, last } = range
    if (plan.isPhraseEnough) return textOf(this.#sql.indexed.get(plan.phrase ?? '', first, last))
    return textOf(this.#sql.indexedAndLookedAt.get(...this.#indexArguments(plan, range)))
  }

  #indexArguments({ phrase = '', start }: TermPlan, { first, last }: Range): [string, number, number, Buffer] {
    return [phrase, first, last, start]
  }

  /** Looks at all of those texts that hold the start of a long term. @param found gets the tips of those that hold it */
  *#checkLong({ bytes }: TermPlan, rows: readonly Record<string, unknown>[], found: string[]): Generator<void> {
    const search = new StreamSearch(bytes)
    let checked: number | undefined
    for (const { place, part, tip } of rows) {
      const first = Number(place) - Number(part)
      // Pieces of one text come one after the other.
      if (first === checked) continue
      checked = first
      search.restart()
      if (yield* this.#holds(search, first)) found.push(String(tip))
    }
  }

  /** Whether the text whose first piece has that place holds what is searched. */
  *#holds(search: StreamSearch, first: number): Generator<void, boolean> {
    for (let from = first; ; from += readPieces) {
      let count = 0
      for (const { text, part, overlap } of this.#sql.pieces.iterate(from, from + readPieces - 1)) {
        if (part === 0 && from + count > first) return false
        count++
        if (text instanceof Uint8Array && search.push(text.subarray(Number(overlap)))) return true
      }
      if (count < readPieces) return false
      yield
    }
  }
}

function* steps({ first, last }: Range, size: number): Generator<Range> {
  for (let from = first; from <= last; from += size) yield { first: from, last: Math.min(last, from + size - 1) }
}

function textOf(row: Record<string, unknown> | undefined): string {
  return typeof row?.tips === 'string' ? row.tips : ''
}

function prepareAll(db: DatabaseSync) {
  const sql = (text: string): StatementSync => db.prepare(text)
  const tips = 'SELECT group_concat(tip, char(10)) AS tips'
  const rows = 'SELECT pieces.place AS place, part, tip'
  // The index leads: CROSS JOIN keeps the order.
  const index = 'FROM trigrams CROSS JOIN pieces ON pieces.place = trigrams.rowid'
  const indexed = 'WHERE trigrams MATCH ? AND trigrams.rowid BETWEEN ? AND ?'
  const text = 'CROSS JOIN texts ON texts.place = pieces.place'
  const scan = 'FROM texts CROSS JOIN pieces ON pieces.place = texts.place'
  const scanned = 'WHERE texts.place BETWEEN ? AND ? AND instr(text, ?)'
  const inOrder = 'ORDER BY pieces.place'
  return {
    indexed: sql(`${tips} ${index} ${indexed}`),
    indexedAndLookedAt: sql(`${tips} ${index} ${text} ${indexed} AND instr(texts.text, ?)`),
    indexedRows: sql(`${rows} ${index} ${text} ${indexed} AND instr(texts.text, ?) ${inOrder}`),
    scanned: sql(`${tips} ${scan} ${scanned}`),
    scannedRows: sql(`${rows} ${scan} ${scanned} ${inOrder}`),
    pieces: sql(
      'SELECT text, part, overlap FROM pieces JOIN texts USING (place) WHERE place BETWEEN ? AND ? ORDER BY place',
    ),
  }
}
