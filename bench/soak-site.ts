/**
 * What the soak serves: a large tracker, a middle one, small ones, one with attached files, and one that hardly anybody
 * asks for. Pushes change them, so those of the folder that is kept are copied.
 */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { prepareAttached } from './attached-repository.ts'
import { type BenchRepository, existingRepository, prepareRepository } from './repository.ts'

export interface SoakRepositories {
  /** The largest first. */
  readonly busy: readonly BenchRepository[]
  readonly attached: BenchRepository
  /** Addresses of attached files. */
  readonly files: readonly string[]
  readonly rare: BenchRepository
}

const fileBytes = 4 * 1024 * 1024
const smallOnes = 10
const sizes = { large: 10_000, middle: 1000, small: 200 }

export interface SoakFolders {
  /** Where generated repositories are found, or made. */
  readonly kept: string
  /** Where they are served. */
  readonly served: string
}

/** Makes them. */
export async function prepareSite({ kept, served }: SoakFolders): Promise<SoakRepositories> {
  const copy = async ({ path }: BenchRepository, name: string) => {
    const target = join(served, `${name}.git`)
    await cp(path, target, { recursive: true })
    return existingRepository(target)
  }
  const small: BenchRepository[] = []
  for (let seed = 1; seed <= smallOnes; seed++) {
    const made = await prepareRepository(kept, { bugs: sizes.small, people: 20, seed })
    small.push(await copy(made, `small-${seed}`))
  }
  const large = await copy(await prepareRepository(kept, { bugs: sizes.large }), 'large')
  const middle = await copy(await prepareRepository(kept, { bugs: sizes.middle }), 'middle')
  const made = await prepareAttached(kept, fileBytes)
  const attached = await copy(made, 'attached')
  const rare = await copy(await prepareRepository(kept, { bugs: sizes.middle, seed: 2 }), 'rare')
  return { busy: [large, middle, ...small], attached, files: [`/attached/-/files/${made.hash}`], rare }
}
