/**
 * Finds the texts that hold a term: in the indexes as far as they have come, and by looking at the texts beyond.
 * Which way it takes changes how long it takes and never what is found.
 *
 *     of words, phrases      word index ─────────────────┐
 *     parts of words         vocabulary ─► word index ───┼─► places ─► numbers of the session
 *     all else               trigram index ─► texts ─────┤
 *     not indexed yet        texts ──────────────────────┘
 */
import type { DatabaseSync } from 'node:sqlite'
import { StreamSearch } from '../base/stream-search.ts'
import { PhraseSearch } from '../bug/search-words.ts'
import { Found, type FoundNumbers } from './found.ts'
import { prepareSearch, scoreScale, titleScore } from './search-statements.ts'
import type { SessionTexts } from './session-texts.ts'
import { planTerm, startOf, type TermPlan } from './term-plan.ts'
import type { StoredRepository } from './text-store.ts'
import type { Vocabulary } from './vocabulary.ts'
import { planWords, type WordPlan } from './word-plan.ts'

/** Places that a step asks an index about, those that it ranks, and those whose texts it looks at. */
const indexedPlaces = 262_144
const rankedPlaces = 32_768
const lookedAtPlaces = 512
const phrasePlaces = 256
/** Queries for words that a step asks. */
const stepQueries = 8
/** Pieces of one text that a step reads. */
const readPieces = 16
/** Words that hold a part of a word: so many are always asked for, and more where there are many texts to look at else. */
const alwaysWords = 64
const textsOfWord = 32
/** To rank what trigrams have found, each of those texts must be looked at. */
const rankedTextsOfWord = 8

/** Places from one to another, both included. */
interface Range {
  readonly first: number
  readonly last: number
}

export interface Match {
  readonly repository: StoredRepository
  readonly session: SessionTexts
  /** Folded by `foldText`, without lone surrogates. */
  readonly term: string
  readonly ranked: boolean
}

/** A search through whole texts, part by part. */
interface TextTest {
  restart(): void
  push(part: Uint8Array): boolean
  end(): boolean
}

export class TermSearch {
  readonly #sql
  readonly #vocabulary: Vocabulary

  constructor(db: DatabaseSync, vocabulary: Vocabulary) {
    this.#sql = prepareSearch(db)
    this.#vocabulary = vocabulary
  }

  /** Each call of `next` is a step. The repository may get further texts between two steps; they are not looked at. */
  *match({ repository, session, term, ranked }: Match): Generator<void, FoundNumbers> {
    const found = new Found(session.numbers, ranked)
    const { base, indexed, next } = repository
    // What is cut where the indexes end is looked through from its beginning.
    const known = { first: base + 1, last: indexed }
    const rest = { first: this.#startOfText(indexed + 1), last: next - 1 }
    const maxWords = Math.max(alwaysWords, Math.floor((indexed - base) / (ranked ? rankedTextsOfWord : textsOfWord)))
    const words = planWords(term, this.#vocabulary, maxWords)
    const search: Search = { base, baseValue: BigInt(base), found, ranked }
    if (words?.kind === 'exact') {
      yield* this.#askWords(search, words.queries, known)
      if (words.phrase) yield* this.#lookForPhrase(search, words.phrase, rest)
      else yield* this.#lookForText(search, planTerm(term), rest)
    } else if (words) {
      yield* this.#checkPhrase(search, words, known)
      yield* this.#lookForPhrase(search, words.phrase, rest)
    } else {
      const plan = planTerm(term)
      const isIndexed = plan.phrase !== undefined
      if (isIndexed) yield* this.#askTrigrams(search, plan, known)
      yield* this.#lookForText(search, plan, isIndexed ? rest : { first: base + 1, last: next - 1 })
    }
    return found.finish()
  }

  #startOfText(place: number): number {
    return place - Number(this.#sql.part.get(place)?.part ?? 0)
  }

  *#askWords({ baseValue, found, ranked }: Search, queries: readonly string[], known: Range): Generator<void> {
    let asked = 0
    for (const range of steps(known, ranked ? rankedPlaces : indexedPlaces)) {
      for (const query of queries) {
        const { first, last } = range
        if (!ranked) found.addList(this.#sql.words.get(baseValue, query, first, last)?.places)
        else {
          const row = this.#sql.rankedWords.get(baseValue, query, first, last)
          if (queries.length === 1) found.addList(row?.places, row?.scores, scoreScale)
          else found.addSums(row?.places, row?.scores, scoreScale)
        }
        if (++asked % stepQueries === 0) yield
      }
      found.endSums()
      yield
    }
  }

  /** The word index says which texts may hold a phrase. */
  *#checkPhrase(search: Search, { query, phrase }: Extract<WordPlan, { kind: 'candidates' }>, known: Range) {
    if (query === undefined) return yield* this.#lookForPhrase(search, phrase, known)
    for (const { first, last } of steps(known, lookedAtPlaces)) {
      yield* this.#check(search, new PhraseSearch(phrase), this.#sql.wordRows.all(query, first, last))
      yield
    }
  }

  *#lookForPhrase(search: Search, phrase: readonly string[], range: Range): Generator<void> {
    const longest = phrase.reduce((a, b) => (b.length > a.length ? b : a))
    const test = new PhraseSearch(phrase)
    for (const { first, last } of steps(range, phrasePlaces)) {
      const cut: Record<string, unknown>[] = []
      for (const row of this.#sql.scannedTexts.iterate(first, last, startOf(longest))) {
        // Nearly all texts are of one piece, which is at hand here.
        if (!(row.text instanceof Uint8Array)) cut.push(row)
        else if (holdsAll(test, row.text)) search.found.add(Number(row.place) - search.base, titleScore)
      }
      if (cut.length > 0) yield* this.#check(search, test, cut)
      yield
    }
  }

