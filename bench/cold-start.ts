/**
 * How long a reader waits for the first page after the process was started, nothing stored: process start to the last
 * byte of the list page. It is set against what nobody can do without, measured in the same run: Node's own start, and
 * git reading the same objects (`git-reading.ts`).
 *
 *   node bench/cold-start.ts [REPOSITORY.git] [--rounds 7] [--keep DIR]     (without a repository: 421 generated bugs)
 */
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import { prepareGitReading } from './git-reading.ts'
import { addresses, type BenchRepository, existingRepository, keepOption, prepareRepository } from './repository.ts'
import { median, printMs, printVerdict } from './statistics.ts'
import { openViewer, waitForPage } from './viewer-process.ts'

const wantedRatio = 3

/** Milliseconds of Node's own start. */
function measureNode(): number {
  const startMs = performance.now()
  execFileSync(process.execPath, ['-e', '0'])
  return performance.now() - startMs
}

/** Milliseconds until the ready line, and until the first list page was there. */
async function measureViewer(repository: BenchRepository): Promise<{ ready: number; page: number }> {
  await using viewer = await openViewer({ paths: [repository.path] })
  await waitForPage(viewer.client, addresses(repository).list)
  return { ready: viewer.readyMs, page: performance.now() - viewer.startedAtMs }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { ...keepOption, rounds: { type: 'string', default: '7' } },
    allowPositionals: true,
  })
  await using folder = await openBenchFolder()
  const given = positionals[0]
  const repository =
    given === undefined ? await prepareRepository(values.keep ?? folder.path, { bugs: 421 }) : existingRepository(given)
  const git = await prepareGitReading(repository.path, folder.path)
  const rounds: { git: number; node: number; ready: number; page: number }[] = []
  for (let round = 0; round <= Number(values.rounds); round++) {
    const row = { git: await git.measure(), node: measureNode(), ...(await measureViewer(repository)) }
    // The first round warms the disk's cache.
    if (round > 0) rounds.push(row)
  }
  const of = (key: keyof (typeof rounds)[number]) => printMs(median(rounds.map(round => round[key])))
  const ratio = median(rounds.map(round => round.page / (round.git + round.node)))
  console.log(`git log + cat-file over the same objects  ${of('git')}`)
  console.log(`Node's own start                          ${of('node')}`)
  console.log(`viewer: process start to ready            ${of('ready')}`)
  console.log(`viewer: process start to first list page  ${of('page')}`)
  printVerdict('page / (git + Node)', ratio.toFixed(2), { text: `at most ${wantedRatio}`, met: ratio <= wantedRatio })
}

await main()
