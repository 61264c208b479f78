/**
 * The measures of the catalogue, and the text in which Prometheus reads them. Rooms count into plain numbers; the
 * client library, whose loading would cost every start some 25 ms, writes the text and watches the process, and is
 * loaded when somebody reads for the first time. Nothing is global: a program has its own numbers.
 */
import type { Registry } from '@prometheus-io/client'
import { type MeasureEntry, type Measures, measureCatalogue, type PassingMeasures } from '../base/measures.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import { CounterSeries, GaugeSeries, HistogramSeries, type Labels, type ReadGauge, type Sample } from './series.ts'

export interface Metrics extends Measures {
  /** What `readText` makes: the text format of Prometheus, version 0.0.4. */
  readonly contentType: string
  /** All measures, and those of the process. Those who ask at the same time share one answer. */
  readText(): Promise<string>
  /** The same numbers for a part of the program that ends before it. */
  passing(): PassingMeasures
}

/** How often the event loop is looked at to see how late it is; a delay that is shorter does not show. */
const eventLoopResolutionMs = 20

/** Makes the numbers of one program, all of them zero. */
export function createMetrics(): Metrics {
  const counters = new Map<string, CounterSeries>()
  const histograms = new Map<string, HistogramSeries>()
  const gauges = new Map<string, GaugeSeries>()
  for (const [name, entry] of Object.entries<MeasureEntry>(measureCatalogue)) {
    if (entry.kind === 'counter') counters.set(name, new CounterSeries(entry))
    else if (entry.kind === 'histogram') histograms.set(name, new HistogramSeries(name, entry))
    else gauges.set(name, new GaugeSeries(entry))
  }
  const describe = () =>
    Object.entries<MeasureEntry>(measureCatalogue).map(([name, { kind, help }]) => ({
      name,
      help,
      type: kind,
      values: (counters.get(name) ?? histograms.get(name) ?? gauges.get(name))?.samples() ?? [],
    }))
  const reading = createSingleFlight<'text', string>()
  const writer = createWriter()
  const measures: Measures = {
    count: (name, labels, by = 1) => counters.get(name)?.add(labels as Labels, by),
    observe: (name, seconds, labels) => histograms.get(name)?.add(labels as Labels, seconds),
    gauge: (name: string, read: ReadGauge) => gauges.get(name)?.addReader(read),
  }
  return {
    ...measures,
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    readText: () => reading.run('text', () => writer.write(describe())),
    passing() {
      const readers: [name: string, read: ReadGauge][] = []
      return {
        ...measures,
        gauge(...gauge) {
          readers.push(gauge)
          measures.gauge(...gauge)
        },
        [Symbol.dispose]() {
          for (const [name, read] of readers.splice(0)) gauges.get(name)?.removeReader(read)
        },
      }
    },
  }
}

interface DescribedMeasure {
  readonly name: string
  readonly help: string
  readonly type: MeasureEntry['kind']
  readonly values: readonly Sample[]
}

/** The library, from its first use on. */
function createWriter() {
  let processRegistry: Registry | undefined
  return {
    async write(measures: readonly DescribedMeasure[]): Promise<string> {
      const { Registry, collectDefaultMetrics } = await import('@prometheus-io/client')
      if (!processRegistry) {
        processRegistry = new Registry()
        // The names that the library gives them are those that dashboards for Node know.
        collectDefaultMetrics({ register: processRegistry, eventLoopMonitoringPrecision: eventLoopResolutionMs })
      }
      // Joining what several processes counted is what `aggregate` is made for; here it is one process.
      const own = Registry.aggregate([[...measures]])
      return `${await own.metrics()}\n${await processRegistry.metrics()}`
    },
  }
}
