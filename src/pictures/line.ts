/** A count over time as a line with the room below it shaded. */
import { drawPlot, plotHeight } from './plot.ts'
import { evenAxisEnd } from './scale.ts'

export interface Line {
  readonly periods: readonly string[]
  /** The count at the end of each period, none below 0. */
  readonly counts: readonly number[]
  /** What it was before the first. */
  readonly before: number
  /** The id of the element that says what is shown. */
  readonly nameId: string
}

const step = 10

/** HTML of the line, in the class `open`. */
export function drawLine({ periods, counts, before, nameId }: Line): string {
  const end = evenAxisEnd(Math.max(1, before, ...counts))
  const width = counts.length * step
  const points = [before, ...counts]
    .map((count, index) => `${index * step} ${plotHeight - Math.round((count * plotHeight) / end)}`)
    .join('L')
  return drawPlot({
    width,
    content: `<path class="open area" d="M0 ${plotHeight}L${points}L${width} ${plotHeight}z"/><path class="open line" d="M${points}"/>`,
    values: [end, end / 2, 0],
    periods,
    nameId,
  })
}
