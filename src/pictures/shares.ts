/**
 * Bars that stand beside numbers and show how they compare. Decoration: what they say is in the text beside them, so
 * screen readers and text browsers are told nothing of them.
 */
import { escapeText } from './markup.ts'

/** A part of a bar. */
export interface Share {
  readonly count: number
  /** Class of its colour. */
  readonly kind: string
}

const width = 1000
/** Between two parts, so that they can be told apart without their colours. */
const gap = 4
/** What is there can be seen: a part and the gap after it. */
const minRoom = 2 * gap

/**
 * SVG of the parts, side by side.
 * @param whole what the width of the bar stands for; at least the sum of the parts
 */
export function drawShares(shares: readonly Share[], whole: number): string {
  const shown = shares.filter(({ count }) => count > 0)
  const rooms = roomsOf(shown, whole)
  let at = 0
  const parts = shown.map(({ kind }, index) => {
    const from = at
    at += rooms[index] ?? 0
    const length = Math.min(at, width) - gap - from
    return length > 0 ? `<path class="${escapeText(kind)}" d="M${from} 0h${length}v10h-${length}z"/>` : ''
  })
  return `<svg class="shares" aria-hidden="true" viewBox="0 0 ${width} 10" preserveAspectRatio="none">${parts.join('')}</svg>`
}

/** Room for each part; what the small ones need, the largest gives. */
function roomsOf(shares: readonly Share[], whole: number): readonly number[] {
  const rooms = shares.map(({ count }) => Math.max(minRoom, Math.round((count * width) / whole)))
  const excess = rooms.reduce((sum, room) => sum + room, 0) - width
  const largest = rooms.indexOf(Math.max(...rooms))
  return excess <= 0 ? rooms : rooms.map((room, index) => (index === largest ? Math.max(minRoom, room - excess) : room))
}
