/**
 * Copies of remote repositories: what it takes to bring one here, to open one that is here, and to keep many up to date.
 * The remote is `git http-backend` on this machine.
 *
 *   node bench/mirrors.ts [--tracker REPOSITORY.git] [--rounds 9] [--only clone|refresh]
 *                         [--mirrors 200] [--moving 1] [--passes 3] [--per-second 100] [--max-fetches N] [--keep DIR]
 *
 * Clones: in turn plain git (`git init --bare`, `git fetch` of the same refs, with git's own settings) and the viewer, a new
 * process each time; of both the time that the copying itself takes, and of the viewer also the one until the visitor
 * has the list. Then another new process opens what is on disk.
 *
 * Refreshes: a viewer with 200 mirrors of 8 different trackers fetches them all each minute, of which one tracker, or
 * as many as `--moving` says, has moved, while 100 requests a second ask the lists and bug pages of two repositories of
 * this machine and of three of the mirrors, whether or not the answers come. Latencies during the passes are set against
 * those of the same process and minutes while nothing was fetched: medians over passes and quiet times.
 */
import { symlink } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import { type CloneRound, measureClone } from './mirror-clone.ts'
import { measureRefreshes, p99s, type RefreshResult, trackers } from './mirror-refresh.ts'
import { openMirrorServer } from './mirror-server.ts'
import { keepOption, prepareRepository } from './repository.ts'
import { median, percentile, printMs, printVerdict } from './statistics.ts'

const wantedClone = 1.5
const wantedProcesses = 4
const wantedFactor = 2
/** git-bug's own tracker has about as many. */
const trackerBugs = 420

async function runClones({ tracker, rounds }: { tracker: string; rounds: number }): Promise<void> {
  await using folder = await openBenchFolder()
  const paths = ['first.git', 'second.git'] as const
  for (const path of paths) await symlink(resolve(tracker), join(folder.path, path))
  await using server = await openMirrorServer(folder.path)
  const all: CloneRound[] = []
  // The first one warms the disk.
  for (let round = 0; round <= rounds; round++) {
    const measured = await measureClone({ server, paths: [...paths] })
    if (round > 0) all.push(measured)
  }
  const of = (key: keyof CloneRound) => median(all.map(round => round[key]))
  const ratio = of('cloneMs') / of('gitMs')
  const each = percentile(
    all.map(({ cloneMs, gitMs }) => cloneMs / gitMs),
    0.5,
  )
  console.log(`${basename(tracker)}, medians of ${rounds} rounds`)
  console.log(`git init, git fetch          ${printMs(of('gitMs'))}`)
  console.log(`the viewer's first clone     ${printMs(of('cloneMs'))}; its second ${printMs(of('secondMs'))}`)
  console.log(`from the form to the list    ${printMs(of('pageMs'))}; opening it again ${printMs(of('openMs'))}`)
  printVerdict('clone, viewer / git', `${ratio.toFixed(2)} (median of the rounds' ratios ${each.toFixed(2)})`, {
    text: `at most ${wantedClone}`,
    met: ratio <= wantedClone,
  })
  const asked = Math.max(...all.map(({ askedAgain }) => askedAgain))
  printVerdict('requests to the remote for a mirror on disk, new process', String(asked), {
    text: '0',
    met: asked === 0,
  })
}

function printRefreshes({ repositories, passes, asked, most }: RefreshResult, mirrors: number): void {
  const took = passes.map(({ ms, fetches }) => `${fetches} in ${printMs(ms)}`).join(', ')
  console.log(`${mirrors} mirrors, fetched by passes: ${took}; the remote was asked ${asked} times`)
  const ratios = repositories.map(({ name, idle, refreshing }) => {
    const [idleMs, refreshingMs] = [median(p99s(idle)), median(p99s(refreshing))]
    const p50 = (spans: readonly (readonly number[])[]) => printMs(median(spans.flat()))
    const worst = `worst ${printMs(Math.max(...refreshing.flat()))}, idle ${printMs(Math.max(...idle.flat()))}`
    const p99 = `p99 ${printMs(refreshingMs)}, idle ${printMs(idleMs)}`
    const counts = `${refreshing.flat().length} and ${idle.flat().length} requests`
    console.log(`${name.padEnd(26)} p50 ${p50(refreshing)}, idle ${p50(idle)}; ${p99}; ${worst}; ${counts}`)
    return refreshingMs / idleMs
  })
  printVerdict('p99 while refreshing / idle', ratios.map(one => one.toFixed(2)).join(', '), {
    text: `each at most ${wantedFactor}`,
    met: passes.length > 0 && Math.max(...ratios) <= wantedFactor,
  })
  const { refreshing, idle } = most
  printVerdict('git processes that refresh, at once', String(refreshing.refreshing), {
    text: `at most ${wantedProcesses}`,
    met: refreshing.refreshing <= wantedProcesses,
  })
  console.log(`fetches at once: ${refreshing.fetching}`)
  console.log(`with those that read for pages: ${refreshing.own}, idle ${idle.own}`)
  console.log(`with those that git itself starts: ${refreshing.all}, idle ${idle.all}`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      tracker: { type: 'string' },
      rounds: { type: 'string', default: '9' },
      only: { type: 'string' },
      mirrors: { type: 'string', default: '200' },
      moving: { type: 'string', default: '1' },
      passes: { type: 'string', default: '3' },
      'per-second': { type: 'string', default: '100' },
      'max-fetches': { type: 'string' },
    },
  })
  await using folder = await openBenchFolder()
  const home = values.keep ?? join(folder.path, 'home')
  if (values.only !== 'refresh') {
    const tracker = values.tracker ?? (await prepareRepository(home, { bugs: trackerBugs })).path
    await runClones({ tracker, rounds: Number(values.rounds) })
  }
  if (values.only === 'clone') return
  const mirrors = Number(values.mirrors)
  const maxFetches = values['max-fetches'] === undefined ? undefined : Number(values['max-fetches'])
  const moving = Number(values.moving)
  const order = { passes: Number(values.passes), perSecond: Number(values['per-second']), moving, maxFetches }
  console.log(`${moving} of ${trackers} trackers move before each pass`)
  printRefreshes(await measureRefreshes({ folder: folder.path, home, mirrors, ...order }), mirrors)
}

await main()
