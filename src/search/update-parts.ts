/**
 * Cuts an update into messages of bounded size. Pure, but for the bytes: whole buffers are handed over where that is
 * possible, and copied where they are not somebody's own (Node takes small ones from a common pool).
 */
import { isMarkedAsUntransferable } from 'node:worker_threads'
import type { PackedTexts, UpdateMessage } from './messages.ts'

/** Title and comments of a bug. */
export interface BugText {
  /** Small, dense, and never used twice in a session: what matches are answered with. */
  readonly number: number
  readonly id: string
  /** Of the bug's ref: another text has another tip. */
  readonly tip: string
  /**
   * In UTF-8, the title in its first line. Its buffer is handed over: nobody else can use it afterwards. Undefined:
   * the index may have it from before, and asks the session's `TextSource` where it has not.
   */
  readonly text: Uint8Array | undefined
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

/** In place of a buffer's number: no text. */
export const noBuffer = 0xffff_ffff

const partBytes = 1024 * 1024
const partBugs = 4096

type Head = Pick<UpdateMessage, 'session' | 'repository' | 'number' | 'nowMs'>

/** At least one part; the last one says that it is. */
export function* cutUpdate(head: Head, change: TextChange): Generator<UpdatePart> {
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
    const key = !bug.text || mustBeCopied(bug.text.buffer) ? bug : bug.text.buffer
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
  readonly #numbers: number[] = []
  readonly #places: number[] = []
  readonly #buffers = new Map<ArrayBufferLike, number>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#ids.length
  }

  add({ number, id, tip, text }: BugText) {
    this.#ids.push(id)
    this.#tips.push(tip)
    this.#numbers.push(number)
    if (!text) {
      this.#places.push(noBuffer, 0, 0)
      return
    }
    const own = mustBeCopied(text.buffer) ? new Uint8Array(text) : text
    let buffer = this.#buffers.get(own.buffer)
    if (buffer === undefined) {
      buffer = this.#buffers.size
      this.#buffers.set(own.buffer, buffer)
      this.#bytes += own.buffer.byteLength
    }
    this.#places.push(buffer, own.byteOffset, own.length)
  }

  finish(head: Omit<UpdateMessage, 'kind' | 'ids' | 'tips' | 'numbers' | 'places' | 'buffers'>): UpdatePart {
    const buffers = [...this.#buffers.keys()]
    const message: UpdateMessage = {
      kind: 'update',
      ...head,
      ids: this.#ids.join('\n'),
      tips: this.#tips.join('\n'),
      numbers: Uint32Array.from(this.#numbers),
      places: Uint32Array.from(this.#places),
      buffers,
    }
    return { message, transfer: buffers.filter(buffer => buffer instanceof ArrayBuffer), bytes: this.#bytes }
  }
}

/**
 * Collects texts that come one by one, and hands them on by the megabyte. They are copied: whoever gives them may have
 * others in the same buffer.
 */
export class TextPacker {
  readonly #flush: (texts: PackedTexts) => void
  #tips: string[] = []
  #texts: Uint8Array[] = []
  #bytes = 0

  constructor(flush: (texts: PackedTexts) => void) {
    this.#flush = flush
  }

  add(tip: string, text: Uint8Array) {
    this.#tips.push(tip)
    // What is given may be used for something else before it is handed on.
    this.#texts.push(Uint8Array.from(text))
    this.#bytes += text.length
    if (this.#bytes >= partBytes || this.#tips.length >= partBugs) this.flush()
  }

  flush() {
    if (this.#tips.length === 0) return
    const bytes = new Uint8Array(this.#bytes)
    const lengths = Uint32Array.from(this.#texts, ({ length }) => length)
    let at = 0
    for (const text of this.#texts) {
      bytes.set(text, at)
      at += text.length
    }
    const tips = this.#tips.join('\n')
    this.#tips = []
    this.#texts = []
    this.#bytes = 0
    this.#flush({ tips, lengths, bytes })
  }
}
