/**
 * One process at a time works in a folder: a file that names the process which does. A process that is gone has left its
 * file behind, and the next one takes its place. Processes are told by their number and by when they were started, where
 * the system says that: numbers are given again, and a container that restarts gets the same one each time. So a folder
 * that several machines or containers share is not guarded between them.
 *
 * The file is a symbolic link that leads nowhere: it is there with its text at once or not at all, and takes no room on a
 * disk that is full.
 */
import fs from 'node:fs/promises'
import { ViewerError } from './errors.ts'

/**
 * Takes the lock; disposing it gives it back.
 * @param what says what the other process does: `another export writes into /srv/site`
 * @throws SETTING_INVALID where another process, or this one, has it; what the file system throws
 */
export async function takeLock(file: string, what: string): Promise<AsyncDisposable> {
  const own = await describeProcess(process.pid)
  const lock = { [Symbol.asyncDispose]: () => giveBack(file, own) }
  if (await create(file, own)) return lock
  const holder = await readHolder(file)
  if (await isRunning(holder)) throw refusal(what, holder)
  // Of those who find it left behind one at a time may remove it, or one would remove what another has just put there.
  await using _ = await takeLock(`${file}-takeover`, what)
  if (holder !== undefined && (await readHolder(file)) === holder) await fs.rm(file, { force: true })
  if (await create(file, own)) return lock
  throw refusal(what, await readHolder(file))
}

function refusal(what: string, holder = ''): ViewerError {
  const pid = parseInt(holder, 10)
  return new ViewerError('SETTING_INVALID', `${what} now${Number.isNaN(pid) ? '' : ` (process ${pid})`}`)
}

/** @returns false where there is one already */
async function create(file: string, holder: string): Promise<boolean> {
  try {
    await fs.symlink(holder, file)
    return true
  } catch (error) {
    if (isError(error, 'EEXIST')) return false
    // Some file systems have no links.
    if (isError(error, 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP')) return await createPlain(file, holder)
    throw error
  }
}

async function createPlain(file: string, holder: string): Promise<boolean> {
  try {
    await fs.writeFile(file, `${holder}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if (isError(error, 'EEXIST')) return false
    throw error
  }
}

/** @returns undefined where it has gone meanwhile */
async function readHolder(file: string): Promise<string | undefined> {
  try {
    return await fs.readlink(file)
  } catch (error) {
    if (isError(error, 'ENOENT')) return undefined
    if (!isError(error, 'EINVAL')) throw error
  }
  try {
    return (await fs.readFile(file, 'utf8')).trimEnd()
  } catch (error) {
    if (isError(error, 'ENOENT')) return undefined
    throw new ViewerError('SETTING_INVALID', `${file} is in the way`, { cause: error })
  }
}

async function giveBack(file: string, own: string): Promise<void> {
  if ((await readHolder(file)) === own) await fs.rm(file, { force: true })
}

/** Number and start, as the file has them: `4711 <boot>/<ticks>`, or the number alone where nobody says the start. */
async function describeProcess(pid: number): Promise<string> {
  const start = await readStart(pid)
  return start === undefined ? `${pid}` : `${pid} ${start}`
}

async function isRunning(holder = ''): Promise<boolean> {
  const [number = '', written] = holder.split(' ')
  const pid = Number(number)
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isThere(pid)) return false
  const start = await readStart(pid)
  if (start === 'ended') return false
  // A file without the start, and with our number, is of a process that had this number before.
  if (written === undefined || start === undefined) return pid !== process.pid
  return written === start
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is a process, too.
    return isError(error, 'EPERM')
  }
}

/**
 * What tells a process from others that had or will have its number: the run of the system, and the time in it.
 * @returns `ended` for one that only waits to be noticed by its parent; undefined where the system does not say
 */
async function readStart(pid: number): Promise<string | undefined> {
  try {
    const [status, boot] = await Promise.all([
      fs.readFile(`/proc/${pid}/stat`, 'utf8'),
      fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // proc_pid_stat(5): number, name in brackets (which may hold anything), state, ..., and as the 22nd the start.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    const [state = '', ticks] = [fields[0], fields[19]]
    if ('ZXx'.includes(state)) return 'ended'
    return ticks === undefined ? undefined : `${boot.trim()}/${ticks}`
  } catch {
    return undefined
  }
}

function isError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
