/**
 * Readers beside a viewer that fetches many mirrors again: see `mirrors.ts`. What is idle and what is refreshing is told
 * by the git processes that were seen, so that both are of the same process and of the same minutes.
 */
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type BugChanges, prepareBugChanges } from './bug-changes.ts'
import { type GitLook, type SeenGit, watchGit } from './git-watch.ts'
import { openLoad } from './load-process.ts'
import { openMirrorServer, waitForMirrors, writeMirrorSettings } from './mirror-server.ts'
import type { LoadSample } from './open-loop.ts'
import { addresses, type BenchRepository, prepareRepository } from './repository.ts'
import { percentile } from './statistics.ts'
import { openViewer, type ServerProcess, waitForPage } from './viewer-process.ts'

export const trackers = 8
const trackerBugs = 120
const localBugs = 300
const bugPages = 24
const changesEach = 3
/** One that is read is fetched again after so long; between two passes of the schedule nothing else is. */
const intervalSeconds = 25
/** Around a fetch. */
const marginMs = 500
/** Fetches that are nearer to each other are of the same pass, where there are many. */
const passGapMs = 3000
/** What has to do with fetching and with looking what has come; the others read for pages, and rest between two of them. */
const refreshCommands = new Set(['fetch', 'init', 'pack-refs', 'repack', 'for-each-ref'])

export interface RefreshOrder {
  readonly folder: string
  /** Where generated repositories lie. */
  readonly home: string
  readonly mirrors: number
  readonly passes: number
  readonly perSecond: number
  /** How many of the trackers change before each pass. */
  readonly moving: number
  /** Clones and fetches at once. */
  readonly maxFetches: number | undefined
}

export interface Latencies {
  readonly name: string
  /** In milliseconds: of each quiet time, and of each pass. */
  readonly idle: readonly (readonly number[])[]
  readonly refreshing: readonly (readonly number[])[]
}

export interface RefreshResult {
  readonly repositories: readonly Latencies[]
  readonly passes: readonly { readonly ms: number; readonly fetches: number }[]
  /** Requests that the remote got during all of them. */
  readonly asked: number
  /** The most processes at once: during the passes, and while nothing was fetched. */
  readonly most: { readonly refreshing: MostProcesses; readonly idle: MostProcesses }
}

export interface MostProcesses {
  /** Those that fetch, and look what has come. */
  readonly refreshing: number
  readonly fetching: number
  /** All that the viewer has started, also those that read for pages. */
  readonly own: number
  /** With those that git itself has started. */
  readonly all: number
}

interface Span {
  readonly from: number
  readonly to: number
}

/** Fetches that went on at about the same time. */
interface Fetches extends Span {
  /** Their processes. */
  readonly pids: ReadonlySet<number>
}

const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const now = () => performance.timeOrigin + performance.now()

/** Makes the remote's folder: some trackers, and many paths that lead to them. @returns the paths */
async function prepareRemote({ folder, home, mirrors }: RefreshOrder): Promise<string[]> {
  await mkdir(join(folder, 'm'), { recursive: true })
  for (let index = 0; index < trackers; index++) {
    const made = await prepareRepository(home, { bugs: trackerBugs, seed: index + 1 })
    await cp(made.path, join(folder, `tracker-${index}.git`), { recursive: true })
  }
  const paths = Array.from({ length: mirrors }, (_, index) => `m/${String(index).padStart(3, '0')}.git`)
  for (const [index, path] of paths.entries()) {
    await symlink(join('..', `tracker-${index % trackers}.git`), join(folder, path))
  }
  return paths
}

/** Addresses of a repository: its list, and bug pages, in turn. */
async function pagesOf({ client, url }: ServerProcess, repository: BenchRepository): Promise<string[]> {
  const { list, bugs } = addresses(repository)
  await waitForPage(client, list)
  const { items } = await client.json<{ items: { id: string }[] }>(`${bugs}?limit=${bugPages}`)
  return items.flatMap(({ id }) => [`${url}${list}`, `${url}${list}/${id}`])
}

