/**
 * Gives each bug of an open repository a number, and keeps one copy of what many records have in common: ids of people, labels, and short lists of them. Every bug of a
 * busy person would carry that person's id else, a dozen times over.
 */
import type { EntityRecord, IndexedBug } from './entity-record.ts'

export interface Interner {
  /**
   * The same record with shared parts; a bug gets the number under which its texts are searched: a
   * new one each time, or the one that is given.
   */
  record(record: EntityRecord, textNumber?: number): EntityRecord
}

/** Longer texts and lists are hardly ever the same twice. */
const maxChars = 256
const maxItems = 8
/** More different ones than this are not what sharing is for; what comes after them is kept as it is. */
const maxEntries = 100_000

/** Lists that begin with the same texts, by the next one. */
interface Branch {
  /** The list that ends here. */
  list: readonly string[] | undefined
  longer: Map<string, Branch> | undefined
}

export function createInterner(): Interner {
  const texts = new Map<string, string>()
  const root: Branch = { list: undefined, longer: undefined }
  let branches = 0

  const text = (value: string): string => {
    const known = texts.get(value)
    if (known !== undefined) return known
    if (value.length <= maxChars && texts.size < maxEntries) texts.set(value, value)
    return value
  }

  // Text by text and not by a key that joins them: that one would have to be made, and hashed, for each.
  const list = (values: readonly string[]): readonly string[] => {
    if (values.length === 0) return noTexts
    if (values.length > maxItems) return values.map(text)
    let branch = root
    for (const value of values) {
      let next = branch.longer?.get(value)
      if (!next) {
        if (value.length > maxChars || branches >= maxEntries) return values.map(text)
        branches++
        next = { list: undefined, longer: undefined }
        branch.longer ??= new Map()
        branch.longer.set(text(value), next)
      }
      branch = next
    }
    branch.list ??= values.map(text)
    return branch.list
  }

  let bugs = 0
  const bug = (given: IndexedBug, textNumber: number): IndexedBug => ({
    ...given,
    textNumber,
    labels: list(given.labels),
    authorId: text(given.authorId),
    actorIds: list(given.actorIds),
    participantIds: list(given.participantIds),
    files: given.files.length === 0 ? noTexts : given.files,
    metadata: given.metadata.size === 0 ? noMetadata : given.metadata,
    statusChanges: given.statusChanges.length === 0 ? noTimes : given.statusChanges,
  })

  return {
    record: (record, textNumber) =>
      record.kind === 'bug' && record.bug ? { ...record, bug: bug(record.bug, textNumber ?? bugs++) } : record,
  }
}

const noTexts: readonly string[] = []
const noTimes: readonly number[] = []
const noMetadata: ReadonlyMap<string, string> = new Map()
