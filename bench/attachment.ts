/**
 * A large attached file that many want at the same time: nine readers as fast as they can, and one that takes 1 MB a
 * second, of a file that nobody asked for before. Set against git and this machine's files in the same run, the readers
 * in the same kind of process: `git cat-file blob > file`, and then that file read to its end, by one reader and by nine.
 * What the sockets alone cost is shown by a bare server that sends the same bytes out of memory (`bare-sender.ts`).
 *
 *   node bench/attachment.ts [--bytes 2GB] [--fast 9] [--rounds 3] [--keep DIR]
 *
 * Reported are the time until the fast ones are done (the slow one is then let go), what the server's resident memory
 * grew by at its peak, the git processes, how far the file was ahead of the fastest reader (with what lies in the
 * sockets between them), and, from a second process, what is left after all readers have gone in the middle. Data goes
 * to the disk that `--keep` or the temporary folder is on: the same for git's file and the server's.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type AttachedRepository, prepareAttached } from './attached-repository.ts'
import { openBenchFolder } from './bench-folder.ts'
import { parseBytes, printMegabytes } from './big-content.ts'
import { countStarted, readCounters } from './counters.ts'
import { runSilently } from './git-reading.ts'
import { openGroup } from './group-process.ts'
import { forgetPeak, readProcess, readProcessorMs } from './process-memory.ts'
import type { ReadOrder, ReadResult } from './reader-group.ts'
import { addresses, keepOption } from './repository.ts'
import { median, printMs, printVerdict } from './statistics.ts'
import { openServer, openViewer, type ServerProcess, waitForPage } from './viewer-process.ts'

const wantedRatio = 1.3
const wantedGrowthBytes = 64_000_000
const slowBytesPerSecond = 1_000_000
const leavers = 3
/** A quarter of it is then more than is written whether anybody reads it or not. */
const leavingFromBytes = 100_000_000
const streamsFolder = 'streams-v1'
/** Until a process that was told to end has ended. */
const settleLimitMs = 10_000
const lookEveryMs = 20

interface Setup {
  readonly repository: AttachedRepository
  readonly bytes: number
  readonly fast: number
  /** For files of this run. */
  readonly folder: string
}

interface Baseline {
  readonly gitMs: number
  readonly readOnceMs: number
  readonly readByAllMs: number
  /** A bare server of Node that sends as much out of memory to all fast readers. */
  readonly sentMs: number
}

interface Measured {
  readonly ms: number
  readonly processorMs: number
  readonly againMs: number
  readonly growthBytes: number
  readonly gitProcesses: number
  readonly evictions: number
  readonly aheadBytes: number
  readonly slowBytes: number
}

const openReaders = () => openGroup<ReadOrder, ReadResult>('reader-group.ts')

/** One group that reads to its end. */
async function readAll(order: ReadOrder) {
  await using readers = await openReaders()
  return await readers.run(order)
}

async function measureBaseline({ repository, bytes, fast, folder }: Setup): Promise<Baseline> {
  const path = join(folder, 'blob')
  const startMs = performance.now()
  {
    await using file = await open(path, 'w')
    const child = spawn('git', ['cat-file', 'blob', repository.hash], {
      cwd: repository.path,
      stdio: ['ignore', file.fd, 'inherit'],
    })
    const [status] = (await once(child, 'close')) as [number | null]
    if (status !== 0) throw new Error(`git cat-file ended with ${status}`)
  }
  const gitMs = performance.now() - startMs
  const single = await readAll({ from: path, bytes, readers: 1 })
  const byAll = await readAll({ from: path, bytes, readers: fast })
  await rm(path)
  await using sender = await openServer([join(import.meta.dirname, 'bare-sender.ts'), String(bytes)])
  const sent = await readAll({ from: sender.url, bytes, readers: fast })
  return { gitMs, readOnceMs: single.ms, readByAllMs: byAll.ms, sentMs: sent.ms }
}

async function openWarm({ repository }: Setup, dataDir: string): Promise<ServerProcess> {
  const viewer = await openViewer({ paths: [repository.path], dataDir })
  await waitForPage(viewer.client, `${addresses(repository).list}/${repository.bugId}`)
  return viewer
}

const addressOf = (viewer: ServerProcess, { name, hash }: AttachedRepository) => `${viewer.url}/${name}/-/files/${hash}`

const listStreams = async (dataDir: string) =>
  (await readdir(join(dataDir, streamsFolder)).catch(() => [])).filter(name => !name.endsWith('.TAG'))

async function measureReaders(setup: Setup): Promise<Measured> {
  const { repository, bytes, fast, folder } = setup
  const dataDir = join(folder, 'data')
  await using viewer = await openWarm(setup, dataDir)
  await using slow = await openReaders()
  await using readers = await openReaders()
  const from = addressOf(viewer, repository)
  const before = await readCounters(viewer.client)
  const { rss } = await readProcess(viewer.pid)
  await forgetPeak(viewer.pid)
  const processorBefore = await readProcessorMs(viewer.pid)
  const slowRead = slow.run({ from, bytes, readers: 1, bytesPerSecond: slowBytesPerSecond })
  const watchedFolder = join(dataDir, streamsFolder)
  const { ms, aheadBytes } = await readers.run({ from, bytes, readers: fast, watchedFolder })
  const { peak } = await readProcess(viewer.pid)
  const processorMs = (await readProcessorMs(viewer.pid)) - processorBefore
  slow.leave()
  const slowBytes = (await slowRead).bytes[0] ?? 0
  const after = await readCounters(viewer.client)
  const { ms: againMs } = await readAll({ from, bytes, readers: fast })
  return {
    ms,
    processorMs,
    againMs,
    growthBytes: peak - rss,
    gitProcesses: countStarted(before, after, 'cat-file'),
    evictions: after.sum('gitbugviewer_stream_evictions_total'),
    aheadBytes,
    slowBytes,
  }
}

