/**
 * The repository that a bench measures: one that the command line names, or a generated one. Generated ones lie in a
 * temporary folder, or with `--keep DIR` in that folder, where the next run finds them; one that is there is complete.
 */
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { writeBenchRepository } from './generate.ts'

export interface BenchRepository {
  readonly path: string
  /** As in its addresses. */
  readonly name: string
}

/** What to generate. The seed is 1 where it is not given. */
export interface WantedRepository {
  readonly bugs: number
  readonly people?: number
  readonly seed?: number
}

/** Options of the command line that every bench with a generated repository has. */
export const keepOption = { keep: { type: 'string' } } as const

/** A repository that is there already. */
export function existingRepository(path: string): BenchRepository {
  return { path: resolve(path), name: basename(resolve(path)).replace(/\.git$/, '') }
}

/** Finds or writes a repository in a folder: that of `--keep`, or a temporary one. */
export async function prepareRepository(folder: string, wanted: WantedRepository): Promise<BenchRepository> {
  const { bugs, people, seed = 1 } = wanted
  await mkdir(folder, { recursive: true })
  const repository = existingRepository(join(folder, `generated-${bugs}-${seed}.git`))
  if (existsSync(repository.path)) return repository
  const unfinished = `${repository.path}.${process.pid}`
  try {
    const size = people === undefined ? { bugs } : { bugs, people }
    await writeBenchRepository({ path: unfinished, ...size, seed, objectFormat: 'sha1' })
    await rename(unfinished, repository.path)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return repository
}

/** Addresses inside a repository. */
export function addresses({ name }: BenchRepository) {
  const api = `/api/v1/repos/${encodeURIComponent(name)}`
  return { list: `/${name}/-/bugs`, bugs: `${api}/bugs`, problems: `${api}/problems` }
}
