/**
 * Cuts an update into messages of bounded size. Pure, but for the bytes: whole buffers are handed over where that is
 * possible, and copied where they are not somebody's own (Node takes small ones from a common pool).
 */
import { isMarkedAsUntransferable } from 'node:worker_threads'
import type { UpdateMessage } from './messages.ts'

/** Title and comments of a bug. */
export interface BugText {
  readonly id: string
  /** Of the bug's ref: another text has another tip. */
  readonly tip: string
  /** In UTF-8. Its buffer is handed over: nobody else can use it afterwards. */
  readonly text: Uint8Array
}

export interface TextChange {
  /** `put` is everything that the repository has: what is known besides goes. */
  readonly isWhole: boolean
  readonly put: readonly BugText[]
  /** Ids of bugs that are gone. */
  readonly removed: readonly string[]
}

/** A message, what is handed over with it, and its size. */
export interface UpdatePart {
  readonly message: UpdateMessage
  readonly transfer: ArrayBuffer[]
  readonly bytes: number
}

const partBytes = 1024 * 1024
const partBugs = 1024

/** At least one part; the last one says that it is. */
export function* cutUpdate(head: { repository: string; number: number }, change: TextChange): Generator<UpdatePart> {
  const { isWhole } = change
  let part = new Part()
  let isFirst = true
  const finish = (isLast: boolean) => {
    const removed = isLast ? change.removed.join('\n') : ''
    const finished = part.finish({ ...head, isWhole, isFirst, isLast, removed })
    part = new Part()
    isFirst = false
    return finished
  }
  for (const texts of groupByBuffer(change.put)) {
    // What shares a buffer goes with it, however many they are.
    for (const text of texts) part.add(text)
    if (part.bytes >= partBytes || part.count >= partBugs) yield finish(false)
  }
  yield finish(true)
}

function groupByBuffer(put: readonly BugText[]): Iterable<readonly BugText[]> {
  const groups = new Map<ArrayBufferLike | BugText, BugText[]>()
  for (const bug of put) {
    // A copy can go alone.
    const key = mustBeCopied(bug.text.buffer) ? bug : bug.text.buffer
    const group = groups.get(key)
    if (group) group.push(bug)
    else groups.set(key, [bug])
  }
  return groups.values()
}

function mustBeCopied(buffer: ArrayBufferLike): boolean {
  if (buffer instanceof SharedArrayBuffer) return false
  if (buffer.detached) throw new TypeError('a text was handed over before')
  return isMarkedAsUntransferable(buffer)
}

class Part {
  readonly #ids: string[] = []
  readonly #tips: string[] = []
  readonly #places: number[] = []
  readonly #buffers = new Map<ArrayBufferLike, number>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#ids.length
  }

  add({ id, tip, text }: BugText) {
    const own = mustBeCopied(text.buffer) ? new Uint8Array(text) : text
    let number = this.#buffers.get(own.buffer)
    if (number === undefined) {
      number = this.#buffers.size
      this.#buffers.set(own.buffer, number)
      this.#bytes += own.buffer.byteLength
    }
    this.#ids.push(id)
    this.#tips.push(tip)
    this.#places.push(number, own.byteOffset, own.length)
  }

  finish(head: Omit<UpdateMessage, 'kind' | 'ids' | 'tips' | 'places' | 'buffers'>): UpdatePart {
    const buffers = [...this.#buffers.keys()]
    const message: UpdateMessage = {
      kind: 'update',
      ...head,
      ids: this.#ids.join('\n'),
      tips: this.#tips.join('\n'),
      places: Uint32Array.from(this.#places),
      buffers,
    }
    return { message, transfer: buffers.filter(buffer => buffer instanceof ArrayBuffer), bytes: this.#bytes }
  }
}
