/**
 * A cold build: the server runs, has nothing in memory and nothing stored, and is asked for the list page. The time from
 * the request to the last byte is set against git reading the same objects (`git-reading.ts`). Both are measured in turn,
 * with a fresh process for each round, and the medians of the rounds are what counts.
 *
 *   node bench/cold-build.ts [REPOSITORY.git] [--bugs 10000] [--rounds 7] [--keep DIR]
 */
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import { type ColdBuild, measureColdBuild, measureFromStart } from './cold-build-round.ts'
import { prepareGitReading } from './git-reading.ts'
import { existingRepository, keepOption, prepareRepository } from './repository.ts'
import { median, printMs, printVerdict } from './statistics.ts'

const wantedRatio = 1.3

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { ...keepOption, bugs: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '7' } },
    allowPositionals: true,
  })
  await using folder = await openBenchFolder()
  const given = positionals[0]
  const repository =
    given === undefined
      ? await prepareRepository(values.keep ?? folder.path, { bugs: Number(values.bugs) })
      : existingRepository(given)
  const git = await prepareGitReading(repository.path, folder.path)
  // Fills the disk's cache and Node's, and is not counted.
  await git.measure()
  await measureColdBuild(repository, git.bugs)

  const rounds: (ColdBuild & { gitMs: number; fromStartMs: number })[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const gitMs = await git.measure()
    const build = await measureColdBuild(repository, git.bugs)
    rounds.push({ gitMs, ...build, fromStartMs: await measureFromStart(repository) })
  }
  const of = (key: keyof (typeof rounds)[number]) => median(rounds.map(round => round[key]))
  const ratio = median(rounds.map(round => round.pageMs / round.gitMs))
  console.log(`${git.bugs} bugs, ${git.commits} commits, medians of ${rounds.length} rounds`)
  console.log(`git log, trees and operations through cat-file   ${printMs(of('gitMs'))}`)
  console.log(
    `request to list page, process running, cold      ${printMs(of('pageMs'))}, told to wait ${of('waits')} times`,
  )
  console.log(`first full text search after it                  ${printMs(of('searchMs'))}`)
  console.log(`process start to list page                       ${printMs(of('fromStartMs'))}`)
  printVerdict('cold build / git', ratio.toFixed(2), { text: `at most ${wantedRatio}`, met: ratio <= wantedRatio })
}

await main()
