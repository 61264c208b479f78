/**
 * Memory that goes from a writer through to its readers and is used again when the last of them has it no more. Gigabytes
 * pass through a stream in pieces that live for a moment; left to the garbage collector they are most of the memory of the
 * process and most of its collections. So holders are counted by hand: whoever keeps bytes of a block holds it, and gives
 * its hold back once.
 */

export interface Block {
  readonly memory: Buffer
  hold(): void
  giveBack(): void
}

/** Bytes in a block, with a hold on it. */
export interface HeldBytes {
  readonly bytes: Buffer
  readonly block: Block
}

export interface BlockPool {
  /** A block with one hold on it; what is in it may be anything. */
  take(bytes: number): Block
  /** Gives up what nobody holds. */
  clear(): void
}

/** @param blockBytes of those that are used again @param maxFree how many of them wait for that */
export function createBlockPool(blockBytes: number, maxFree: number): BlockPool {
  const free: Buffer[] = []
  const putBack = (memory: Buffer) => {
    if (memory.length === blockBytes && free.length < maxFree) free.push(memory)
    else release(memory)
  }
  return {
    take(bytes) {
      const memory = (bytes === blockBytes ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(bytes)
      let holders = 1
      return {
        memory,
        hold() {
          holders++
        },
        giveBack() {
          if (--holders === 0) putBack(memory)
        },
      }
    },
    clear() {
      for (const memory of free.splice(0)) release(memory)
    },
  }
}

/** At once: a mistake in counting is bytes that are not there, and never those of somebody else. */
function release({ buffer }: Buffer) {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
