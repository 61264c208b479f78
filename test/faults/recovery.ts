/**
 * What the tests of faults measure: how long the program takes to be right again once a fault has ended, and that
 * nothing in a repository that it serves has changed meanwhile.
 */
import { createHash } from 'node:crypto'
import { appendFile, lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'

/** Between two looks whether the program is right again. */
const pauseMs = 25

/** For a busy machine: a program that is not right by then will not be. */
const patienceMs = 120_000

/** One line of the file that the environment names in FAULT_REPORT. */
export interface Recovery {
  readonly fault: string
  /** From the end of the fault to the first right answer. */
  readonly seconds: number
}

/**
 * Asks again and again until the program is right. Call it at the moment the fault has ended.
 *
 * @param fault a few words, for the report
 * @param isRight throws while the program is not right yet; the last of what it threw is thrown after two minutes
 */
export async function recovers(fault: string, isRight: () => Promise<void>): Promise<void> {
  const ended = performance.now()
  for (;;) {
    try {
      await isRight()
      break
    } catch (error) {
      if (performance.now() - ended > patienceMs) throw new Error(`not right again: ${fault}`, { cause: error })
    }
    await later(pauseMs)
  }
  const recovery: Recovery = { fault, seconds: (performance.now() - ended) / 1000 }
  const report = process.env.FAULT_REPORT
  if (report !== undefined) await appendFile(report, `${JSON.stringify(recovery)}\n`)
}

/**
 * A digest of every file and folder below a repository: its path, type, mode, time of change and bytes. Times of access
 * are left out, since reading may move them.
 */
export async function digestOfRepository(path: string): Promise<string> {
  const hash = createHash('sha256')
  const digestEntry = async (entry: string) => {
    const stats = await lstat(join(path, entry), { bigint: true })
    hash.update(`${JSON.stringify(entry)} ${stats.mode} ${stats.mtimeNs}\n`)
    if (stats.isSymbolicLink()) hash.update(await readlink(join(path, entry)))
    else if (stats.isFile()) hash.update(await readFile(join(path, entry)))
    else if (stats.isDirectory()) {
      const names = await readdir(join(path, entry))
      for (const name of names.sort()) await digestEntry(join(entry, name))
    }
  }
  await digestEntry('.')
  return hash.digest('hex')
}
