/**
 * Keeps one copy of what many records have in common: ids of people, labels, and short lists of them. Every bug of a
 * busy person would carry that person's id else, a dozen times over.
 */
import type { EntityRecord, IndexedBug } from './entity-record.ts'

export interface Interner {
  /** The same record with shared parts. */
  record(record: EntityRecord): EntityRecord
}

/** Longer texts and lists are hardly ever the same twice. */
const maxChars = 256
const maxItems = 8
/** More different ones than this are not what sharing is for; what comes after them is kept as it is. */
const maxEntries = 100_000

export function createInterner(): Interner {
  const texts = new Map<string, string>()
  const lists = new Map<string, readonly string[]>()

  const text = (value: string): string => {
    const known = texts.get(value)
    if (known !== undefined) return known
    if (value.length <= maxChars && texts.size < maxEntries) texts.set(value, value)
    return value
  }

  const list = (values: readonly string[]): readonly string[] => {
    if (values.length === 0) return noTexts
    if (values.length > maxItems) return values.map(text)
    const key = values.join('\n')
    const known = lists.get(key)
    // A text may hold what joins them: the same key is not yet the same list.
    if (known) return isSame(known, values) ? known : values
    const shared = values.map(text)
    if (key.length <= maxChars * maxItems && lists.size < maxEntries) lists.set(key, shared)
    return shared
  }

  const bug = (given: IndexedBug): IndexedBug => ({
    ...given,
    labels: list(given.labels),
    authorId: text(given.authorId),
    actorIds: list(given.actorIds),
    participantIds: list(given.participantIds),
    files: given.files.length === 0 ? noTexts : given.files,
    metadata: given.metadata.size === 0 ? noMetadata : given.metadata,
  })

  return {
    record: record => (record.kind === 'bug' && record.bug ? { ...record, bug: bug(record.bug) } : record),
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index])
}

const noTexts: readonly string[] = []
const noMetadata: ReadonlyMap<string, string> = new Map()
