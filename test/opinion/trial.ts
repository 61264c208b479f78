/** Random repositories, read twice: by the product and by the second opinion. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildRepository } from '../support/tracker-builder.ts'
import { openViewer } from '../support/viewer.ts'
import { differences, statementOf, statementOfProduct } from './comparison.ts'
import { randomTracker } from './random-tracker.ts'
import { readOpinion } from './reading.ts'

export interface Trial {
  /** Where the two differ; each line begins with the seed of the repository. */
  readonly differences: readonly string[]
  readonly repositories: number
  /** What was in them together. */
  readonly bugs: number
  readonly events: number
  readonly identities: number
  /** Refs with a problem. */
  readonly problems: number
}

/** One repository for each seed, all of them served at once. */
export async function compareRepositories(seeds: readonly number[]): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), 'opinion-'))
  const trial = { repositories: seeds.length, bugs: 0, events: 0, identities: 0, problems: 0 }
  const found: string[] = []
  try {
    for (const seed of seeds) {
      const dir = join(folder, `${seed}.git`)
      await mkdir(dir)
      await buildRepository(randomTracker(seed), { dir })
    }
    await using viewer = await openViewer({ paths: [folder] })
    for (const seed of seeds) {
      const opinion = readOpinion(join(folder, `${seed}.git`))
      const said = await statementOfProduct(viewer, String(seed))
      found.push(...differences(said, statementOf(opinion)).map(line => `seed ${seed}: ${line}`))
      const bugs = [...opinion.bugs.values()]
      trial.bugs += bugs.length
      trial.events += bugs.reduce((sum, bug) => sum + bug.timeline.length, 0)
      trial.identities += opinion.identities.size
      trial.problems += opinion.problems.size
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return { ...trial, differences: found }
}
