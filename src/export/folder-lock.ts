/**
 * One export writes into a folder at a time: a file that names the process which does. A process that is gone has left
 * its file behind, and the next one takes its place. Processes are told by their number, so a folder that several
 * machines share is not guarded between them.
 */
import fs from 'node:fs/promises'
import { ViewerError } from '../base/errors.ts'

/** Takes the lock; disposing it gives it back. @param folder to be named to the user @throws SETTING_INVALID */
export async function takeLock(file: string, folder: string): Promise<AsyncDisposable> {
  for (const isLastTry of [false, true]) {
    try {
      await fs.writeFile(file, `${process.pid}\n`, { flag: 'wx' })
      return { [Symbol.asyncDispose]: () => fs.rm(file, { force: true }) }
    } catch (error) {
      if (!isExisting(error)) throw error
      const holder = Number(await fs.readFile(file, 'utf8').catch(() => ''))
      if (isLastTry || isRunning(holder)) {
        throw new ViewerError('SETTING_INVALID', `another export writes into ${folder} now (process ${holder})`, {
          cause: error,
        })
      }
      await fs.rm(file, { force: true })
    }
  }
  throw new Error('the last try returns or throws')
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is a process, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
