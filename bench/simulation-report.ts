/** What the simulation's results say, as rows of tables in Markdown. Pure, but for printing. */
import { answerKinds } from './simulated-tally.ts'
import type { Mark, SimulationResult } from './simulation-run.ts'

/** Cells by the heads of their columns. */
export type Row = Readonly<Record<string, string | number>>

const megabyte = 1024 ** 2
const hourMs = 3_600_000

/** What happened between two moments. */
function between(result: SimulationResult, from: Mark, to: Mark) {
  const waits = result.waitsMs.slice(from.answers, to.answers).sort((a, b) => a - b)
  const of = (key: keyof Mark['numbers']) => to.numbers[key] - from.numbers[key]
  const usedMs = to.usedMs.map((used, instance) => used - (from.usedMs[instance] ?? 0))
  return { waits, of, usedMs, ms: to.atMs - from.atMs }
}

type Between = ReturnType<typeof between>

/** Between a mark and the next. */
function counted(result: SimulationResult, place = 0): Between {
  const [from, to] = result.marks.slice(place)
  if (!from || !to) throw new Error('there are no two moments to compare')
  return between(result, from, to)
}

/** Two digits where it is small. */
function short(value: number): string {
  if (value === 0) return '0'
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value < 0.01 ? 1 : 2)
}

function printWait(ms: number): string {
  return ms < 1000 ? `${short(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

function answerCells({ of, waits }: Between): Row {
  return Object.fromEntries(answerKinds.map(kind => [`${kind} %`, short((100 * of(kind)) / waits.length)]))
}

function waitCells({ waits }: Between): Row {
  const cell = (share: number) => printWait(waits[Math.max(0, Math.ceil(share * waits.length) - 1)] ?? Number.NaN)
  return { p50: cell(0.5), p99: cell(0.99), 'p99.9': cell(0.999) }
}

function gitCells({ of, ms }: Between): Row {
  const hours = ms / hourMs
  return {
    'git builds/h': short(of('gitBuilds') / hours),
    'again/h': short(of('gitAgain') / hours),
    'beside/h': short(of('gitBeside') / hours),
  }
}

function redisCells(result: SimulationResult, { of, ms }: Between): Row {
  const rate = (key: 'redisInBytes' | 'redisOutBytes') => short(of(key) / 1024 / (ms / 1000))
  return {
    'Redis MB': short(result.redisBytes / megabyte),
    'in kB/s': rate('redisInBytes'),
    'out kB/s': rate('redisOutBytes'),
  }
}

/** Of one processor: 200 % is all of two. */
function loads({ usedMs, ms }: Between): number[] {
  return usedMs.map(used => (100 * used) / ms)
}

/** A row of the first table. */
export function sizesRow(head: Row, result: SimulationResult): Row {
  const all = counted(result)
  const used = loads(all)
  return {
    ...head,
    ...answerCells(all),
    ...gitCells(all),
    'processor %, mean': short(used.reduce((sum, one) => sum + one, 0) / used.length),
    most: short(Math.max(...used)),
    'memory MB, most': short(Math.max(...result.mostBytes) / megabyte),
    ...waitCells(all),
    ...redisCells(result, all),
  }
}

/** A row of the second, and of the third. @param place of the mark from which on it is counted */
export function sharingRow(head: Row, result: SimulationResult, place: number): Row {
  const all = counted(result, place)
  return {
    ...head,
    'git bugs/h': (all.of('gitBugs') / (all.ms / hourMs)).toFixed(0),
    ...gitCells(all),
    'processor %, all': short(loads(all).reduce((sum, one) => sum + one, 0)),
    ...waitCells(all),
  }
}

/** A row of the last. */
export function restartRow(head: Row, result: SimulationResult): Row {
  const all = counted(result)
  return {
    ...head,
    ...answerCells(all),
    'git bugs': all.of('gitBugs'),
    'out of Redis MB': short(all.of('redisOutBytes') / megabyte),
    'processor s, all': short(all.usedMs.reduce((sum, one) => sum + one, 0) / 1000),
    'progress pages': all.of('progressPages'),
    ...waitCells(all),
  }
}

export function printTable(title: string, rows: readonly Row[]) {
  const heads = Object.keys(rows[0] ?? {})
  console.log(`**${title}**\n`)
  console.log(`| ${heads.join(' | ')} |`)
  console.log(`|${heads.map(() => ' --- |').join('')}`)
  for (const row of rows) console.log(`| ${heads.map(head => row[head]).join(' | ')} |`)
  console.log()
}
