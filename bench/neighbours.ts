/**
 * Whether one repository's cold build is felt by the readers of another. A process of its own asks the list page and bug
 * pages of a small repository steadily, 100 times a second whether or not the answers come (`open-loop.ts`); meanwhile a
 * big repository of the same viewer is asked for, first time. Latencies of requests that were due between the big one's
 * request and its list page are set against those while nothing else went on. Each round has a fresh viewer; the
 * requests during the builds of all rounds are counted together, and the idle p99 is the median of the rounds' own.
 *
 *   node bench/neighbours.ts [--bugs 10000] [--rounds 5] [--per-second 100] [--keep DIR]
 *
 * Meant for two cores: on a machine with more, start it with `taskset -c 0,1`.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import { openLoad } from './load-process.ts'
import type { LoadSample } from './open-loop.ts'
import { addresses, type BenchRepository, keepOption, prepareRepository } from './repository.ts'
import { median, percentile, printMs, printVerdict } from './statistics.ts'
import { openViewer, waitForPage } from './viewer-process.ts'

const smallBugs = 300
const bugPages = 24
const warmUpMs = 3000
const idleMs = 5000
const afterMs = 1000
const wantedFactor = 2
const wantedMs = 10

interface Round {
  readonly idle: LoadSample[]
  readonly building: LoadSample[]
  readonly after: LoadSample[]
  readonly buildMs: number
}

const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const now = () => performance.timeOrigin + performance.now()

async function measureRound(
  { small, big }: { small: BenchRepository; big: BenchRepository },
  perSecond: number,
): Promise<Round> {
  await using viewer = await openViewer({ paths: [small.path, big.path] })
  const { list, bugs } = addresses(small)
  await waitForPage(viewer.client, list)
  const { items } = await viewer.client.json<{ items: { id: string }[] }>(`${bugs}?limit=${bugPages}`)
  const urls = items.flatMap(({ id }) => [`${viewer.url}${list}`, `${viewer.url}${list}/${id}`])
  await using load = openLoad({ urls, perSecond })
  await wait(warmUpMs)
  const idleFrom = now()
  await wait(idleMs)
  const buildFrom = now()
  await waitForPage(viewer.client, addresses(big).list)
  const buildTo = now()
  await wait(afterMs)
  const samples = await load.finish()
  const failed = samples.find(({ status }) => status !== 200)
  if (failed !== undefined) throw new Error(`a page of the small repository answered ${failed.status}`)
  const between = (from: number, to: number) => samples.filter(({ atMs }) => atMs >= from && atMs < to)
  return {
    idle: between(idleFrom, buildFrom),
    building: between(buildFrom, buildTo),
    after: between(buildTo, buildTo + afterMs),
    buildMs: buildTo - buildFrom,
  }
}

function printLatencies(when: string, samples: readonly LoadSample[]): void {
  const latencies = samples.map(({ latencyMs }) => latencyMs)
  const at = (share: number) => printMs(percentile(latencies, share))
  const late = percentile(
    samples.map(({ lateMs }) => lateMs),
    0.99,
  )
  console.log(
    `${when.padEnd(24)} p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)} of ${samples.length} requests; sent late by ${printMs(late)} at p99`,
  )
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bugs: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '5' },
      'per-second': { type: 'string', default: '100' },
    },
  })
  await using folder = await openBenchFolder()
  const home = values.keep ?? folder.path
  const small = await prepareRepository(home, { bugs: smallBugs })
  const big = await prepareRepository(home, { bugs: Number(values.bugs) })
  const rounds: Round[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    rounds.push(await measureRound({ small, big }, Number(values['per-second'])))
  }
  const all = (key: 'idle' | 'building' | 'after') => rounds.flatMap(round => round[key])
  const p99 = (samples: readonly LoadSample[]) =>
    percentile(
      samples.map(({ latencyMs }) => latencyMs),
      0.99,
    )
  // Of the rounds' own, so that one round in which the machine was busy with something else does not make it easy.
  const idle = median(rounds.map(round => p99(round.idle)))
  const building = p99(all('building'))
  const builds = rounds.map(({ buildMs }) => printMs(buildMs)).join(', ')
  console.log(
    `${availableParallelism()} cores, ${values['per-second']} requests a second, ${values.bugs} bugs built in ${builds}`,
  )
  printLatencies('idle', all('idle'))
  printLatencies('during the cold build', all('building'))
  printLatencies('in the second after it', all('after'))
  const bound = wantedFactor * idle + wantedMs
  printVerdict('p99 during the build', printMs(building), {
    text: `at most ${wantedFactor} x ${printMs(idle)} idle + ${wantedMs} ms = ${printMs(bound)}`,
    met: building <= bound,
  })
}

await main()
