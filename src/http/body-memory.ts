/**
 * Memory for the bodies of large requests: bounded for all of them together, from their first byte until nothing that was
 * made of them is needed any more, which may be long after whoever sent them has gone. Small bodies have room in any
 * case, so that a few large ones that come slowly do not keep all others out.
 */
import { ViewerError } from '../base/errors.ts'

/** Of one body. Disposing it gives back what it holds, once. */
export interface BodyShare extends Disposable {
  /** So many more bytes are there. @throws TOO_BUSY */
  take(bytes: number): void
  /** Holds the same for a work that goes on after this one. */
  share(): Disposable
}

export interface BodyMemory {
  open(): BodyShare
}

/** So much of each body counts for nothing. */
const freeBytes = 64 * 1024

/** @param maxBytes of all bodies */
export function createBodyMemory(maxBytes: number): BodyMemory {
  let used = 0
  /** Counts them until it is disposed. */
  const hold = (bytes: number): Disposable => {
    let held = bytes
    used += held
    return {
      [Symbol.dispose]() {
        used -= held
        held = 0
      },
    }
  }
  return {
    open() {
      let length = 0
      const holds = new DisposableStack()
      return {
        take(bytes) {
          const more = Math.min(bytes, Math.max(0, length + bytes - freeBytes))
          if (used + more > maxBytes) throw new ViewerError('TOO_BUSY', 'too many large requests are being read')
          length += bytes
          if (more > 0) holds.use(hold(more))
        },
        share: () => hold(Math.max(0, length - freeBytes)),
        [Symbol.dispose]: () => holds.dispose(),
      }
    },
  }
}
