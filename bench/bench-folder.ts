/** A temporary folder that is gone when the bench ends, however it ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface BenchFolder extends AsyncDisposable {
  readonly path: string
}

export async function openBenchFolder(): Promise<BenchFolder> {
  const path = await mkdtemp(join(tmpdir(), 'git-bug-viewer-bench-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
