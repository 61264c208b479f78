/**
 * The numbers behind one measure, one series for each combination of its labels. It only adds up, so that counting
 * costs next to nothing; what the numbers look like to others is for `metrics.ts`. Nothing is ever forgotten: labels
 * must have few values, see the catalogue.
 */
import type { MeasureEntry } from '../base/measures.ts'

export type Labels = Readonly<Record<string, string>>

/** One line of an exposition. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** Where it is not the measure's own name: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string
}

/** One series. */
interface Series<Cell> {
  readonly labels: Labels
  readonly cell: Cell
}

/** A step on the way from labels to their series: one label's values, or the series where no label is left. */
interface Branch<Cell> {
  readonly next: Map<string, Branch<Cell>>
  series: Series<Cell> | undefined
}

/**
 * Finds a series by its labels. A lookup for each label, and no key put together from them: several of these run in
 * every request, and a new text would have to be hashed each time.
 */
class SeriesIndex<Cell> {
  readonly #names: readonly string[]
  readonly #make: () => Cell
  readonly #root: Branch<Cell>
  readonly #all: Series<Cell>[] = []

  constructor(entry: MeasureEntry, make: () => Cell) {
    this.#names = Object.keys(entry.labels)
    this.#make = make
    this.#root = { next: new Map(), series: undefined }
  }

  at(labels: Labels): Cell {
    let branch: Branch<Cell> | undefined = this.#root
    for (const name of this.#names) branch = branch?.next.get(labels[name] ?? '')
    return branch?.series?.cell ?? this.#add(labels).cell
  }

  values(): readonly Series<Cell>[] {
    return this.#all
  }

  #add(labels: Labels): Series<Cell> {
    const own = Object.fromEntries(this.#names.map(name => [name, labels[name] ?? '']))
    const series = { labels: own, cell: this.#make() }
    this.#all.push(series)
    let branch = this.#root
    for (const name of this.#names) {
      const value = labels[name] ?? ''
      const found: Branch<Cell> = branch.next.get(value) ?? { next: new Map(), series: undefined }
      branch.next.set(value, found)
      branch = found
    }
    branch.series = series
    return series
  }
}

/** A number that grows. */
export class CounterSeries {
  readonly #cells: SeriesIndex<{ value: number }>

  constructor(entry: MeasureEntry) {
    this.#cells = new SeriesIndex(entry, () => ({ value: 0 }))
    // A series that appears with its first event hides it: a growth is only seen from a number that was there.
    for (const labels of combinations(entry)) this.#cells.at(labels)
  }

  add(labels: Labels, by: number) {
    this.#cells.at(labels).value += by
  }

  samples(): Sample[] {
    return this.#cells.values().map(({ labels, cell }) => ({ labels, value: cell.value }))
  }
}

/** Durations, counted by size. */
export class HistogramSeries {
  readonly #name: string
  readonly #bounds: readonly number[]
  readonly #cells: SeriesIndex<{ readonly counts: number[]; sum: number }>

  constructor(name: string, entry: MeasureEntry) {
    this.#name = name
    this.#bounds = entry.buckets ?? []
    // One more than there are bounds: what is above them all.
    const size = this.#bounds.length + 1
    this.#cells = new SeriesIndex(entry, () => ({ counts: Array.from({ length: size }, () => 0), sum: 0 }))
  }

  add(labels: Labels, seconds: number) {
    const cell = this.#cells.at(labels)
    let at = 0
    while (at < this.#bounds.length && seconds > (this.#bounds[at] ?? 0)) at++
    cell.counts[at] = (cell.counts[at] ?? 0) + 1
    cell.sum += seconds
  }

  /** Each bucket counts itself and all smaller ones, as Prometheus wants them. */
  samples(): Sample[] {
    const samples: Sample[] = []
    for (const { labels, cell } of this.#cells.values()) {
      let total = 0
      for (const [at, count] of cell.counts.entries()) {
        total += count
        const le = this.#bounds[at] ?? '+Inf'
        samples.push({ metricName: `${this.#name}_bucket`, labels: { ...labels, le }, value: total })
      }
      samples.push({ metricName: `${this.#name}_sum`, labels, value: cell.sum })
      samples.push({ metricName: `${this.#name}_count`, labels, value: total })
    }
    return samples
  }
}

/** A number, or one for each combination of labels. */
export type ReadGauge = () => number | readonly { readonly labels: Labels; readonly value: number }[]

/** What is asked when somebody reads. */
export class GaugeSeries {
  readonly #entry: MeasureEntry
  readonly #readers = new Set<ReadGauge>()

  constructor(entry: MeasureEntry) {
    this.#entry = entry
  }

  addReader(read: ReadGauge) {
    this.#readers.add(read)
  }

  removeReader(read: ReadGauge) {
    this.#readers.delete(read)
  }

  samples(): Sample[] {
    const cells = new SeriesIndex(this.#entry, () => ({ value: 0 }))
    for (const read of this.#readers) {
      const value = read()
      const readings = typeof value === 'number' ? [{ labels: {}, value }] : value
      for (const { labels, value } of readings) cells.at(labels).value += value
    }
    return cells.values().map(({ labels, cell }) => ({ labels, value: cell.value }))
  }
}

/** Every combination of labels, where the catalogue lists all their values; else none. */
function combinations({ labels }: MeasureEntry): Labels[] {
  let found: Labels[] = [{}]
  for (const [name, values] of Object.entries(labels)) {
    if (values === 'any') return []
    found = found.flatMap(one => values.map(value => ({ ...one, [name]: value })))
  }
  return found
}
