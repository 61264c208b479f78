/**
 * Many fetches of all bugs and people at the same time, nobody having fetched before: the viewer against `git
 * http-backend` behind a bare server (`http-backend.ts`), with the same refs, protocol version 2. Each gets the requests
 * that a real `git fetch` into an empty repository sent to it, and the answers are read by clients that do nothing else.
 *
 *   node bench/fetch.ts [--bugs 10000] [--clients 50] [--rounds 1] [--real 5] [--cold] [--keep DIR]
 *
 * Then come real fetches at the same time, whose refs must be those of the repository. Both servers run and the viewer
 * has opened and indexed the repository; with `--cold` it has not, so that the first fetch waits for that too. The disk's cache is
 * warm for both. Before each round of the viewer a new process is started; the backend keeps nothing that would make a
 * second round another one.
 */
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { runGit } from '../test/support/tracker-builder.ts'
import { openBenchFolder } from './bench-folder.ts'
import { printMegabytes } from './big-content.ts'
import { countStarted, readCounters } from './counters.ts'
import type { FetchOrder, FetchResult } from './fetch-group.ts'
import { openGroup } from './group-process.ts'
import { forgetPeak, readProcess, readProcessorMs, waitUntilIdle } from './process-memory.ts'
import { commandOf, fetchInto, type RecordedRequest, recordFetch } from './recorded-fetch.ts'
import { addresses, type BenchRepository, keepOption, prepareRepository } from './repository.ts'
import { median, printMs, printVerdict } from './statistics.ts'
import { openServer, openViewer, type ServerProcess, waitForPage } from './viewer-process.ts'

const wantedRatio = 5
const listRounds = 20

interface Setup {
  readonly repository: BenchRepository
  readonly clients: number
  readonly isCold: boolean
}

type Fetched = Exclude<FetchResult, { error: string }>

interface Round extends Fetched {
  readonly uploadPacks: number
  readonly growthBytes: number
  readonly processorMs: number
}

async function run(order: FetchOrder): Promise<Fetched> {
  await using group = await openGroup<FetchOrder, FetchResult>('fetch-group.ts')
  return await group.run(order)
}

async function openOurs({ repository, isCold }: Setup): Promise<ServerProcess> {
  const viewer = await openViewer({ paths: [repository.path] })
  if (!isCold) {
    await waitForPage(viewer.client, addresses(repository).list)
    await waitUntilIdle(viewer.pid)
  }
  return viewer
}

async function measureOurs(setup: Setup, requests: readonly RecordedRequest[]): Promise<Round> {
  await using viewer = await openOurs(setup)
  const before = await readCounters(viewer.client)
  const { rss } = await readProcess(viewer.pid)
  await forgetPeak(viewer.pid)
  const processorBefore = await readProcessorMs(viewer.pid)
  const fetched = await run({ origin: viewer.url, requests, clients: setup.clients })
  const { peak } = await readProcess(viewer.pid)
  const processorMs = (await readProcessorMs(viewer.pid)) - processorBefore
  const uploadPacks = countStarted(before, await readCounters(viewer.client), 'upload-pack')
  return { ...fetched, uploadPacks, growthBytes: peak - rss, processorMs }
}

/** Median of one request with which git asks for the refs, one after the other. */
async function measureList(server: ServerProcess, requests: readonly RecordedRequest[]): Promise<number> {
  const list = requests.filter(one => commandOf(one) === 'ls-refs')
  if (list.length !== 1) throw new Error(`a fetch asked ${list.length} times for the refs`)
  const { requestMs } = await run({ origin: server.url, requests: Array(listRounds).fill(list).flat(), clients: 1 })
  return median(requestMs.flat())
}

interface Real {
  readonly repository: BenchRepository
  readonly count: number
  readonly folder: string
}

