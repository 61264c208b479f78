/**
 * What may be meant by the end of a query that is being typed: qualifiers, and what stands behind them. Pure. Promises a
 * few suggestions in time linear in the text, the labels and the people, that each reads back as it is shown, and that
 * nothing before the last word is touched.
 */
import type { Identity, LabelCount } from '../bug/model.ts'
import { humanId } from '../bug/model.ts'
import type { Filter, PersonKind } from './ast.ts'
import { createFilter } from './edit.ts'
import { type Token, tokenize } from './lexer.ts'
import { printFilter } from './print.ts'
import { knownQualifiers, knownSorts } from './qualifiers.ts'

export interface Suggestion {
  /** What takes the place of a part of the query; ends in a space where nothing has to follow. */
  readonly text: string
  /** What it means, for people; may be text of visitors. Empty where the text says it. */
  readonly hint: string
  /** The part, in UTF-16 units of the query: from, and where it ends. */
  readonly replace: readonly [number, number]
}

/** What of a tracker is suggested. */
export interface SuggestSource {
  readonly labels: readonly LabelCount[]
  readonly identities: ReadonlyMap<string, Identity>
}

const maxSuggestions = 10
/** Units of a text of visitors in a suggestion; what is longer is not suggested. */
const maxValueChars = 200
const maxTokens = 256

const hints: Readonly<Record<string, string>> = {
  status: 'open or closed',
  author: 'who opened it',
  actor: 'who changed it in any way',
  participant: 'who opened it or commented',
  involves: 'who opened it, commented or changed it',
  label: 'a whole label',
  title: 'a part of the title',
  no: 'no:label: without any label',
  metadata: 'key:value, as a bridge noted it',
  sort: 'the order',
  id: 'the start of the id',
  is: 'open or closed',
  created: 'a date, or a range such as 2025..2026-06',
  updated: 'a date, or a range such as >=2026-06',
  comments: 'a number, or a range such as >5',
  in: 'in:title: words are looked for in titles only',
}

/** @param text the query up to the cursor */
export function suggest(text: string, source: SuggestSource): Suggestion[] {
  const last = lastToken(text)
  if (last === undefined) return []
  const { negated, chunks, start } = last
  const sign = negated ? '-' : ''
  const [first, second, third] = chunks.map(({ value }) => value)
  const found =
    second === undefined
      ? [...qualifiers(first ?? '', sign), ...anything(first ?? '', { negated, source })]
      : third === undefined
        ? values(first ?? '', { typed: second, negated, source })
        : []
  const shown = new Map(found.map(suggestion => [suggestion.text, suggestion]))
  const typed = text.slice(start)
  return [...shown.values()]
    .filter(suggestion => suggestion.text.trimEnd() !== typed)
    .slice(0, maxSuggestions)
    .map(suggestion => ({ ...suggestion, replace: [start, text.length] }))
}

type Found = Omit<Suggestion, 'replace'>
type LastToken = Pick<Token, 'start' | 'negated' | 'chunks'>

/** The word that is being typed, an empty one behind a space; undefined in a text that is no query so far. */
function lastToken(text: string): LastToken | undefined {
  const empty: LastToken = { start: text.length, negated: false, chunks: [] }
  let read = tokenize(text, maxTokens)
  if ('error' in read && read.error.code === 'unmatched-quote') {
    // The quote that is being typed in has no end yet.
    read = tokenize(`${text}${text.charAt(read.error.position)}`, maxTokens)
  }
  if ('error' in read) return undefined
  const last = read.tokens.at(-1)
  return last === undefined || last.start + last.length < text.length ? empty : last
}

function qualifiers(typed: string, sign: string): Found[] {
  return knownQualifiers
    .filter(name => name.startsWith(typed) && !(sign === '-' && (name === 'sort' || name === 'in')))
    .map(name => ({ text: `${sign}${name}:`, hint: hints[name] ?? '' }))
}

interface Typing {
  readonly negated: boolean
  readonly source: SuggestSource
}

/** A word without a qualifier may be the start of a label or of a name. */
function anything(typed: string, { negated, source }: Typing): Found[] {
  if (typed.length < 2) return []
  return [...labels(typed, { negated, source }), ...people('author', { typed, negated, source })]
}

function values(qualifier: string, typing: Typing & { typed: string }): Found[] {
  const { typed, negated } = typing
  const sign = negated ? '-' : ''
  const words = (known: readonly string[]) =>
    known
      .filter(word => word.startsWith(typed.toLowerCase()))
      .map(word => ({ text: `${sign}${qualifier}:${word} `, hint: '' }))
  switch (qualifier) {
    case 'status':
    case 'state':
    case 'is':
      return words(['open', 'closed'])
    case 'no':
      return words(['label'])
    case 'in':
      return negated ? [] : words(['title'])
    case 'sort':
      return negated ? [] : words(knownSorts)
    case 'label':
      return labels(typed, typing)
    case 'author':
    case 'actor':
    case 'participant':
    case 'involves':
      return people(qualifier, typing)
    default:
      return []
  }
}

/** Labels that contain what was typed, without regard to case: those that start so first, then by their bugs. */
function labels(typed: string, { negated, source }: Typing): Found[] {
  const wanted = typed.toLowerCase()
  const found = source.labels.flatMap(({ name, bugs }) => {
    const place = name.length > maxValueChars ? -1 : name.toLowerCase().indexOf(wanted)
    return place < 0 ? [] : [{ name, bugs, isStart: place === 0 }]
  })
  return found
    .sort((a, b) => Number(b.isStart) - Number(a.isStart) || b.bugs - a.bugs)
    .slice(0, maxSuggestions)
    .flatMap(({ name, bugs }) => complete(createFilter('label', name, negated), bugs === 1 ? '1 bug' : `${bugs} bugs`))
}

/** People whose name or login contains what was typed, or whose id starts so. */
function people(kind: PersonKind, { typed, negated, source }: Typing & { typed: string }): Found[] {
  const wanted = typed.toLowerCase()
  const found: Found[] = []
  for (const { id, name, login, displayName } of source.identities.values()) {
    if (found.length === maxSuggestions) break
    const isMeant = [name, login].some(text => text?.toLowerCase().includes(wanted)) || id.startsWith(wanted)
    const said = [login, name].find(text => text !== undefined && text !== '' && text.length <= maxValueChars)
    if (isMeant) found.push(...complete(createFilter(kind, said ?? humanId(id), negated), displayName))
  }
  return found
}

function complete(filter: Filter | undefined, hint: string): Found[] {
  const text = filter && printFilter(filter)
  return text === undefined ? [] : [{ text: `${text} `, hint: hint.slice(0, maxValueChars).toWellFormed() }]
}