interface Left {
  /** Until nothing had changed back; undefined where something is there for good. */
  readonly ms: number | undefined
  readonly files: number
  readonly children: number
}

/** Readers that leave in the middle: what is there afterwards that was not there before. */
async function measureLeaving(setup: Setup): Promise<Left> {
  const { repository, bytes, folder } = setup
  const dataDir = join(folder, 'left')
  await using viewer = await openWarm(setup, dataDir)
  const before = await readProcess(viewer.pid)
  await readAll({ from: addressOf(viewer, repository), bytes, readers: leavers, leaveAfter: Math.floor(bytes / 4) })
  const startMs = performance.now()
  for (;;) {
    const files = (await listStreams(dataDir)).length
    const children = (await readProcess(viewer.pid)).children - before.children
    const ms = performance.now() - startMs
    if (files === 0 && children === 0) return { ms, files, children }
    if (ms > settleLimitMs) return { ms: undefined, files, children }
    await new Promise(resolve => setTimeout(resolve, lookEveryMs))
  }
}

function printRounds(setup: Setup, baselines: readonly Baseline[], rounds: readonly Measured[]): void {
  const { bytes, fast } = setup
  const git = median(baselines.map(({ gitMs }) => gitMs))
  const single = median(baselines.map(({ readOnceMs }) => readOnceMs))
  const byAll = median(baselines.map(({ readByAllMs }) => readByAllMs))
  const ms = median(rounds.map(round => round.ms))
  const most = (of: (round: Measured) => number) => Math.max(...rounds.map(of))
  console.log(
    `${printMegabytes(bytes)} attached; ${fast} fast readers and a slow one; median of ${rounds.length} rounds`,
  )
  console.log(`git cat-file blob > file                    ${printMs(git)}`)
  console.log(`that file read by 1; by ${fast} at once           ${printMs(single)}; ${printMs(byAll)}`)
  console.log(
    `a bare server sending it to ${fast} from memory  ${printMs(median(baselines.map(({ sentMs }) => sentMs)))}`,
  )
  const processor = printMs(median(rounds.map(round => round.processorMs)))
  console.log(`viewer: until the fast ones are done        ${printMs(ms)}; processor ${processor}`)
  console.log(`viewer: again, with the file there          ${printMs(median(rounds.map(round => round.againMs)))}`)
  console.log(`the slow one had meanwhile                  ${printMegabytes(most(round => round.slowBytes))}`)
  console.log(`file ahead of the fastest reader, at most   ${printMegabytes(most(round => round.aheadBytes))}`)
  console.log(`streams that the cache gave up              ${most(round => round.evictions)}`)
  for (const [what, reading] of [
    ['one reader', single],
    [`${fast} readers`, byAll],
  ] as const) {
    const ratio = ms / (git + reading)
    printVerdict(`time / (git + file read by ${what})`, ratio.toFixed(2), {
      text: `at most ${wantedRatio}`,
      met: ratio <= wantedRatio,
    })
  }
  const growth = most(round => round.growthBytes)
  printVerdict('growth of resident memory, most of all rounds', printMegabytes(growth), {
    text: `at most ${printMegabytes(wantedGrowthBytes)}`,
    met: growth <= wantedGrowthBytes,
  })
  const processes = most(round => round.gitProcesses)
  printVerdict('git processes for all of them', String(processes), { text: '1', met: processes === 1 })
}

function printLeft({ ms, files, children }: Left): void {
  const figure =
    ms === undefined ? `${files} files and ${children} git processes are left` : `nothing left after ${printMs(ms)}`
  printVerdict(`${leavers} readers leave in the middle`, figure, { text: 'nothing left', met: ms !== undefined })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bytes: { type: 'string', default: '2GB' },
      fast: { type: 'string', default: '9' },
      rounds: { type: 'string', default: '3' },
    },
  })
  await using folder = await openBenchFolder(values.keep)
  const bytes = parseBytes(values.bytes)
  const repository = await prepareAttached(values.keep ?? folder.path, bytes)
  const setup: Setup = { repository, bytes, fast: Number(values.fast), folder: folder.path }
  // The first look at the pack is the disk's.
  await runSilently(repository.path, ['cat-file', 'blob', repository.hash])
  const baselines: Baseline[] = []
  const rounds: Measured[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    baselines.push(await measureBaseline(setup))
    rounds.push(await measureReaders(setup))
    await rm(join(setup.folder, 'data'), { recursive: true, force: true })
  }
  printRounds(setup, baselines, rounds)
  if (bytes >= leavingFromBytes) printLeft(await measureLeaving(setup))
  else console.log(`too small for readers that leave in the middle: what is short is written to its end`)
}

await main()
