/**
 * The frame of a plot: an SVG that is stretched to the room there is, and labels beside it that are not, so that they
 * can be read on a telephone and when the page is zoomed. The labels are written by the stylesheet, since they are part
 * of the picture: text browsers and screen readers have the table of numbers instead.
 */
import { escapeText } from './markup.ts'

export interface Plot {
  /** Units across; it is 1000 units high. */
  readonly width: number
  /** Elements of SVG, above the lines of the grid. */
  readonly content: string
  /** Labels of the values, evenly spaced from top to bottom; each has a line of the grid. */
  readonly values: readonly number[]
  /** Labels of the periods from left to right; a few of them are shown. */
  readonly periods: readonly string[]
  /** The id of the element that says what is shown. */
  readonly nameId: string
}

export const plotHeight = 1000
/** How many labels of periods there may be; one of these divides most numbers of periods, and then they stand exactly. */
const labelCounts = [6, 5, 4, 3] as const
const usualLabelCount = 4

/** HTML of the plot. */
export function drawPlot({ width, content, values, periods, nameId }: Plot): string {
  const steps = Math.max(1, values.length - 1)
  const lines = values.map((_, index) => `M0 ${Math.round((index * plotHeight) / steps)}H${width}`).join('')
  const svg =
    `<svg role="img" aria-labelledby="${escapeText(nameId)}" viewBox="0 0 ${width} ${plotHeight}"` +
    ` preserveAspectRatio="none"><path class="grid" d="${lines}"/>${content}</svg>`
  return (
    `<div class="plot"><p class="values" aria-hidden="true">${values.map(label).join('')}</p>${svg}` +
    `<p class="periods" aria-hidden="true">${someOf(periods).map(label).join('')}</p></div>`
  )
}

/** Each stands where an equal part of the plot begins, and that is inside its period. */
function someOf(periods: readonly string[]): readonly string[] {
  const { length } = periods
  const parts = length <= labelCounts[0] ? length : (labelCounts.find(count => length % count === 0) ?? usualLabelCount)
  return Array.from({ length: parts }, (_, part) => periods[Math.floor((part * length) / parts)] ?? '')
}

function label(text: string | number): string {
  return `<span data-label="${escapeText(String(text))}"></span>`
}
