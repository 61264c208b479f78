/**
 * Where in a text the words of a query stand, for marking them: found by the same folding and the same reading of terms
 * as the search itself (`text-test.ts`), so that what is marked is what was found. Bounded: of a query the first terms,
 * of a long term its beginning; whoever asks bounds the text.
 */
import { foldText } from '../bug/search-text.ts'
import { readTerm } from '../bug/search-words.ts'
import type { Filter, Query } from './ast.ts'

/** A piece of a text, in UTF-16 units: from `start` up to `end`. */
export interface Place {
  readonly start: number
  readonly end: number
}

export interface TextPlaces {
  /** How many of the terms the text holds. Cheaper than `find`. */
  count(text: string): number
  /** How many there are. */
  readonly terms: number
  /** Where they stand: sorted, and none of them touches another. */
  find(text: string): readonly Place[]
}

/** Terms that are marked. */
const maxTerms = 16
/** Characters of a term that are looked for: short ones take a time that does not depend on what the text is. */
const maxTermChars = 32
/** Words of a phrase that are looked for. */
const maxWords = 8

/**
 * What to mark in texts.
 * @param where `title` asks for what may stand in a title, `comment` for what may stand in a comment
 * @returns undefined where the query asks for nothing there
 */
export function textPlaces(query: Query, where: 'title' | 'comment'): TextPlaces | undefined {
  const isTitleOnly = query.filters.some(({ kind }) => kind === 'in')
  const asks = ({ kind, negated }: Filter) =>
    !negated && ((kind === 'term' && (where === 'title' || !isTitleOnly)) || (kind === 'title' && where === 'title'))
  const folded = new Set(query.filters.filter(asks).map(({ value }) => foldOne(value)))
  folded.delete('')
  const searches = [...folded].slice(0, maxTerms).map(createSearch)
  if (searches.length === 0) return undefined
  return {
    terms: searches.length,
    count(text) {
      const plain = foldOne(text)
      return searches.filter(search => search(plain, 1).length > 0).length
    },
    find(text) {
      const { folded: plain, unfold } = foldWithPlaces(text)
      return join(searches.flatMap(search => search(plain, Number.POSITIVE_INFINITY)).map(unfold))
    },
  }
}

/** Finds a term in a folded text, `most` times. */
type Search = (folded: string, most: number) => Place[]

function createSearch(term: string): Search {
  const read = readTerm(term)
  if (read.kind !== 'phrase') {
    const wanted = term.slice(0, maxTermChars)
    return (folded, most) => {
      const found: Place[] = []
      for (let at = folded.indexOf(wanted); at >= 0 && found.length < most; at = folded.indexOf(wanted, at + 1))
        found.push({ start: at, end: at + wanted.length })
      return found
    }
  }
  const words = read.words.slice(0, maxWords).map(word => word.slice(0, maxTermChars))
  // Words hold letters and digits only, so nothing in them has a meaning in a pattern; what stands between them holds
  // neither, so there is one way only in which a text can match.
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${words.join('[^\\p{L}\\p{N}]*')}`, 'gu')
  return (folded, most) => {
    const found: Place[] = []
    for (const match of folded.matchAll(pattern)) {
      if (found.length >= most) break
      found.push({ start: match.index, end: match.index + match[0].length })
    }
    return found
  }
}

/** A sigma at the end of a word folds by what stands around it; here every character folds by itself. */
function foldOne(text: string): string {
  return foldText(text).replaceAll('ς', 'σ')
}

const ascii = /^[\0-\x7f]*$/

/** A folded text, and where in the text a piece of it came from. */
interface FoldedText {
  readonly folded: string
  unfold(place: Place): Place
}

function foldWithPlaces(text: string): FoldedText {
  if (ascii.test(text)) return { folded: foldOne(text), unfold: place => place }
  let folded = ''
  const starts: number[] = []
  const ends: number[] = []
  let at = 0
  for (const character of text) {
    const piece = foldOne(character)
    const end = at + character.length
    for (let unit = 0; unit < piece.length; unit++) {
      starts.push(at)
      ends.push(end)
    }
    // A mark, which folding takes away, goes with what it stands on.
    if (piece === '' && ends.length > 0) ends[ends.length - 1] = end
    folded += piece
    at = end
  }
  return { folded, unfold: ({ start, end }) => ({ start: starts[start] ?? 0, end: ends[end - 1] ?? text.length }) }
}

/** Places that touch become one. */
function join(places: readonly Place[]): Place[] {
  const joined: Place[] = []
  for (const place of places.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1)
    if (last && place.start <= last.end) joined[joined.length - 1] = { ...last, end: Math.max(last.end, place.end) }
    else joined.push(place)
  }
  return joined
}
