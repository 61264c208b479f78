/**
 * The orders of a list of bugs (`format.md`, "The query language"). Promises a total order: what is equal by the key
 * is told apart by the id, ascending in either direction, so that pages never overlap. Lamport times may be numbers
 * and bigints side by side, so they are compared and never subtracted.
 */
import type { BugSummary, Lamport } from '../bug/model.ts'
import type { Sort } from './ast.ts'
import type { ScoreBug } from './relevance.ts'

export type CompareBugs = (a: BugSummary, b: BugSummary) => number

/**
 * The comparison of an order: creation and edit by lamport time, then by Unix time; updated by Unix time, then by edit;
 * comments by their number, then by edit; relevance by the score, then by creation; and by id at last.
 * @param score of `compileScore`; without it relevance is creation
 */
export function createOrder(sort: Sort, score: ScoreBug = () => 0): CompareBugs {
  const sign = sort.direction === 'asc' ? 1 : -1
  switch (sort.key) {
    case 'id':
      return (a, b) => sign * compare(a.id, b.id)
    case 'creation':
      return (a, b) => sign * compareCreation(a, b) || compare(a.id, b.id)
    case 'edit':
      return (a, b) => sign * compareEdit(a, b) || compare(a.id, b.id)
    case 'updated':
      return (a, b) => sign * (compare(a.editedAt, b.editedAt) || compareEdit(a, b)) || compare(a.id, b.id)
    case 'relevance':
      return (a, b) => sign * (score(a) - score(b) || compareCreation(a, b)) || compare(a.id, b.id)
    case 'comments':
      return (a, b) => sign * (compare(a.commentCount, b.commentCount) || compareEdit(a, b)) || compare(a.id, b.id)
  }
}

function compareCreation(a: BugSummary, b: BugSummary): number {
  return compare(a.createLamport, b.createLamport) || compare(a.createdAt, b.createdAt)
}

function compareEdit(a: BugSummary, b: BugSummary): number {
  return compare(a.editLamport, b.editLamport) || compare(a.editedAt, b.editedAt)
}

function compare(a: Lamport, b: Lamport): number
function compare(a: string, b: string): number
function compare(a: Lamport | string, b: Lamport | string): number {
  if (a < b) return -1
  return a > b ? 1 : 0
}
