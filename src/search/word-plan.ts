/**
 * How a term is asked of the word index. Pure, but for the look into the vocabulary. What cannot be asked of it goes
 * the way of `term-plan.ts`, and means the same.
 */
import { CharacterKinds, characterKind, readTerm } from '../bug/search-words.ts'
import { pairsOf, partBytes, phraseTokens, tokenBytes } from './index-words.ts'
import type { Vocabulary } from './vocabulary.ts'

export type WordPlan =
  /** What any of these queries finds is what holds the term. */
  | { readonly kind: 'exact'; readonly queries: readonly string[]; readonly phrase: readonly string[] | undefined }
  /** What the query finds may hold the phrase; undefined: any text may. */
  | { readonly kind: 'candidates'; readonly query: string | undefined; readonly phrase: readonly string[] }

/** Words that one query asks for: each place is compared with all of them. */
const wordsOfQuery = 16
/** A longer word may have been cut into chunks, and a chunk is no word. */
const wholeBytes = tokenBytes - 4

/**
 * @param maxWords where more words than this hold a part of a word, asking for each takes longer than other ways
 * @returns undefined where the word index is not to be asked
 */
export function planWords(term: string, vocabulary: Vocabulary, maxWords: number): WordPlan | undefined {
  const read = readTerm(term)
  if (read.kind === 'text') return undefined
  const kinds = new CharacterKinds()
  if (read.kind === 'phrase') return planPhrase(read.words, kinds, vocabulary)
  const characters = [...read.word]
  if (hasOnly(characterKind.letter, characters, kinds)) {
    const bytes = Buffer.from(read.word)
    const words = bytes.length <= partBytes ? vocabulary.find(bytes, maxWords) : undefined
    return words && exact(askAny(words))
  }
  if (!hasOnly(characterKind.ideograph, characters, kinds) || characters.length > phraseTokens) return undefined
  return exact([characters.length === 1 ? asBeginning(read.word) : quote(pairsOf(characters).join(' '))])
}

function planPhrase(words: readonly string[], kinds: CharacterKinds, vocabulary: Vocabulary): WordPlan {
  const isToken = (word: string) =>
    Buffer.byteLength(word) <= wholeBytes && hasOnly(characterKind.letter, [...word], kinds)
  if (words.length <= phraseTokens && words.every(isToken)) {
    // Asking for each word that begins so is faster than asking for the beginning, where they are few.
    const start = words.slice(0, -1).join(' ')
    const lasts = vocabulary.findBeginning(words.at(-1) ?? '', wordsOfQuery)
    return exact(lasts ? askAny(lasts.map(last => `${start} ${last}`)) : [asBeginning(words.join(' '))], words)
  }
  const longest = words
    .slice(0, -1)
    .filter(isToken)
    .toSorted((a, b) => b.length - a.length)[0]
  if (longest !== undefined) return { kind: 'candidates', query: quote(longest), phrase: words }
  // A character that is a word by itself begins a token wherever it is.
  const first = words.find(word => Buffer.byteLength(word) <= wholeBytes)
  return { kind: 'candidates', query: first === undefined ? undefined : asBeginning(first), phrase: words }
}

function exact(queries: readonly string[], phrase?: readonly string[]): WordPlan {
  return { kind: 'exact', queries, phrase }
}

function hasOnly(kind: number, characters: readonly string[], kinds: CharacterKinds): boolean {
  return characters.every(character => kinds.of(character.codePointAt(0) ?? 0) === kind)
}

function askAny(words: readonly string[]): string[] {
  const queries: string[] = []
  for (let at = 0; at < words.length; at += wordsOfQuery) {
    queries.push(
      words
        .slice(at, at + wordsOfQuery)
        .map(quote)
        .join(' OR '),
    )
  }
  return queries
}

/** Of letters, digits and chunk marks: there is no quote in it. */
function quote(tokens: string): string {
  return `"${tokens}"`
}

/** Tokens of which the last one may go on. */
function asBeginning(tokens: string): string {
  return `"${tokens}" *`
}
