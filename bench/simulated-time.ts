/** Virtual time: things happen in the order of their times, those of the same time in the order of asking. */

export interface VirtualTime {
  readonly nowMs: number
  /** @returns ends it before it happens */
  after(delayMs: number, run: () => void): () => void
  /** When the next thing happens; infinity where nothing is going to. */
  readonly nextMs: number
  /** Lets the next thing happen. */
  step(): void
  /** Goes on to a time before the next thing. */
  passTo(atMs: number): void
}

interface Planned {
  readonly atMs: number
  readonly order: number
  /** Undefined where it was ended. */
  run: (() => void) | undefined
}

export function createVirtualTime(): VirtualTime {
  const heap: Planned[] = []
  let nowMs = 0
  let order = 0
  const isBefore = (a: Planned, b: Planned) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
  return {
    get nowMs() {
      return nowMs
    },
    get nextMs() {
      return heap[0]?.atMs ?? Number.POSITIVE_INFINITY
    },
    after(delayMs, run) {
      const planned: Planned = { atMs: nowMs + Math.max(0, delayMs), order: order++, run }
      siftUp(heap, planned, isBefore)
      return () => {
        planned.run = undefined
      }
    },
    step() {
      const first = heap[0]
      const last = heap.pop()
      if (!first || !last) return
      if (last !== first) siftDown(heap, last, isBefore)
      nowMs = first.atMs
      first.run?.()
    },
    passTo(atMs) {
      nowMs = Math.max(nowMs, atMs)
    },
  }
}

type IsBefore = (a: Planned, b: Planned) => boolean

function siftUp(heap: Planned[], added: Planned, isBefore: IsBefore) {
  let place = heap.length
  while (place > 0) {
    const above = (place - 1) >> 1
    const parent = heap[above]
    if (!parent || isBefore(parent, added)) break
    heap[place] = parent
    place = above
  }
  heap[place] = added
}

/** Puts it in place of the first. */
function siftDown(heap: Planned[], moved: Planned, isBefore: IsBefore) {
  let place = 0
  for (;;) {
    const left = heap[2 * place + 1]
    const right = heap[2 * place + 2]
    const smaller = left && right && isBefore(right, left) ? right : left
    if (!smaller || isBefore(moved, smaller)) break
    const below = 2 * place + (smaller === left ? 1 : 2)
    heap[place] = smaller
    place = below
  }
  heap[place] = moved
}