/** Real fetches at the same time. @returns milliseconds until the last is done */
async function fetchReally(address: string, { repository, count, folder }: Real): Promise<number> {
  const paths = Array.from({ length: count }, (_, index) => join(folder, `fetched-${index}.git`))
  const startMs = performance.now()
  await Promise.all(paths.map(path => fetchInto(path, address)))
  const ms = performance.now() - startMs
  const listing = ['for-each-ref', 'refs/bugs', 'refs/identities']
  const wanted = await runGit(repository.path, listing)
  for (const path of paths) {
    if ((await runGit(path, listing)) !== wanted) throw new Error('a fetch brought other refs than there are')
    await runGit(path, ['rev-list', '--objects', '--all', '--quiet'])
  }
  return ms
}

/** What needs a viewer that is not measured later: its requests, how long its list takes, and real fetches. */
async function fetchFromOurs(setup: Setup, real: Real) {
  await using viewer = await openOurs({ ...setup, isCold: false })
  const address = `${viewer.url}/${basename(setup.repository.path)}`
  const requests = await recordFetch(address, join(real.folder, 'ours'))
  return { requests, listMs: await measureList(viewer, requests), realMs: await fetchReally(address, real) }
}

function print({ clients, isCold }: Setup, backend: Fetched, rounds: readonly Round[]): void {
  const ours = median(rounds.map(({ ms }) => ms))
  const perSecond = (ms: number) => `${((clients / ms) * 1000).toFixed(2)} a second`
  const spread = ({ clientMs }: Fetched) => `first done after ${printMs(Math.min(...clientMs))}`
  const first = rounds[0]
  console.log(`${clients} fetches at once, ${printMegabytes(backend.bytes / clients)} each${isCold ? ', cold' : ''}`)
  console.log(`git http-backend       ${printMs(backend.ms)}, ${perSecond(backend.ms)}, ${spread(backend)}`)
  if (first) console.log(`viewer                 ${printMs(ours)}, ${perSecond(ours)}, ${spread(first)}`)
  if (first) console.log(`its processor, without git's ${printMs(first.processorMs)}`)
  const ratio = backend.ms / ours
  printVerdict('fetches a second, viewer / http-backend', ratio.toFixed(1), {
    text: `at least ${wantedRatio}`,
    met: ratio >= wantedRatio,
  })
  const uploadPacks = Math.max(...rounds.map(round => round.uploadPacks))
  printVerdict('upload-pack processes of the viewer', String(uploadPacks), { text: '1', met: uploadPacks === 1 })
  const growth = Math.max(...rounds.map(({ growthBytes }) => growthBytes))
  console.log(`its resident memory grew by at most ${printMegabytes(growth)}${isCold ? ', opening included' : ''}`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bugs: { type: 'string', default: '10000' },
      clients: { type: 'string', default: '50' },
      rounds: { type: 'string', default: '1' },
      real: { type: 'string', default: '5' },
      cold: { type: 'boolean', default: false },
    },
  })
  await using folder = await openBenchFolder()
  const repository = await prepareRepository(values.keep ?? folder.path, { bugs: Number(values.bugs) })
  const setup: Setup = { repository, clients: Number(values.clients), isCold: values.cold }
  const real: Real = { repository, count: Number(values.real), folder: folder.path }
  await using backend = await openServer([join(import.meta.dirname, 'http-backend.ts'), dirname(repository.path)])
  const theirs = await recordFetch(`${backend.url}/${basename(repository.path)}`, join(folder.path, 'theirs'))
  const theirListMs = await measureList(backend, theirs)
  const { requests, listMs, realMs } = await fetchFromOurs(setup, real)

  const baseline = await run({ origin: backend.url, requests: theirs, clients: setup.clients })
  const rounds: Round[] = []
  for (let round = 0; round < Number(values.rounds); round++) rounds.push(await measureOurs(setup, requests))
  print(setup, baseline, rounds)
  console.log(`listing the refs       ${printMs(listMs)}; git http-backend ${printMs(theirListMs)}`)
  console.log(`${real.count} real fetches at once, the pack being there: ${printMs(realMs)}`)
}

await main()
