/**
 * Load as a public server has it, for as long as you like: readers with browsers that remember pages, crawlers, feed
 * readers, searches, exports and attached files, clients of the API, git that fetches, pages that listen for changes,
 * and pushes with and without a hook. What must not happen is an error, a push that does not show, and growth.
 *
 *   npm run soak -- [--minutes 30] [--seed N] [--keep DIR] [--report FILE.json]
 *
 * The server is the real program with the settings that it has by itself, but for a port, a secret for the hook, and a
 * proxy that it believes, so that visitors come from many networks. Ends with 1 where an answer was none of those that
 * it may give (429 and 503 are: it had too much to do), a push did not show within a minute, or open files or children
 * were more when all had left than before they came. From five minutes on it is judged too whether a push showed later
 * than after five seconds, and whether memory was more than a tenth above what it was after the first minute.
 */
import { randomInt } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import type { HttpClient } from './http-client.ts'
import { waitUntilIdle } from './process-memory.ts'
import { createRandom } from './random.ts'
import { addresses, type BenchRepository, keepOption } from './repository.ts'
import { makeFetches } from './soak-fetches.ts'
import { listen } from './soak-listeners.ts'
import { makePushes, type PushReport } from './soak-pushes.ts'
import { memoryGrowth, type Sample, takeSample, takeSamples } from './soak-samples.ts'
import { sendRequests } from './soak-sender.ts'
import { prepareSite, type SoakRepositories } from './soak-site.ts'
import { createTally, type KindReport, type Tally } from './soak-tally.ts'
import * as visitors from './soak-visitors.ts'
import { percentile, printMs, printVerdict } from './statistics.ts'
import { openViewer, type ServerProcess, waitForPage } from './viewer-process.ts'

const wantedRatio = 1.1
const judgedFromMinutes = 5
const shownWithinMs = 5000
const listeners = 20
/** Sockets and pipes come and go; so many may be open at one look and not at another. */
const fileSlack = 8
const warmPagesPerMinute = 1500
const mostWarmPages = 6000
/** Long enough for everything that is closed when nobody has used it for a while, but for repositories. */
const leaveSeconds = 120
const rareEveryMs = 11 * 60_000
const secret = 'a secret of the soak'

interface Soak {
  readonly server: ServerProcess
  readonly site: SoakRepositories
  readonly folder: string
  readonly seed: number
  readonly seconds: number
  readonly tally: Tally
}

interface SoakReport {
  readonly seed: number
  readonly seconds: number
  readonly kinds: readonly KindReport[]
  readonly pushes: PushReport
  readonly failures: readonly string[]
  /** When nobody was there: before, and afterwards. */
  readonly quiet: readonly [Sample, Sample]
  readonly samples: readonly Sample[]
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string' },
      report: { type: 'string' },
    },
  })
  const seed = Number(values.seed ?? randomInt(1_000_000))
  const seconds = Number(values.minutes) * 60
  console.log(`seed ${seed}, ${seconds} s`)
  await using folder = await openBenchFolder()
  const inside = async (name: string) => {
    await mkdir(join(folder.path, name))
    return join(folder.path, name)
  }
  const served = await inside('served')
  const site = await prepareSite({ kept: values.keep ?? (await inside('made')), served })
  const paths = [...site.busy, site.attached, site.rare].map(({ path }) => path)
  await using server = await openViewer({
    paths,
    dataDir: await inside('data'),
    settings: {
      CACHE_REBUILD_ENABLED: 'true',
      LOGS_LEVEL: 'warn',
      HOOKS_SECRET: secret,
      SERVER_TRUSTED_PROXIES: '[127.0.0.1]',
    },
  })
  const soak = { server, site, folder: await inside('copies'), seed, seconds, tally: createTally() }
  const report = await run(soak)
  print(report)
  const file = values.report ?? join(tmpdir(), `git-bug-viewer-soak-${seed}.json`)
  await writeFile(file, JSON.stringify(report, undefined, 1))
  console.log(`all samples          ${file}`)
  judge(report)
}

/** The load, between two quiet moments. */
async function run({ server, site, folder, seed, seconds, tally }: Soak): Promise<SoakReport> {
  const { url: origin, client, pid } = server
  const { busy, files } = site
  for (const repository of [...busy, site.attached, site.rare]) await askOnce(client, repository)
  await fillCaches(client, busy, Math.min(mostWarmPages, (seconds / 60) * warmPagesPerMinute))
  await waitUntilIdle(pid)
  const before = await takeSample(server, performance.now())

  const random = (offset: number) => createRandom(seed * 100 + offset)
  const all = [
    ...[1, 2, 3, 4].map(number => visitors.createReader(random(number), busy)),
    ...[5, 6].map(number => visitors.createCrawler(random(number), busy)),
    ...[7, 8].map(number => visitors.createFeedReader(random(number), busy)),
    ...[9, 10].map(number => visitors.createSearcher(random(number), busy)),
    visitors.createExporter(random(11), busy, files),
    visitors.createApiClient(random(12), busy),
  ]
  const ending = new AbortController()
  const { signal } = ending
  const sends = all.map(visitor => sendRequests(visitor, { origin, seconds, tally }))
  const listening = busy.flatMap(({ name }) => [name, name]).slice(0, listeners)
  const listens = listening.map(repository => listen({ origin, repository, tally, signal }))
  const samples = takeSamples({ pid, client, signal })
  const pushes = makePushes({ origin, client, site: busy, secret, random: random(13), tally, signal })
  const fetches = makeFetches({ origin, site: busy, folder, random: random(14), tally, signal })
  const rare = visitRarely(server, site.rare.name, signal)
  await Promise.all(sends)
  ending.abort()
  const [sampled, pushed] = await Promise.all([samples, pushes, fetches, rare, ...listens])
  client[Symbol.dispose]()
  await waitUntilIdle(pid)
  const after = await waitUntilLeft(server, before)
  const report = { kinds: tally.report(seconds), failures: tally.failures(), samples: sampled, pushes: pushed }
  return { seed, seconds, ...report, quiet: [before, after] }
}

