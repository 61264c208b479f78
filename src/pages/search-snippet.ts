/**
 * What a search page shows of a bug that was found: the title and the piece of its comments that fits best, as plain
 * text in parts of which some are marked. Bounded: of a bug so much text is looked through, and no more is ever laid
 * out than the piece itself.
 */
import type { Bug } from '../bug/model.ts'
import type { Place, TextPlaces } from '../query/text-places.ts'
import type { Markdown } from '../text/markdown.ts'
import { visibleText } from '../text/visible-text.ts'

/** A part of a text. */
export interface TextPart {
  readonly text: string
  readonly isMarked: boolean
}

/** Of one bug: characters (UTF-16 units) of comments that are looked through. */
const maxLookedChars = 64 * 1024
/** A piece of a source that is weighed against others, and by how much the next one is further on. */
const windowChars = 1000
const stepChars = 800
/** Characters of a snippet, and of what stands in it before the first mark. */
const snippetChars = 240
const leadChars = 60

/** A text with its marks. @param text as pages show it: hidden characters are visible already */
export function markedParts(text: string, places: TextPlaces | undefined): readonly TextPart[] {
  const parts: TextPart[] = []
  let at = 0
  const push = (end: number, isMarked: boolean) => {
    if (end > at) parts.push({ text: text.slice(at, end), isMarked })
    at = Math.max(at, end)
  }
  for (const { start, end } of places?.find(text) ?? []) {
    push(start, false)
    push(end, true)
  }
  push(text.length, false)
  return parts
}

export interface SnippetInput {
  readonly bug: Pick<Bug, 'comments'>
  readonly places: TextPlaces
  readonly markdown: Pick<Markdown, 'excerpt'>
}

/** The piece that fits best; undefined where no comment that was looked at holds any of the words. */
export function bugSnippet({ bug, places, markdown }: SnippetInput): Snippet | undefined {
  const best = bestWindow(bug, places)
  if (!best) return undefined
  const source = best.message.slice(best.start, best.start + windowChars + stepChars)
  const line = markdown.excerpt(source, Number.MAX_SAFE_INTEGER)
  // What was found may be an address behind a link, or anything else that Markdown does not show.
  const text = places.count(line) > 0 ? line : visibleText(source).replace(/\s+/g, ' ')
  return { commentId: best.commentId, parts: cutAround(text, places) }
}

export interface Snippet {
  /** Combined id of the comment. */
  readonly commentId: string
  readonly parts: readonly TextPart[]
}

interface Window {
  readonly commentId: string
  readonly message: string
  readonly start: number
}

function bestWindow({ comments }: Pick<Bug, 'comments'>, places: TextPlaces): Window | undefined {
  let left = maxLookedChars
  let best: Window | undefined
  let bestCount = 0
  for (const { id: commentId, message } of comments) {
    for (let start = 0; start < message.length && left > 0; start += stepChars) {
      left -= stepChars
      const count = places.count(message.slice(start, start + windowChars))
      if (count <= bestCount) continue
      best = { commentId, message, start: lineStart(message, start) }
      bestCount = count
      if (count === places.terms) return best
    }
    if (left <= 0) break
  }
  return best
}

/** Where the line begins that `at` is in, if that is near: a heading or a list reads better from its start. */
function lineStart(text: string, at: number): number {
  const start = text.lastIndexOf('\n', at) + 1
  return at - start <= stepChars / 2 ? start : at
}

/** The first mark of those that have the most different words close behind them. */
function bestMark(line: string, marks: readonly Place[]): Place | undefined {
  let best = marks[0]
  let most = 1
  for (const [index, mark] of marks.entries()) {
    const words = new Set<string>()
    for (const { start, end } of marks.slice(index)) {
      if (end > mark.start + snippetChars - leadChars) break
      words.add(line.slice(start, end).toLowerCase())
    }
    if (words.size <= most) continue
    best = mark
    most = words.size
  }
  return best
}

/** The part of a line around its marks. */
function cutAround(line: string, places: TextPlaces): readonly TextPart[] {
  const first = bestMark(line, places.find(line))?.start ?? 0
  let start = Math.max(0, Math.min(first - leadChars, line.length - snippetChars))
  if (start > 0) {
    const space = line.indexOf(' ', start)
    start = space >= 0 && space < first ? space + 1 : start
  }
  const end = Math.min(line.length, start + snippetChars)
  const lastSpace = end < line.length ? line.lastIndexOf(' ', end) : end
  const shown = line.slice(start, lastSpace > start + snippetChars / 2 ? lastSpace : end).toWellFormed()
  return markedParts(`${start > 0 ? '…' : ''}${shown}${end < line.length ? '…' : ''}`, places)
}
