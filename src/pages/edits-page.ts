/**
 * The texts that a comment had, as what each edit changed, the latest first, and at the end the first text whole.
 * Promises bounded work and size whatever the texts are: long stretches that stay the same are folded, texts that have
 * too little in common are shown one after the other, and what is left out is counted.
 */
import { type Bug, type CommentEvent, type CommentVersion, humanId } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { shortTitle } from './bug-row.ts'
import { layoutView, type PageView, type RepositoryInput } from './layout.ts'
import { type PersonView, personViews } from './person-view.ts'
import type { Site } from './site.ts'
import { minuteView, type TimeView } from './time.ts'
import { type DiffBudget, type DiffPiece, diffWords } from './word-diff.ts'
import { counted, grouped, leftOut, shownText } from './wording.ts'

export interface EditsPageInput {
  readonly site: Site
  readonly repository: RepositoryInput
  readonly bug: Bug
  readonly event: CommentEvent
}

export interface EditsPageView extends PageView {
  readonly title: string
  readonly bugUrl: string
  readonly commentUrl: string
  readonly textUrl: string
  readonly jsonUrl: string
  readonly combinedId: string
  readonly isDescription: boolean
  readonly author: PersonView
  /** `Edited twice`, or that it never was. */
  readonly summary: string
  readonly edits: readonly EditView[]
  /** The first text; undefined where that is among what is left out. */
  readonly first: { readonly at: TimeView; readonly text: string } | undefined
  /** How many edits are left out, in words; empty where none is. */
  readonly more: string
  /** A text was too long to be compared in full. */
  readonly cut: boolean
}

/** One edit. */
export interface EditView {
  /** From 1, the first edit. */
  readonly number: number
  readonly at: TimeView
  readonly author: PersonView
  readonly pieces: readonly EditPieceView[]
  /** Such as `4 words added, 1 removed`. */
  readonly amount: string
}

export interface EditPieceView {
  readonly kind: DiffPiece['kind'] | 'folded'
  readonly text: string
}

/** Of each text, and of all that the page shows of differences. */
const maxTextChars = 64 * 1024
const maxPageChars = 1024 * 1024
const maxEdits = 200
/** For all that a page reads and compares: some fifty milliseconds. */
const maxSteps = 5_000_000
/** What it takes to read a character: more where hidden ones have to be shown, less for most texts. */
const readingSteps = 4
/** Of a stretch that stays the same, as much is shown beside a change. */
const contextChars = 200
/** What would be folded must be worth the line that says so. */
const minFoldedChars = 200

/** @throws nothing; a comment that was never edited has a page too */
export function editsPage({ site, repository, bug, event }: EditsPageInput): EditsPageView {
  const { links } = site
  const { name } = repository
  const person = personViews(site, repository)
  const { edits, hasFirst } = compareAll(event.history, person)
  const [first] = event.history
  const title = shortTitle(bug.title)
  const count = event.history.length - 1
  return {
    layout: layoutView({
      site,
      title: strings.edits.title(humanId(event.id), title),
      repository,
      tab: 'bugs',
      canonical: links.edits(name, bug.id, event.id),
      indexed: false,
    }),
    title,
    bugUrl: links.bug(name, bug.id),
    commentUrl: links.comment(name, bug.id, event.id),
    textUrl: links.commentText(name, event.id),
    jsonUrl: links.bugJson(name, bug.id),
    combinedId: event.id,
    isDescription: event.type === 'create',
    author: person(event.authorId),
    summary: count === 0 ? strings.edits.neverEdited : editedTimes(count),
    edits,
    first: hasFirst && first ? { at: minuteView(first.at), text: shownText(first.message, maxTextChars) } : undefined,
    more: leftOut(count, edits.length, strings.edits.earlierEdits),
    cut: event.history.some(({ message }) => message.length > maxTextChars),
  }
}

/** `edited once`, `edited twice`, `edited 3 times`. */
export function editedTimes(count: number): string {
  const { editedOnce, editedTwice, editedTimes: edited } = strings.edits
  if (count === 1) return editedOnce
  return count === 2 ? editedTwice : edited(counted(count, ...strings.common.nouns.time))
}

function compareAll(history: readonly CommentVersion[], person: (id: string) => PersonView) {
  const budget: DiffBudget = { steps: maxSteps }
  const shownOf = ({ message }: CommentVersion): string => {
    // One more than is shown, so that it ends as a text that is cut.
    const start = message.slice(0, maxTextChars + 1)
    budget.steps -= readingSteps * start.length
    return shownText(start, maxTextChars)
  }
  const edits: EditView[] = []
  let chars = 0
  let number = history.length - 1
  let after = history[number]
  let textAfter = after && shownOf(after)
  for (; edits.length < maxEdits && chars < maxPageChars && budget.steps > 0; number--) {
    const before = history[number - 1]
    if (!before || !after || textAfter === undefined) break
    const textBefore = shownOf(before)
    const pieces = diffWords(textBefore, textAfter, budget)
    const shown = foldSame(pieces)
    chars += shown.reduce((sum, { text }) => sum + text.length, 0)
    edits.push({
      number,
      at: minuteView(after.at),
      author: person(after.authorId),
      pieces: shown,
      amount: amountOf(pieces),
    })
    after = before
    textAfter = textBefore
  }
  return { edits, hasFirst: edits.length === history.length - 1 }
}

function amountOf(pieces: readonly DiffPiece[]): string {
  const s = strings.edits
  const words = (wanted: DiffPiece['kind']) =>
    pieces.reduce((sum, { kind, text }) => sum + (kind === wanted ? (text.match(/\S+/g)?.length ?? 0) : 0), 0)
  const [added, removed] = [words('added'), words('removed')]
  if (added > 0 && removed > 0) return s.addedAndRemoved(counted(added, ...s.words), grouped(removed))
  if (added > 0) return s.added(counted(added, ...s.words))
  if (removed > 0) return s.removed(counted(removed, ...s.words))
  return pieces.every(({ kind }) => kind === 'same') ? s.stayedTheSame : s.onlyWhiteSpace
}

/** Puts a count in the place of what is far from every change. */
function foldSame(pieces: readonly DiffPiece[]): EditPieceView[] {
  const lastIndex = pieces.length - 1
  return pieces.flatMap((piece, index): EditPieceView[] => {
    if (piece.kind !== 'same') return [piece]
    const head = index === 0 ? '' : piece.text.slice(0, contextChars).replace(/\S+$/, '')
    const tail = index === lastIndex ? '' : piece.text.slice(-contextChars).replace(/^\S+/, '')
    const folded = piece.text.length - head.length - tail.length
    if (folded < minFoldedChars) return [piece]
    const count = strings.edits.unchanged(counted(folded, ...strings.edits.characters))
    return [
      { kind: 'same', text: head.trimEnd() },
      { kind: 'folded', text: count },
      { kind: 'same', text: tail.trimStart() },
    ]
  })
}
