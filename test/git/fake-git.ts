/** A program in git's place that does what a test says, and the lives of processes as the system knows them. */
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A git that answers what the test says. The script may use $1…; it reads requests on standard input. */
export async function fakeGit(script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'fake-git-'))
  const program = join(folder, 'git')
  await writeFile(program, `#!/bin/sh\n${script}\n`)
  await chmod(program, 0o755)
  return { program, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** `R`, `S` and so on; `Z` has ended and was not reaped; undefined is gone. */
export function processState(pid: number): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]
  } catch {
    return undefined
  }
}

/** False once it has ended, reaped or not. */
export function isRunning(pid: number): boolean {
  return !['Z', undefined].includes(processState(pid))
}

/** Lets the event loop turn until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate)
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}
