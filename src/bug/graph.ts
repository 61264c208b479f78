/**
 * The graph of a bug's packs: one root, parents before children, clocks that only grow, and from these the one order
 * in which everybody reads the operations (`format.md`, "Reading rules").
 */
import { FieldProblem } from './fields.ts'
import { compareLamport } from './lamport.ts'
import type { Lamport } from './model.ts'
import type { Pack } from './pack.ts'

/** How far a clock may run ahead of a parent's, so that nobody can push it to its end. */
const maxClockStep = 1_000_000

/**
 * Orders packs for reading.
 * @param packs every commit that can be reached from the tip, each once, with all its parents among them
 * @throws FieldProblem where the graph or its clocks break a rule
 */
export function orderPacks(packs: readonly Pack[]): Pack[] {
  const byCommit = new Map(packs.map(pack => [pack.commit, pack]))
  const roots = packs.filter(pack => pack.parents.length === 0)
  const root = roots[0]
  if (root === undefined) throw new FieldProblem('no commit without parents')
  if (roots.length > 1) throw new FieldProblem('more than one commit without parents')
  if (root.createLamport === 0) throw new FieldProblem('the first commit has no creation clock')
  // A clock that is greater than every parent's is an order of the graph itself, parents first: comparing each commit
  // with its parents checks the same as a walk in topological order would, and needs no walk.
  for (const pack of packs) {
    if (pack.parents.length > 1 && pack.operations.length > 0) throw new FieldProblem('a merge carries operations')
    for (const commit of pack.parents) {
      const parent = byCommit.get(commit)
      if (!parent) throw new FieldProblem(`parent ${commit} is missing`)
      checkStep(parent, pack)
    }
  }
  return packs.toSorted(comparePacks)
}

function checkStep(parent: Pack, child: Pack) {
  if (child.editLamport <= parent.editLamport) throw new FieldProblem('an edit clock is not greater than its parent’s')
  if (child.parents.length === 1 && step(parent.editLamport, child.editLamport) > maxClockStep) {
    throw new FieldProblem('an edit clock jumps too far ahead')
  }
}

function step(from: Lamport, to: Lamport): Lamport {
  return typeof from === 'number' && typeof to === 'number' ? to - from : BigInt(to) - BigInt(from)
}

function comparePacks(a: Pack, b: Pack): number {
  const byClock = compareLamport(a.editLamport, b.editLamport)
  if (byClock !== 0) return byClock
  // Packs of equal bytes say the same; the commit only makes the order one and the same each time.
  const [idA, idB] = [a.packId() + a.commit, b.packId() + b.commit]
  return idA < idB ? -1 : 1
}
