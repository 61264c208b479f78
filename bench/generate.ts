/**
 * Writes a big tracker for measurements:
 *
 *   node bench/generate.ts --bugs 10000 --seed 1 --out /some/where/big.git [--object-format sha256] [--loose 20]
 *
 * The same arguments give the same ids and hashes. Sizes are distributed as in trackers that have been in use for
 * years: 4 packs per bug at the median, 5.7 on average and up to 60, comments of 268 characters at the median with a
 * long tail, one merge for 20 bugs. Bugs are made, sent to git and forgotten in batches, so memory does not grow with
 * their texts. The repository is left as housekeeping leaves it, one pack and packed refs; with `--loose N` the last N
 * refs are files of their own, as after pushes. 100,000 bugs are 570,000 packs and take some three minutes.
 */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { BugLine } from '../src/demo/bug-line.ts'
import type { ObjectFormat } from '../src/demo/git-object.ts'
import { fastImportStream } from '../src/demo/import-log.ts'
import type { OperationSpec } from '../src/demo/operation.ts'
import { createTrackerWriter, type Person, type TrackerWriter } from '../src/demo/writer.ts'
import { importInto, runGit } from '../test/support/tracker-builder.ts'
import { createRandom, type Random } from './random.ts'
import { benchLabels, makeName, makeText, makeTitle } from './texts.ts'

export interface BenchOptions {
  readonly bugs: number
  readonly seed: number
  readonly objectFormat: ObjectFormat
  /** How many persons there are; 300 where it is not given. */
  readonly people?: number
}

export interface BenchCounts {
  bugs: number
  identities: number
  /** Commits on bug refs, merges among them. */
  packs: number
  merges: number
  operations: number
  comments: number
  /** Bytes sent to git. */
  bytes: number
}

const defaultPeople = 300
const batch = 250
/** 2015-01-01 to 2026-01-01. */
const startAt = 1_420_070_400
const endAt = 1_767_225_600
const day = 86_400
const meanPacks = 5.6

/** The commands for fast-import, and what was made, which is complete when the last chunk was taken. */
export function generateTracker(options: BenchOptions): { counts: BenchCounts; commands: Generator<Uint8Array> } {
  const counts: BenchCounts = { bugs: 0, identities: 0, packs: 0, merges: 0, operations: 0, comments: 0, bytes: 0 }
  const t = createTrackerWriter({ seed: options.seed, objectFormat: options.objectFormat })
  const random = createRandom(options.seed)

  function* flush(): Generator<Uint8Array> {
    for (const chunk of t.log.commands()) {
      counts.bytes += chunk.length
      yield chunk
    }
    t.log.forget()
  }
  function* commands(): Generator<Uint8Array> {
    const persons = makePeople(t, random, options.people ?? defaultPeople)
    counts.identities = persons.length
    const maker = { t, random, persons, counts, totalPacks: Math.ceil(options.bugs * meanPacks) }
    for (let index = 0; index < options.bugs; index++) {
      makeBug(maker, startAt + Math.floor(((endAt - startAt) * index) / options.bugs))
      if (index % batch === batch - 1) yield* flush()
    }
    yield* flush()
  }
  return { counts, commands: commands() }
}

interface Maker {
  readonly t: TrackerWriter
  readonly random: Random
  readonly persons: readonly Person[]
  readonly counts: BenchCounts
  readonly totalPacks: number
}

/** A line of a bug, with what its next pack has to know. */
interface Growing {
  readonly line: BugLine
  /** Operation ids of comments that can be edited. */
  readonly comments: string[]
  at: number
  clock: number
}

function makePeople(t: TrackerWriter, random: Random, people: number): Person[] {
  return Array.from({ length: people }, (_, index) => {
    const login = `person${index}`
    const name = random.chance(0.8) ? { name: makeName(random, index) } : {}
    return t.identity({ ...name, login, email: `${login}@example.org`, at: startAt - people + index })
  })
}

function makeBug(maker: Maker, at: number): void {
  const { t, random, persons, counts } = maker
  const packs = Math.max(1, Math.min(60, Math.round(random.longTail(4, 0.82))))
  const clock = clockAt(maker, at)
  const labels = Array.from({ length: random.below(4) }, () => random.pickUneven(benchLabels))
  const line = t.bug(random.pickUneven(persons), {
    title: makeTitle(random),
    message: makeText(random, textLength(random)),
    at,
    editClock: clock,
    metadata: random.chance(0.7) ? { origin: 'forge', 'forge-url': `https://forge.example.org/${counts.bugs}` } : {},
    more: labels.length === 0 ? [] : [{ type: 'labels', added: [...new Set(labels)], at }],
  })
  counts.bugs += 1
  counts.packs += 1
  counts.comments += 1
  counts.operations += labels.length === 0 ? 1 : 2

  const growing: Growing = { line, comments: [line.id], at, clock }
  const mergeAfter = random.chance(0.08) && packs > 3 ? 1 + random.below(packs - 3) : undefined
  for (let pack = 1; pack < packs; pack++) {
    if (pack === mergeAfter) {
      mergeLines(maker, growing)
      pack += 2
    }
    addPack(maker, growing)
  }
}

