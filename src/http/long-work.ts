/**
 * Turns of long work, so that fetches and exports leave room for pages, and their readers cannot take it all:
 *
 *     asked ──► waiting ──► working ──► done
 *       │          ▲           │
 *       ▼          │           ▼
 *     TOO_BUSY     └──── held back by readers that are slow: another one has the turn meanwhile
 *
 * Only so many are held back while others wait: the one that has been for longest is given up. So nobody keeps everybody
 * from files and exports by reading slowly, or not at all. Works of one repository neither wait in all places nor, where
 * the gate knows whose they are, take all turns.
 */

import { ViewerError } from '../base/errors.ts'
import type { Gate } from '../base/gate.ts'
import type { CreateStream } from '../streams/stream-cache.ts'

/** Works that wait for their turn; more are sent away. */
const maxWaiting = 64
/** The same of one repository. */
const maxWaitingOfOne = 48
/** Works that have given their turn away: each may have a process that rests. */
const maxAside = 16
/** A reader that lets a work wait for longer is slow. */
const heldBackMs = 1000

/** The same work, done when it is its turn. What it throws besides: TOO_BUSY, before it has begun or while it is held back. */
export function inTurn(gate: Gate, create: CreateStream): CreateStream {
  return async (sink, signal) => {
    if (gate.waiting >= maxWaiting || gate.ownWaiting >= maxWaitingOfOne)
      throw new ViewerError('TOO_BUSY', 'too many long answers are being made')
    const write = async (bytes: Uint8Array) => {
      const writing = sink.write(bytes)
      while (!(await endsWithin(writing, heldBackMs))) {
        if (gate.aside >= maxAside) {
          if (gate.waiting === 0) continue
          gate.dropAside(new ViewerError('TOO_BUSY', 'a long answer with slow readers has made way for others'))
        }
        return await gate.stepAside(() => writing, signal)
      }
      await writing
    }
    await gate.run(() => create({ write }, signal), signal)
  }
}

/** Whether it has settled by then, however. */
async function endsWithin(promise: Promise<void>, timeMs: number): Promise<boolean> {
  const { promise: tooLong, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, timeMs, false)
  const ended = () => true
  try {
    return await Promise.race([promise.then(ended, ended), tooLong])
  } finally {
    clearTimeout(timer)
  }
}