  *#askTrigrams(search: Search, plan: TermPlan, known: Range): Generator<void> {
    const { baseValue, found, ranked } = search
    const { phrase = '', start } = plan
    const isLong = start.length < plan.bytes.length
    for (const { first, last } of steps(known, plan.isPhraseEnough && !ranked ? indexedPlaces : lookedAtPlaces)) {
      if (isLong) yield* this.#check(search, longTest(plan), this.#sql.trigramRows.all(phrase, first, last, start))
      else if (ranked) {
        const row = this.#sql.rankedTrigrams.get(baseValue, start, phrase, first, last, start)
        found.addList(row?.places, row?.scores, titleScore)
      } else if (plan.isPhraseEnough) found.addList(this.#sql.trigrams.get(baseValue, phrase, first, last)?.places)
      else found.addList(this.#sql.checkedTrigrams.get(baseValue, phrase, first, last, start)?.places)
      yield
    }
  }

  *#lookForText(search: Search, plan: TermPlan, range: Range): Generator<void> {
    const { baseValue, found, ranked } = search
    const { start } = plan
    const isLong = start.length < plan.bytes.length
    for (const { first, last } of steps(range, lookedAtPlaces)) {
      if (isLong) yield* this.#check(search, longTest(plan), this.#sql.scannedRows.all(first, last, start))
      else if (ranked) {
        const row = this.#sql.rankedScan.get(baseValue, start, first, last, start)
        found.addList(row?.places, row?.scores, titleScore)
      } else found.addList(this.#sql.scanned.get(baseValue, first, last, start)?.places)
      yield
    }
  }

  /** Looks at all of those texts that may hold what is searched. */
  *#check({ base, found }: Search, test: TextTest, rows: readonly Record<string, unknown>[]): Generator<void> {
    let checked: number | undefined
    for (const { place, part } of rows) {
      const first = Number(place) - Number(part)
      // Pieces of one text come one after the other.
      if (first === checked || !found.isNews(Number(place) - base)) continue
      checked = first
      test.restart()
      if (yield* this.#holds(test, first)) found.add(Number(place) - base, titleScore)
    }
  }

  /** Whether the text whose first piece has that place holds what is searched. */
  *#holds(test: TextTest, first: number): Generator<void, boolean> {
    for (let from = first; ; from += readPieces) {
      let count = 0
      for (const { text, part, overlap } of this.#sql.pieces.iterate(from, from + readPieces - 1)) {
        if (part === 0 && from + count > first) return test.end()
        count++
        if (text instanceof Uint8Array && test.push(text.subarray(Number(overlap)))) return true
      }
      if (count < readPieces) return test.end()
      yield
    }
  }
}

interface Search {
  readonly base: number
  /** The same for SQLite, which takes a number for one that is not whole. */
  readonly baseValue: bigint
  readonly found: Found
  readonly ranked: boolean
}

function holdsAll(test: TextTest, text: Uint8Array): boolean {
  test.restart()
  return test.push(text) || test.end()
}

function longTest({ bytes }: TermPlan): TextTest {
  const search = new StreamSearch(bytes)
  return { restart: () => search.restart(), push: part => search.push(part), end: () => false }
}

function* steps({ first, last }: Range, size: number): Generator<Range> {
  for (let from = first; from <= last; from += size) yield { first: from, last: Math.min(last, from + size - 1) }
}
