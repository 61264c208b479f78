/**
 * How a cold build grows with the tracker: milliseconds for each bug, against those of the smallest tracker, and the same
 * of git reading the same objects. A fixed cost makes big trackers look good in such a quotient, so the cost of each
 * bug more between two sizes is printed too.
 *
 *   node bench/growth.ts [--bugs 1000,10000,100000] [--rounds 3] [--keep DIR]
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import { measureColdBuild } from './cold-build-round.ts'
import { prepareGitReading } from './git-reading.ts'
import { keepOption, prepareRepository } from './repository.ts'
import { median, printMs, printVerdict } from './statistics.ts'

const wantedGrowth = 1.2

async function prepare(bugs: number, { folder, keep }: { folder: string; keep: string | undefined }) {
  const repository = await prepareRepository(keep ?? folder, { bugs })
  const lists = join(folder, `lists-${bugs}`)
  await mkdir(lists)
  const git = await prepareGitReading(repository.path, lists)
  await git.measure()
  const size = { bugs, gitMs: [] as number[], pageMs: [] as number[] }
  const run = async () => {
    size.gitMs.push(await git.measure())
    size.pageMs.push((await measureColdBuild(repository, git.bugs)).pageMs)
  }
  return { size, run }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bugs: { type: 'string', default: '1000,10000,100000' },
      rounds: { type: 'string', default: '3' },
    },
  })
  await using folder = await openBenchFolder()
  const sizes = []
  for (const bugs of values.bugs.split(',').map(Number)) {
    sizes.push(await prepare(bugs, { folder: folder.path, keep: values.keep }))
  }
  // In turn, so that a machine whose speed drifts slows all sizes.
  for (let round = 0; round < Number(values.rounds); round++) for (const { run } of sizes) await run()

  const rows = sizes.map(({ size }) => ({ bugs: size.bugs, git: median(size.gitMs), page: median(size.pageMs) }))
  const [first] = rows
  if (first === undefined) throw new Error('no sizes to measure')
  let before: (typeof rows)[number] | undefined
  for (const row of rows) {
    const each = (kind: 'git' | 'page') => row[kind] / row.bugs / (first[kind] / first.bugs)
    const more = (kind: 'git' | 'page') =>
      before === undefined ? '' : `, each bug more ${printMs((row[kind] - before[kind]) / (row.bugs - before.bugs))}`
    const line = (kind: 'git' | 'page') =>
      `${printMs(row[kind]).padStart(9)}, ${(row[kind] / row.bugs).toFixed(3)} ms a bug${more(kind)}`
    console.log(`${row.bugs} bugs`)
    console.log(`  git      ${line('git')}, growth ${each('git').toFixed(2)}`)
    console.log(`  viewer   ${line('page')}`)
    if (row !== first) {
      const growth = each('page')
      const wanted = { text: `at most ${wantedGrowth}`, met: growth <= wantedGrowth }
      printVerdict('  growth', growth.toFixed(2), wanted)
    }
    before = row
  }
}

await main()
