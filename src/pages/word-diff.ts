/**
 * What changed between two texts, in words. Words, stretches of white space and single other characters are compared
 * by Myers' algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986), which finds the fewest that differ.
 *
 * Promises that the pieces that are not added make the text before, and those that are not removed the text after. The work is
 * bounded: it is taken from a budget that several comparisons may share, and where that does not suffice the result is
 * the whole text before and the whole text after.
 */

/** A piece of the two texts. */
export interface DiffPiece {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** Steps that comparisons may still take, some ten nanoseconds each; they count it down. */
export interface DiffBudget {
  steps: number
}

/** Texts that differ in more words than this have little in common; memory grows with the square of it. */
const maxDifferences = 1000
/** What it takes to find one word and to number it. */
const wordSteps = 10
const wordsAndRest = /[\p{L}\p{N}\p{M}_]+|\s+|[^\p{L}\p{N}\p{M}_\s]/gu

/** Compares two texts. */
export function diffWords(before: string, after: string, budget: DiffBudget): DiffPiece[] {
  const numbers = new Map<string, number>()
  const a = toWords(before, numbers)
  const b = toWords(after, numbers)
  budget.steps -= wordSteps * (a.length + b.length)
  let start = 0
  while (start < a.length && start < b.length && a.ids[start] === b.ids[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.ids.at(-1 - end) === b.ids.at(-1 - end)) end++
  const kept = commonWords(a.ids.subarray(start, a.length - end), b.ids.subarray(start, b.length - end), budget)
  const pieces = new Pieces()
  pieces.add('same', a, { from: 0, to: start })
  let [x, y] = [start, start]
  for (const run of kept ?? []) {
    pieces.add('removed', a, { from: x, to: start + run.x })
    pieces.add('added', b, { from: y, to: start + run.y })
    x = start + run.x + run.length
    y = start + run.y + run.length
    pieces.add('same', a, { from: x - run.length, to: x })
  }
  pieces.add('removed', a, { from: x, to: a.length - end })
  pieces.add('added', b, { from: y, to: b.length - end })
  pieces.add('same', a, { from: a.length - end, to: a.length })
  return startAtLines(joinThinGaps(pieces.list))
}

interface Words {
  readonly texts: readonly string[]
  /** The same word has the same number in both texts. */
  readonly ids: Int32Array
  readonly length: number
}

function toWords(text: string, numbers: Map<string, number>): Words {
  const texts = text.match(wordsAndRest) ?? []
  const ids = Int32Array.from(texts, word => {
    let id = numbers.get(word)
    if (id === undefined) {
      id = numbers.size
      numbers.set(word, id)
    }
    return id
  })
  return { texts, ids, length: texts.length }
}

class Pieces {
  readonly list: DiffPiece[] = []

  add(kind: DiffPiece['kind'], { texts }: Words, { from, to }: { from: number; to: number }) {
    if (to > from) this.list.push({ kind, text: texts.slice(from, to).join('') })
  }
}

/** Words that both have, one after the other: places in each, and how many. */
interface CommonRun {
  readonly x: number
  readonly y: number
  length: number
}

/**
 * The longest sequence of words that both have, as runs in their order; undefined where finding it costs too much.
 *
 * `furthest[k]` is how far one gets in `a` on the diagonal `x - y = k` with the differences so far; one copy of it for
 * each difference leads the way back.
 */
function commonWords(a: Int32Array, b: Int32Array, budget: DiffBudget): CommonRun[] | undefined {
  if (a.length === 0 || b.length === 0) return []
  const limit = Math.min(a.length + b.length, maxDifferences)
  const furthest = new Int32Array(2 * limit + 3)
  const trail: Int32Array[] = []
  for (let differences = 0; differences <= limit; differences++) {
    trail.push(furthest.slice(limit + 1 - differences, limit + 2 + differences))
    for (let k = -differences; k <= differences; k += 2) {
      const left = furthest[limit + k] ?? 0
      const right = furthest[limit + k + 2] ?? 0
      const isDown = k === -differences || (k !== differences && left < right)
      let x = isDown ? right : left + 1
      const from = x
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      furthest[limit + k + 1] = x
      budget.steps -= 1 + x - from
      if (x >= a.length && x - k >= b.length) return wayBack(trail, { x: a.length, y: b.length })
    }
    if (budget.steps < 0) return undefined
  }
  return undefined
}

/** Follows the copies of `furthest` from the end to the start, and collects the words that were passed together. */
function wayBack(trail: readonly Int32Array[], end: { x: number; y: number }): CommonRun[] {
  const runs: CommonRun[] = []
  let { x, y } = end
  for (let differences = trail.length - 1; differences >= 0; differences--) {
    const before = trail[differences]
    // The copy was made before this round, and so holds the diagonals of the round before.
    const at = (k: number) => before?.[k + differences] ?? 0
    const k = x - y
    const isDown = k === -differences || (k !== differences && at(k - 1) < at(k + 1))
    const fromX = differences === 0 ? 0 : isDown ? at(k + 1) : at(k - 1)
    const fromY = differences === 0 ? 0 : fromX - (isDown ? k + 1 : k - 1)
    const startX = differences === 0 ? 0 : isDown ? fromX : fromX + 1
    if (x > startX) runs.push({ x: startX, y: startX - k, length: x - startX })
    x = fromX
    y = fromY
  }
  return runs.reverse()
}

/** White space and nothing else between two changes belongs to them: a sentence written anew is one change, not twenty. */
function joinThinGaps(pieces: readonly DiffPiece[]): DiffPiece[] {
  const joined: DiffPiece[] = []
  let removed = ''
  let added = ''
  const endChange = () => {
    if (removed !== '') joined.push({ kind: 'removed', text: removed })
    if (added !== '') joined.push({ kind: 'added', text: added })
    removed = ''
    added = ''
  }
  for (const [index, { kind, text }] of pieces.entries()) {
    const isGap =
      kind === 'same' && removed !== '' && added !== '' && index < pieces.length - 1 && /^[^\S\n]+$/.test(text)
    if (kind === 'removed' || isGap) removed += text
    if (kind === 'added' || isGap) added += text
    if (kind === 'same' && !isGap) {
      endChange()
      joined.push({ kind, text })
    }
  }
  endChange()
  return joined
}

/**
 * Of `- a` and `- a`, `- b` it is as right to say that `b\n- ` was added in the middle as that the line `- b` was; a
 * reader sees the second. So what was added or removed alone moves to the start of its line where the texts allow it.
 */
function startAtLines(pieces: readonly DiffPiece[]): DiffPiece[] {
  const aligned = [...pieces]
  for (let index = 1; index < aligned.length - 1; index++) {
    const [before, change, after] = aligned.slice(index - 1, index + 2)
    if (before?.kind !== 'same' || !change || change.kind === 'same' || after?.kind !== 'same') continue
    const start = before.text.slice(before.text.lastIndexOf('\n') + 1)
    if (start === '' || !change.text.endsWith(`\n${start}`)) continue
    aligned[index - 1] = { kind: 'same', text: before.text.slice(0, -start.length) }
    aligned[index] = { kind: change.kind, text: start + change.text.slice(0, -start.length) }
    aligned[index + 1] = { kind: 'same', text: start + after.text }
  }
  return aligned.filter(({ text }) => text !== '')
}