/** Runs it. It takes a minute for each pass. */
export async function measureRefreshes(order: RefreshOrder): Promise<RefreshResult> {
  const { folder, home, mirrors, passes, perSecond, moving, maxFetches } = order
  const served = join(folder, 'served')
  const paths = await prepareRemote({ ...order, folder: served })
  const locals = [
    await prepareRepository(home, { bugs: localBugs }),
    await prepareRepository(home, { bugs: localBugs, seed: 2 }),
  ]
  await using server = await openMirrorServer(served)
  const config = await writeMirrorSettings(
    folder,
    {
      list: paths.map(path => ({ url: `${server.url}/${path}`, neverEvict: true })),
      refreshInterval: intervalSeconds,
      refresh: { schedule: '* * * * *' },
      ...(maxFetches === undefined ? {} : { maxFetches }),
    },
    { repositories: { list: locals.map(({ path }) => ({ path })) } },
  )
  await using viewer = await openViewer({ paths: [], config, dataDir: join(folder, 'data') })
  await waitForMirrors(viewer.client, mirrors)
  const read = [...locals, ...[0, 1, 2].map(index => server.repository(paths[index * 3] ?? ''))]
  const changes: BugChanges[] = []
  for (let index = 0; index < moving; index++) {
    const { name } = server.repository(paths[index] ?? '')
    const path = join(served, `tracker-${index}.git`)
    await waitForPage(viewer.client, addresses({ name, path }).list)
    changes.push(await prepareBugChanges({ name, path }, viewer.client))
  }
  const pages = await Promise.all(read.map(repository => pagesOf(viewer, repository)))
  const most = Math.max(...pages.map(urls => urls.length))
  // Each repository in turn.
  const urls = Array.from({ length: most }, (_, at) => pages.map(own => own[at % own.length] ?? '')).flat()
  await using load = openLoad({ urls, perSecond })
  // The first pass finds nothing warm.
  await waitForMinute(0)
  using watch = watchGit(viewer.pid)
  await waitForMinute(-5_000)
  const before = await server.asked()
  const writing: Span[] = []
  for (let pass = 0; pass < passes; pass++) {
    const from = now()
    for (const one of changes) for (let count = 0; count < changesEach; count++) await one.write()
    writing.push({ from, to: now() })
    await waitForMinute(0)
    await waitForMinute(-5_000)
  }
  const asked = (await server.asked()) - before
  const samples = await load.finish()
  const failed = samples.find(({ status }) => status !== 200)
  if (failed) throw new Error(`${urls[failed.urlIndex]} answered ${failed.status}`)
  const measuredFrom = writing[0]?.from ?? 0
  const looks = watch.looks.filter(({ atMs }) => atMs >= measuredFrom)
  return { asked, ...sortOut({ looks, writing, samples, names: read.map(({ name }) => name), mirrors }) }
}

/** Until so many milliseconds after the next full minute. */
async function waitForMinute(offsetMs: number): Promise<void> {
  const at = now() - offsetMs
  await wait(Math.ceil((at + 1) / 60_000) * 60_000 - at)
}

interface Measured {
  readonly looks: readonly GitLook[]
  readonly writing: readonly Span[]
  readonly samples: readonly LoadSample[]
  readonly names: readonly string[]
  readonly mirrors: number
}

/** Which sample was taken when. */
function sortOut(measured: Measured): Pick<RefreshResult, 'repositories' | 'passes' | 'most'> {
  const { looks, writing, samples, names, mirrors } = measured

  const fetches = fetchesOf(looks)
  const passes = fetches.filter(({ pids }) => pids.size >= mirrors / 4)
  const loud = [...fetches, ...writing].map(({ from, to }) => ({ from: from - marginMs, to: to + marginMs }))
  const first = looks[0]?.atMs ?? 0
  const last = looks.at(-1)?.atMs ?? 0
  const edges = [first, ...passes.map(({ from }) => from), last]
  const repositories = names.map((name, index) => {
    const own = samples.filter(({ urlIndex }) => urlIndex % names.length === index)
    const within = (span: Span) => (sample: LoadSample) => sample.atMs >= span.from && sample.atMs < span.to
    const latencies = (some: readonly LoadSample[]) => some.map(({ latencyMs }) => latencyMs)
    return {
      name,
      refreshing: passes.map(pass => latencies(own.filter(within(pass)))),
      idle: edges.slice(1).flatMap((to, at) => {
        const quiet = own
          .filter(within({ from: edges[at] ?? 0, to }))
          .filter(one => !loud.some(span => within(span)(one)))
        return quiet.length > bugPages ? [latencies(quiet)] : []
      }),
    }
  })
  const during = looks.filter(({ atMs }) => passes.some(({ from, to }) => atMs >= from && atMs <= to))
  const quiet = looks.filter(({ atMs }) => !loud.some(({ from, to }) => atMs >= from && atMs <= to))
  return {
    repositories,
    passes: passes.map(({ from, to, pids }) => ({ ms: to - from, fetches: pids.size })),
    most: { refreshing: countMost(during), idle: countMost(quiet) },
  }
}

/** Fetches that are near to each other. */
function fetchesOf(looks: readonly GitLook[]): Fetches[] {
  const spans: { from: number; to: number; pids: Set<number> }[] = []
  for (const { atMs, own } of looks) {
    const pids = own.flatMap(({ pid, command }) => (command === 'fetch' ? [pid] : []))
    if (pids.length === 0) continue
    let current = spans.at(-1)
    if (!current || atMs - current.to > passGapMs) {
      current = { from: atMs, to: atMs, pids: new Set() }
      spans.push(current)
    }
    current.to = atMs
    for (const pid of pids) current.pids.add(pid)
  }
  return spans
}

function countMost(looks: readonly GitLook[]): MostProcesses {
  const most = (count: (look: GitLook) => number) => looks.reduce((so, look) => Math.max(so, count(look)), 0)
  const isRefreshing = ({ command }: SeenGit) => refreshCommands.has(command)
  return {
    refreshing: most(({ own }) => own.filter(isRefreshing).length),
    fetching: most(({ own }) => own.filter(({ command }) => command === 'fetch').length),
    own: most(({ own }) => own.length),
    all: most(({ all }) => all),
  }
}

/** The 99th percentile of each quiet time or pass. */
export function p99s(spans: readonly (readonly number[])[]): number[] {
  return spans.map(latencies => percentile(latencies, 0.99))
}
