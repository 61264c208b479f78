/**
 * Reads the text that Prometheus reads, version 0.0.4, and refuses what Prometheus would: a sample without a type
 * before it, a label twice, a series twice, a value that is no number.
 */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  /** Kind of each measure by its name. */
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** The sample of that name with at least these labels; throws where there is not exactly one. */
  value(name: string, labels?: Readonly<Record<string, string>>): number
  /** Every value that a label has. */
  labelValues(label: string): string[]
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const labelPair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/

export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line)
    if (type) {
      if (types.has(type[1]!)) throw new Error(`a second type: ${line}`)
      types.set(type[1]!, type[2]!)
      continue
    }
    const sample = parseSample(line)
    const family = types.has(sample.name) ? sample.name : sample.name.replace(/_(?:bucket|sum|count)$/, '')
    const labels = Object.entries(sample.labels).map(pair => pair.join('='))
    const series = [sample.name, ...labels.toSorted((a, b) => (a < b ? -1 : 1))].join('\n')
    if (!types.has(family)) throw new Error(`no type before: ${line}`)
    if (seen.has(series)) throw new Error(`twice: ${line}`)
    seen.add(series)
    samples.push(sample)
  }
  return {
    types,
    samples,
    value(name, labels = {}) {
      const wanted = Object.entries(labels)
      const fits = samples.filter(one => one.name === name && wanted.every(([key, value]) => one.labels[key] === value))
      if (fits.length !== 1) throw new Error(`${fits.length} samples of ${name} ${JSON.stringify(labels)}`)
      return fits[0]!.value
    },
    labelValues: label => [...new Set(samples.flatMap(one => one.labels[label] ?? []))],
  }
}

function parseSample(line: string): Sample {
  const [, name, inBraces = '', number = ''] = sampleLine.exec(line) ?? []
  if (name === undefined) throw new Error(`no sample: ${line}`)
  const labels: Record<string, string> = {}
  let rest = inBraces
  while (rest !== '') {
    const pair = labelPair.exec(rest)
    if (!pair || pair[1]! in labels) throw new Error(`bad labels: ${line}`)
    labels[pair[1]!] = pair[2]!
    rest = rest.slice(pair[0].length)
  }
  const value = /^\+?Inf$/.test(number) ? Infinity : number.toLowerCase() === 'nan' ? Number.NaN : Number(number)
  if (Number.isNaN(value) && number.toLowerCase() !== 'nan') throw new Error(`no number: ${line}`)
  return { name, labels, value }
}
