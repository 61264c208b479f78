/**
 * What is asked of very many bugs at once, as columns of numbers in the order of a list of bugs. Bugs lie about in memory,
 * and a look at each of a hundred thousand waits for memory a hundred thousand times; columns are read in passing.
 */
import type { BugSummary } from './model.ts'

export interface BugColumns {
  readonly textNumbers: Int32Array
  /** 1 for a bug that is closed. */
  readonly closed: Uint8Array
  /** Places in `authorIds`. */
  readonly authors: Int32Array
  readonly authorIds: readonly string[]
  /** Labels of all bugs one after the other, as places in `labelNames`; those of a bug are from its start to the next one's. */
  readonly labels: Int32Array
  readonly labelStarts: Int32Array
  readonly labelNames: readonly string[]
  /** Room for a place of each bug, for whoever is at work: with every query anew it would be half a megabyte of garbage. */
  readonly room: Uint32Array<ArrayBuffer>
}

/** Makes the columns of a list. */
export function readColumns(bugs: readonly BugSummary[]): BugColumns {
  const { length } = bugs
  const [authors, names] = [new Numbering(), new Numbering()]
  const labels: number[] = []
  const columns = {
    textNumbers: new Int32Array(length),
    closed: new Uint8Array(length),
    authors: new Int32Array(length),
    labelStarts: new Int32Array(length + 1),
  }
  for (let place = 0; place < length; place++) {
    const bug = bugs[place]
    if (!bug) continue
    columns.textNumbers[place] = bug.textNumber
    columns.closed[place] = bug.status === 'closed' ? 1 : 0
    columns.authors[place] = authors.numberOf(bug.authorId)
    for (const label of bug.labels) labels.push(names.numberOf(label))
    columns.labelStarts[place + 1] = labels.length
  }
  return {
    ...columns,
    authorIds: authors.texts,
    labels: Int32Array.from(labels),
    labelNames: names.texts,
    room: new Uint32Array(length),
  }
}

/** Gives texts numbers in the order in which they come. */
class Numbering {
  readonly texts: string[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.texts.length)
    return this.texts.push(text) - 1
  }
}
