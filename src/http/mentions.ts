/**
 * Which bugs of a repository mention a bug: candidates come from the search index, and their texts are read to be sure.
 * Bounded in candidates and in time, since a page waits for it: a search index that is still being filled is not
 * waited for.
 */
import { isViewerError } from '../base/errors.ts'
import type { Bug, BugSummary } from '../bug/model.ts'
import type { Lease } from '../cache/lease.ts'
import { isComment } from '../pages/comment-view.ts'
import {
  type Mention,
  type MentionRule,
  type Mentions,
  mentionRule,
  type NamesInText,
  namesInText,
} from '../pages/mentions.ts'
import { readableBug } from './readable-bug.ts'

type TextMatch = Awaited<ReturnType<Lease['matchText']>>

/** Bugs that are read to see whether they do. */
const maxCandidates = 50
/** Longer ones cost more to read than a mention is worth. */
const maxComments = 500

/** How long somebody waits for it. */
export interface MentionWait {
  readonly patienceMs: number
  readonly stop: AbortSignal
}

/** Finds what mentions a bug. */
export interface MentionReader {
  /**
   * The bugs that mention `bug`, those edited last first.
   * @param patienceMs a search takes a millisecond or two; one that takes longer waits for texts that are still being read
   * @param stop ends all of it, and it rejects
   * @returns undefined where it cannot be told in time
   */
  read(lease: Lease, bug: Bug, wait: MentionWait): Promise<Mentions | undefined>
}

/** What may name a bug in each text of a bug. */
interface TextNames {
  /** Combined id of the text's event. */
  readonly eventId: string
  readonly names: NamesInText
}

/**
 * Makes the reader. A page of one bug reads the texts of many, and so does the next page: what they name is kept for
 * as long as the bug itself is.
 */
export function createMentionReader(): MentionReader {
  const known = new WeakMap<Bug, readonly TextNames[]>()
  const namesOf = (bug: Bug) => {
    let names = known.get(bug)
    if (!names) {
      names = readNames(bug)
      known.set(bug, names)
    }
    return names
  }
  const rules = new WeakMap<Bug, MentionRule>()
  const ruleOf = (bug: Bug) => {
    let rule = rules.get(bug)
    if (!rule) {
      rule = mentionRule(bug)
      rules.set(bug, rule)
    }
    return rule
  }
  return { read: (lease, bug, wait) => readMentions({ lease, bug, rule: ruleOf(bug), namesOf }, wait) }
}

/** Of each text that names anything; the title counts as said by the first event. */
function readNames({ title, timeline }: Bug): readonly TextNames[] {
  const [first] = timeline
  const texts = timeline.filter(isComment).map(({ id, message }) => ({ id, text: message }))
  if (first) texts.push({ id: first.id, text: title })
  return texts
    .map(({ id, text }) => ({ eventId: id, names: namesInText(text) }))
    .filter(({ names: { ids, numbers, addresses } }) => ids.size + numbers.size + addresses.size > 0)
}

interface Asked {
  readonly lease: Lease
  readonly bug: Bug
  readonly rule: MentionRule
  namesOf(bug: Bug): readonly TextNames[]
}

async function readMentions(
  { lease, bug, rule, namesOf }: Asked,
  { patienceMs, stop }: MentionWait,
): Promise<Mentions | undefined> {
  const patience = AbortSignal.timeout(patienceMs)
  const signal = AbortSignal.any([stop, patience])
  try {
    const matches = await Promise.all(rule.terms.map(term => lease.matchText(term, { signal })))
    const { candidates, isCut } = candidatesOf(lease, bug, matches)
    const readMention = async (candidate: BugSummary): Promise<Mention | undefined> => {
      const read = await readableBug(lease, candidate, stop)
      const found = read && firstMention(namesOf(read), rule)
      return found && { bug: candidate, eventId: found.eventId }
    }
    const read = await Promise.all(candidates.map(candidate => readMention(candidate)))
    return { found: read.filter(mention => mention !== undefined), isCut }
  } catch (error) {
    stop.throwIfAborted()
    if (patience.aborted || isViewerError(error, 'SEARCH_UNAVAILABLE')) return undefined
    throw error
  }
}

function candidatesOf({ tracker }: Lease, { id }: Bug, matches: readonly TextMatch[]) {
  const candidates: BugSummary[] = []
  if (matches.every(({ count }) => count === 0)) return { candidates, isCut: false }
  let isCut = false
  for (const bug of tracker.bugsByEdit) {
    if (bug.id === id || !matches.some(match => match.has(bug.textNumber))) continue
    if (candidates.length === maxCandidates) return { candidates, isCut: true }
    if (bug.commentCount > maxComments) isCut = true
    else candidates.push(bug)
  }
  return { candidates, isCut }
}

function firstMention(texts: readonly TextNames[], rule: MentionRule): TextNames | undefined {
  return texts.find(({ names }) => rule.isAmong(names))
}
