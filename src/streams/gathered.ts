/**
 * Bytes that wait to be written, in the order in which they came. They are copied at once, so that whoever brought them
 * has them back. They leave in pieces of the size of a block at most.
 *
 *     block   ████████████▒▒▒▒▒▒······      █ taken: others have these bytes   ▒ waiting   · free
 *
 * A block is filled from its beginning to its end and never a second time: what was taken stays as it is.
 */
import type { Block, BlockPool, HeldBytes } from './blocks.ts'

export interface Gathered {
  readonly bytes: number
  add(bytes: Uint8Array): void
  /** The next piece, which is the caller's to give back; undefined where there is nothing. */
  take(): HeldBytes | undefined
  clear(): void
}

/** The first block is small, for streams that are. */
const firstBytes = 16 * 1024

/** @param maxBytes of a block */
export function createGathered(pool: BlockPool, maxBytes: number): Gathered {
  /** What waits of full blocks. */
  let full: HeldBytes[] = []
  let block: Block | undefined
  let takenTo = 0
  let filledTo = 0
  let total = 0
  let nextBytes = Math.min(firstBytes, maxBytes)
  const holdWaiting = (filling: Block): HeldBytes => {
    filling.hold()
    const bytes = filling.memory.subarray(takenTo, filledTo)
    takenTo = filledTo
    return { bytes, block: filling }
  }
  const nextBlock = (): Block => {
    if (block) {
      if (filledTo > takenTo) full.push(holdWaiting(block))
      block.giveBack()
    }
    takenTo = 0
    filledTo = 0
    const next = pool.take(nextBytes)
    nextBytes = Math.min(2 * nextBytes, maxBytes)
    return next
  }
  return {
    get bytes() {
      return total
    },
    add(bytes) {
      for (let at = 0; at < bytes.length; ) {
        if (!block || filledTo === block.memory.length) block = nextBlock()
        const part = bytes.subarray(at, at + block.memory.length - filledTo)
        block.memory.set(part, filledTo)
        filledTo += part.length
        at += part.length
      }
      total += bytes.length
    },
    take() {
      const piece = full.shift() ?? (block && filledTo > takenTo ? holdWaiting(block) : undefined)
      total -= piece?.bytes.length ?? 0
      return piece
    },
    clear() {
      for (const piece of full) piece.block.giveBack()
      block?.giveBack()
      full = []
      block = undefined
      takenTo = 0
      filledTo = 0
      total = 0
    },
  }
}