/** A list and a bug of it: then the repository is open, and so is what reads bugs. */
async function askOnce(client: HttpClient, repository: BenchRepository): Promise<void> {
  const { list, bugs } = addresses(repository)
  await waitForPage(client, list)
  const { items } = await client.json<{ items: readonly { readonly id: string }[] }>(`${bugs}?limit=1`)
  for (const { id } of items) await waitForPage(client, `${list}/${id}`)
}

interface BugPage {
  readonly items: readonly { readonly id: string }[]
  readonly next: string | null
}

/** Bug pages, the largest repository's last, until what is kept in memory is about as much as it may be. */
async function fillCaches(client: HttpClient, repositories: readonly BenchRepository[], pages: number): Promise<void> {
  let left = pages
  for (const repository of repositories.toReversed()) {
    const { list, bugs } = addresses(repository)
    let cursor: string | null = ''
    while (left > 0 && cursor !== null) {
      const { items, next }: BugPage = await client.json(`${bugs}?limit=100${cursor && `&cursor=${cursor}`}`)
      for (const { id } of items.slice(0, left)) await waitForPage(client, `${list}/${id}`)
      left -= items.length
      cursor = next
    }
  }
}

/** What reads bugs stays for a while after the last bug; so may connections. @returns the last look */
async function waitUntilLeft(server: ServerProcess, before: Sample): Promise<Sample> {
  const startMs = performance.now()
  for (;;) {
    const now = await takeSample(server, startMs)
    const isGone = now.children <= before.children && now.files <= before.files + fileSlack
    if (isGone || now.seconds > leaveSeconds) return now
    await later(1000)
  }
}

/** Somebody comes so seldom that the repository has been closed meanwhile. */
async function visitRarely({ client }: ServerProcess, name: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await waitForPage(client, `/${name}/-/bugs`)
    await later(rareEveryMs, undefined, { signal }).catch(() => {})
  }
}

function print({ kinds, pushes, samples, quiet }: SoakReport): void {
  for (const { kind, perSecond, p50Ms, p99Ms, statuses, failures } of kinds) {
    const counts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`)
    const times = `p50 ${printMs(p50Ms)}, p99 ${printMs(p99Ms)}`
    console.log(`${kind.padEnd(18)} ${perSecond.toFixed(1)}/s; ${times}; ${counts.join(', ')}; ${failures} failed`)
  }
  const most = (of: (sample: Sample) => number) => Math.max(...samples.map(of))
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`
  const [before, after] = quiet
  console.log(`event loop           at most ${printMs(most(({ lagMs }) => lagMs))} late`)
  console.log(
    `memory               ${mib(before.rss)} before, at most ${mib(most(({ rss }) => rss))}, ${mib(after.rss)} afterwards`,
  )
  console.log(
    `open files           ${before.files} before, at most ${most(({ files }) => files)}, ${after.files} afterwards`,
  )
  console.log(
    `children             ${before.children} before, at most ${most(one => one.children)}, ${after.children} afterwards`,
  )
  console.log(
    `threads              ${before.threads} before, at most ${most(({ threads }) => threads)}, ${after.threads} afterwards`,
  )
  const { shownMs, hooks } = pushes
  const shown = `shown after ${printMs(percentile(shownMs, 0.5))} at the median, ${printMs(Math.max(...shownMs))} at most`
  console.log(`pushes               ${pushes.pushes}, ${hooks} of them with a hook; ${shown}`)
}

function judge({ seconds, failures, samples, pushes, quiet: [before, after] }: SoakReport): void {
  for (const failure of failures) console.log(`  ${failure}`)
  const verdict = (what: string, figure: string, wanted: { readonly text: string; readonly met: boolean }) => {
    printVerdict(what, figure, wanted)
    if (!wanted.met) process.exitCode = 1
  }
  verdict('failures', String(failures.length), { text: '0', met: failures.length === 0 })
  const files = after.files - before.files
  verdict('open files more than before', String(files), { text: `at most ${fileSlack}`, met: files <= fileSlack })
  const children = after.children - before.children
  verdict('children more than before', String(children), { text: 'at most 0', met: children <= 0 })
  if (seconds < judgedFromMinutes * 60) return
  const slowestMs = Math.max(...pushes.shownMs)
  verdict('slowest push', printMs(slowestMs), { text: 'at most 5000 ms', met: slowestMs <= shownWithinMs })
  const { ratio, afterMinute, atEnd } = memoryGrowth(samples)
  const figure = `${ratio.toFixed(3)} (${(afterMinute / 2 ** 20).toFixed(0)} MiB, ${(atEnd / 2 ** 20).toFixed(0)} MiB)`
  verdict('memory at the end / after the first minute', figure, {
    text: `at most ${wantedRatio}`,
    met: ratio <= wantedRatio,
  })
}

await main()