/** Two people at once: one pack on each line, and the commit that merges them. */
function mergeLines(maker: Maker, growing: Growing): void {
  const fork: Growing = { ...growing, line: growing.line.fork() }
  addPack(maker, fork)
  addPack(maker, growing)
  growing.at = Math.max(growing.at, fork.at)
  growing.clock = Math.max(growing.clock, fork.clock) + 1
  const person = maker.random.pickUneven(maker.persons)
  growing.line.merge(person, fork.line, { at: growing.at, editClock: growing.clock })
  maker.counts.packs += 1
  maker.counts.merges += 1
}

function addPack(maker: Maker, growing: Growing): void {
  const { random, counts } = maker
  growing.at = Math.min(endAt, growing.at + Math.ceil(random.longTail(day, 2.2)))
  growing.clock = Math.max(growing.clock + 1, clockAt(maker, growing.at))
  const size = Math.min(12, Math.max(1, Math.round(random.longTail(1.2, 0.8))))
  const steps = Array.from({ length: size }, () => makeOperation(random, growing))
  const ids = growing.line.pack(random.pickUneven(maker.persons), steps, { editClock: growing.clock })
  for (const [index, step] of steps.entries()) {
    const id = ids[index]
    if (step.type !== 'comment' || id === undefined) continue
    growing.comments.push(id)
    counts.comments += 1
  }
  counts.packs += 1
  counts.operations += steps.length
}

function makeOperation(random: Random, { at, comments }: Growing): OperationSpec {
  const kind = random.next()
  if (kind < 0.48) return { type: 'comment', message: makeText(random, textLength(random)), at }
  if (kind < 0.75) {
    const labels = () => Array.from({ length: random.below(3) }, () => random.pickUneven(benchLabels))
    return { type: 'labels', added: [...new Set(labels())], removed: [...new Set(labels())], at }
  }
  if (kind < 0.88) {
    return { type: 'edit', target: random.pick(comments), message: makeText(random, textLength(random)), at }
  }
  if (kind < 0.96) return { type: 'status', status: random.chance(0.8) ? 'closed' : 'open', at }
  if (kind < 0.985) return { type: 'title', title: makeTitle(random), at }
  return { type: 'metadata', target: random.pick(comments), set: { 'forge-state': 'seen' }, at }
}

function textLength(random: Random): number {
  return Math.max(1, Math.min(60_000, Math.round(random.longTail(268, 1.05))))
}

/** The tracker's edit clock runs with time, so that the order by edit is another than the order by creation. */
function clockAt(maker: Maker, at: number): number {
  return 2 + Math.floor(((at - startAt) / (endAt - startAt)) * maker.totalPacks)
}

export interface WriteOptions extends BenchOptions {
  /** A folder that is not there yet, or empty. */
  readonly path: string
  /** How many refs are left unpacked: of the bugs that were changed last. */
  readonly loose?: number
}

/** Makes a bare repository of a generated tracker. */
export async function writeBenchRepository(options: WriteOptions): Promise<BenchCounts> {
  const { path, objectFormat, loose = 0 } = options
  await mkdir(path, { recursive: true })
  if ((await readdir(path)).length > 0) throw new Error(`${path} is not empty`)
  const init = ['--quiet', '--bare', '--initial-branch=main', '--template=', `--object-format=${objectFormat}`]
  await runGit(path, ['init', ...init, '.'])
  const { counts, commands } = generateTracker(options)
  await importInto(path, fastImportStream(commands))
  await runGit(path, ['pack-refs', '--all'])
  await runGit(path, ['repack', '-adq'])
  if (loose > 0) await loosenRefs(path, loose)
  return counts
}

/** Writes the refs of the bugs that were changed last as files; git does so for a ref that is made anew. */
async function loosenRefs(path: string, count: number): Promise<void> {
  const format = '--format=%(refname) %(objectname)'
  const refs = await runGit(path, ['for-each-ref', '--sort=-committerdate', `--count=${count}`, format, 'refs/bugs'])
  const lines = refs.split('\n').filter(line => line !== '')
  const update = (input: string) => runGit(path, ['update-ref', '--stdin'], { input })
  await update(lines.map(line => `delete ${line}\n`).join(''))
  await update(lines.map(line => `create ${line}\n`).join(''))
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bugs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
      loose: { type: 'string', default: '0' },
      'object-format': { type: 'string', default: 'sha1' },
    },
  })
  if (values.out === undefined) throw new Error('--out DIR.git is missing')
  const objectFormat: ObjectFormat = values['object-format'] === 'sha256' ? 'sha256' : 'sha1'
  const bugs = Number(values.bugs)
  const seed = Number(values.seed)
  const loose = Number(values.loose)
  if (!Number.isSafeInteger(bugs) || bugs < 1) throw new Error('--bugs must be a whole number above 0')
  if (!Number.isSafeInteger(seed)) throw new Error('--seed must be a whole number')
  if (!Number.isSafeInteger(loose) || loose < 0) throw new Error('--loose must be a whole number')

  const path = resolve(values.out)
  const startedMs = performance.now()
  const counts = await writeBenchRepository({ path, bugs, seed, objectFormat, loose })
  const seconds = Number(((performance.now() - startedMs) / 1000).toFixed(1))
  const packsPerBug = Number((counts.packs / counts.bugs).toFixed(2))
  const packedBytes = await bytesIn(join(path, 'objects/pack'))
  console.log(JSON.stringify({ path, ...counts, packsPerBug, packedBytes, seconds }, undefined, 2))
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async name => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

if (import.meta.main) await main()
