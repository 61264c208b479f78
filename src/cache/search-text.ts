/**
 * The searchable text of a bug, title and comments folded for comparing, as UTF-8 outside the heap. It is folded when
 * somebody searches or when nothing else is to be done, whichever comes first: whoever waits for the first page of a
 * repository does not wait for this.
 */
import { foldText } from '../bug/search-text.ts'

/** Characters of one bug that are searched; what a person writes is far below. */
const maxSearchChars = 4_000_000
/** Folded between two turns of the event loop. */
const charsPerTurn = 100_000

export class SearchText {
  #texts: readonly string[]
  #folded: Buffer | undefined

  constructor(texts: readonly string[]) {
    this.#texts = texts
  }

  /** Of a text that was folded elsewhere. */
  static folded(folded: Buffer): SearchText {
    const text = new SearchText(noTexts)
    text.#folded = folded
    return text
  }

  /** The folded text. */
  get(): Buffer {
    this.#folded ??= this.#fold()
    return this.#folded
  }

  /** What it holds in memory, about. */
  get bytes(): number {
    return this.#folded?.length ?? this.chars
  }

  /** Characters that are still to be folded. */
  get chars(): number {
    return this.#texts.reduce((sum, text) => sum + text.length, 0)
  }

  /** Texts are folded one by one, since all together can be longer than any string may be. */
  #fold(): Buffer {
    const parts: Buffer[] = []
    let left = maxSearchChars
    for (const text of this.#texts) {
      if (left <= 0) break
      parts.push(Buffer.from(`${foldText(text.slice(0, left))}\n`))
      left -= text.length
    }
    this.#texts = noTexts
    return Buffer.concat(parts)
  }
}

const noTexts: readonly string[] = []

/** Folds texts bit by bit while the event loop has nothing better to do. Does not keep the process alive. */
export function foldWhenIdle(texts: readonly SearchText[]): void {
  let next = 0
  const turn = () => {
    let chars = 0
    for (; next < texts.length && chars < charsPerTurn; next++) {
      chars += texts[next]?.chars ?? 0
      texts[next]?.get()
    }
    if (next < texts.length) setImmediate(turn).unref()
  }
  setImmediate(turn).unref()
}
