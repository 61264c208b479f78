/** A temporary folder that is gone when the bench ends, however it ends. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface BenchFolder extends AsyncDisposable {
  readonly path: string
}

/** @param parent where it is made, for a bench that measures a disk */
export async function openBenchFolder(parent = tmpdir()): Promise<BenchFolder> {
  await mkdir(parent, { recursive: true })
  const path = await mkdtemp(join(parent, 'git-bug-viewer-bench-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
