/** A generated repository for a bench that was given none. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { generateTracker } from './generate.ts'

/** Writes a repository of that many bugs into a folder and returns its path. */
export function buildBenchRepository(folder: string, bugs: number): string {
  const path = join(folder, `generated-${bugs}.git`)
  execFileSync('git', ['init', '--quiet', '--bare', path])
  const { commands } = generateTracker({ bugs, seed: bugs, objectFormat: 'sha1' })
  execFileSync('git', ['fast-import', '--quiet'], { cwd: path, input: Buffer.concat([...commands]) })
  execFileSync('git', ['pack-refs', '--all'], { cwd: path })
  return path
}
