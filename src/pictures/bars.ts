/**
 * Bars over periods: one kind of count above a line and, where there is one, another below it, so that the two can be
 * told apart without their colours. Both sides have the same scale.
 */
import { drawPlot, plotHeight } from './plot.ts'
import { axisEnd } from './scale.ts'

export interface Bars {
  readonly periods: readonly string[]
  /** Counts above the line, one for each period. */
  readonly above: readonly number[]
  /** Counts below it. */
  readonly below?: readonly number[]
  /** The id of the element that says what is shown. */
  readonly nameId: string
}

/** Units across for a bar with its gap. */
const step = 10
const barWidth = 8
/** A count that is there can be seen. */
const minHeight = 8

/** HTML of the bars; the classes of the two kinds are `open` and `closed`. */
export function drawBars({ periods, above, below, nameId }: Bars): string {
  const end = axisEnd(Math.max(1, ...above, ...(below ?? [])))
  const base = below ? plotHeight / 2 : plotHeight
  const up = bars(above, { base, unit: -base / end })
  const down = below ? bars(below, { base, unit: base / end }) : ''
  return drawPlot({
    width: periods.length * step,
    content: `<path class="open" d="${up}"/>${down === '' ? '' : `<path class="closed" d="${down}"/>`}`,
    values: below ? [end, 0, end] : [end, 0],
    periods,
    nameId,
  })
}

function bars(counts: readonly number[], { base, unit }: { base: number; unit: number }): string {
  return counts
    .map((count, index) => {
      if (count === 0) return ''
      const height = Math.sign(unit) * Math.max(minHeight, Math.round(Math.abs(count * unit)))
      return `M${index * step + 1} ${base}h${barWidth}v${height}h-${barWidth}z`
    })
    .join('')
}
