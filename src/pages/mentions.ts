/**
 * What names a bug in the texts of others: its id or a beginning of it, the combined id of anything on it, the number
 * and the address that it was imported under. Pure: it says what to search for, and whether a text that was found does
 * mention the bug.
 */
import { type Bug, type BugSummary, humanId } from '../bug/model.ts'
import { importedUrls, type NumberedAddress, readNumberedAddress } from '../bug/reference.ts'

/** A bug that mentions another one, and the first event whose text does. */
export interface Mention {
  readonly bug: BugSummary
  /** Combined id. */
  readonly eventId: string
}

/** The bugs that mention a bug, those edited last first. */
export interface Mentions {
  readonly found: readonly Mention[]
  /** There may be more: not all candidates were looked at. */
  readonly isCut: boolean
}

export interface MentionRule {
  /** Every text that mentions the bug holds one of these. */
  readonly terms: readonly string[]
  /** Whether a text with these names does. */
  isAmong(names: NamesInText): boolean
}

/** What in a text may name a bug. Found once for each text, since many bugs ask. */
export interface NamesInText {
  /** Runs of 7 to 64 hex digits, in lower case, each once. */
  readonly ids: ReadonlySet<string>
  /** `#12`, with whatever stands right before it: `owner/project#12`; in lower case. */
  readonly numbers: ReadonlySet<string>
  /** Ends of addresses up to a number: `forge.example.org/owner/project/issues/12`; in lower case. */
  readonly addresses: ReadonlySet<string>
}

/** Comments whose combined ids are searched for; each search costs as much as the one for the bug's own id. */
const maxCommentTerms = 3
const minIdDigits = 7
const idsInText = new RegExp(`(?<![0-9a-z])[0-9a-f]{${minIdDigits},64}(?![0-9a-z])`, 'gi')
const numbersInText = /(?<![\w#/&.-])[\w#/&.-]*#[0-9]{1,12}(?!\w)/g
const numberedPaths = /\/(?:issues|pull|pulls|merge_requests)\/[0-9]{1,12}(?![0-9])/gi
const lastWord = /(?<!\S)\S*$/
/** Of one kind in one text; more are no mentions but a heap. */
const maxNames = 2000
/** An imported address is no longer than this (`importedNumber`). */
const maxAddressChars = 1000

/** The number of the tracker that the bug was imported from; undefined where it was not, or has none there. */
export function importedNumber(metadata: ReadonlyMap<string, string>): NumberedAddress | undefined {
  for (const url of importedUrls(metadata)) {
    const numbered = url.length > maxAddressChars ? undefined : readNumberedAddress(url)
    if (numbered) return numbered
  }
  return undefined
}

/** How to find what mentions a bug. */
export function mentionRule(bug: Bug): MentionRule {
  const imported = importedNumber(bug.metadata)
  const ids = [bug.id, ...bug.timeline.map(({ id }) => id)]
  const idsByStart = Map.groupBy(ids, humanId)
  return {
    terms: [
      humanId(bug.id),
      ...bug.comments.slice(0, maxCommentTerms).map(({ id }) => humanId(id)),
      ...(imported ? [`#${imported.number}`, imported.address] : []),
    ],
    isAmong(names) {
      if (imported && (hasNumber(names, imported) || hasAddress(names, imported))) return true
      for (const id of names.ids) if (idsByStart.get(humanId(id))?.some(known => known.startsWith(id))) return true
      return false
    },
  }
}

/** Reads what may name a bug: the first thousands of each kind, in one pass. */
export function namesInText(text: string): NamesInText {
  const addressAt = ({ 0: end, index }: RegExpExecArray) => {
    const before = text.slice(Math.max(0, index - maxAddressChars), index)
    return before.slice(before.search(lastWord)) + end
  }
  return {
    ids: collect(text.matchAll(idsInText), ([digits]) => digits),
    numbers: collect(text.matchAll(numbersInText), ([name]) => name.slice(-maxAddressChars)),
    addresses: collect(text.matchAll(numberedPaths), addressAt),
  }
}

function collect(matches: Iterable<RegExpExecArray>, nameOf: (match: RegExpExecArray) => string): ReadonlySet<string> {
  return new Set([...Iterator.from(matches).take(maxNames)].map(match => nameOf(match).toLowerCase()))
}

/** `#12` alone, or behind the project's own name; behind any other it means another project's. */
function hasNumber({ numbers }: NamesInText, { number, project }: NumberedAddress): boolean {
  const alone = `#${number}`
  if (numbers.has(alone)) return true
  const named = `${project.toLowerCase()}${alone}`
  for (const name of numbers) {
    if (name.endsWith(named) && !/[\w/.-]/.test(name.at(-named.length - 1) ?? '')) return true
  }
  return false
}

function hasAddress({ addresses }: NamesInText, { address }: NumberedAddress): boolean {
  const wanted = address.toLowerCase()
  for (const found of addresses) if (found.endsWith(wanted)) return true
  return false
}
