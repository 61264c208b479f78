/**
 * Puts the post-receive hook into a repository and takes it out again. The server never writes into a repository that
 * it serves: this is for the command `git-bug-viewer hook`, with which an administrator asks for it by name.
 *
 * A hook that is there already keeps its file, mode and link under another name, and the script runs it first. What is
 * written gets a private name and is renamed, so that a push meets the old hook or the new one and never half of one,
 * and no link is ever written through. Where anything is not as expected, nothing is changed and a sentence says why.
 */
import { randomBytes } from 'node:crypto'
import { constants, promises as fs, type Stats } from 'node:fs'
import { join, resolve } from 'node:path'
import { simpleGit } from 'simple-git'
import { ViewerError } from '../base/errors.ts'
import { type HookDefaults, isHookScript, readHookScript } from './hook-script.ts'
import { locateRepository } from './repository.ts'

/** What became of an installation. */
export interface InstalledHook {
  /** The hook's file. */
  readonly file: string
  /** The hook that was there before and is run first; undefined where there is none. */
  readonly earlier: string | undefined
  /** True where git's setting core.hooksPath names the folder: other repositories may use it too. */
  readonly isShared: boolean
}

/** A hook larger than this is not read; ours is far smaller. */
const maxScriptBytes = 1024 * 1024

/**
 * Installs the hook, or writes it anew with other defaults.
 * @param program the git program
 * @param path the repository: bare, a work tree, or a linked work tree, which stands for the repository it belongs to
 * @throws SETTING_INVALID with a sentence for the administrator
 */
export async function installHook(program: string, path: string, defaults: HookDefaults): Promise<InstalledHook> {
  const script = await readHookScript(defaults)
  const place = await locateHook(program, path)
  const { folder, file, earlier, isShared } = place
  if (!isShared) await explained(fs.mkdir(folder, { recursive: true }), `the folder ${folder} cannot be made`)
  const found = await lookAt(file)
  const foundEarlier = await lookAt(earlier)
  if (found.kind === 'other' && foundEarlier.kind !== 'none') {
    throw mistake(`${file} is another hook, and ${earlier} is there too: move one of them away first`)
  }
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    // The mode is said again, because the account's umask takes bits away.
    await explained(fs.writeFile(temporary, script, { flag: 'wx', mode: 0o755 }), `${folder} cannot be written to`)
    await explained(fs.chmod(temporary, 0o755), `${folder} cannot be written to`)
    if (found.kind === 'other') await explained(keepAs(file, found.stats, earlier), `${file} cannot be kept`)
    await explained(fs.rename(temporary, file), `${file} cannot be written`).catch(async error => {
      if (found.kind === 'other') await fs.rm(earlier, { force: true })
      throw error
    })
  } finally {
    await fs.rm(temporary, { force: true })
  }
  const isChained = found.kind === 'other' || foundEarlier.kind !== 'none'
  return { file, earlier: isChained ? earlier : undefined, isShared }
}

/**
 * Takes the hook away, and puts back the one that was there before it.
 * @throws SETTING_INVALID with a sentence for the administrator
 */
export async function uninstallHook(program: string, path: string): Promise<InstalledHook> {
  const { file, earlier, isShared } = await locateHook(program, path)
  const { kind } = await lookAt(file)
  if (kind === 'none') throw mistake(`there is no hook ${file}`)
  if (kind === 'other') throw mistake(`${file} is not a hook of git-bug-viewer`)
  const hadEarlier = (await lookAt(earlier)).kind !== 'none'
  await explained(hadEarlier ? fs.rename(earlier, file) : fs.unlink(file), `${file} cannot be taken away`)
  return { file, earlier: hadEarlier ? earlier : undefined, isShared }
}

interface HookPlace {
  readonly folder: string
  readonly file: string
  readonly earlier: string
  readonly isShared: boolean
}

async function locateHook(program: string, path: string): Promise<HookPlace> {
  const location = await locateRepository(path)
  if (location === undefined) throw mistake(`${path} is not a git repository`)
  const { commonDir } = location
  // Asked in the folder in which git runs this hook, since a relative core.hooksPath starts there.
  const asked = simpleGit({ baseDir: commonDir, binary: program, timeout: { block: 10_000 } })
  const answer = await asked.raw(['rev-parse', '--git-path', 'hooks']).catch(cause => {
    const reason = /dubious ownership/.test(String(cause)) ? ': it belongs to another account, which can do this' : ''
    throw new ViewerError('SETTING_INVALID', `git does not say where ${path} has its hooks${reason}`, { cause })
  })
  const named = resolve(commonDir, answer.replace(/\n$/, ''))
  const isShared = named !== join(commonDir, 'hooks')
  const folder = await fs.realpath(named).catch(() => named)
  const stats = await fs.stat(folder).catch(() => undefined)
  if (isShared && !stats?.isDirectory()) throw mistake(`core.hooksPath names ${named}, which is not a folder`)
  const file = join(folder, 'post-receive')
  return { folder, file, earlier: `${file}.before-git-bug-viewer`, isShared: isShared || folder !== named }
}

/** What lies under a name: nothing, this hook, or another one. */
type Found = { readonly kind: 'none' | 'ours' } | { readonly kind: 'other'; readonly stats: Stats }

async function lookAt(file: string): Promise<Found> {
  const stats = await explained(statOf(file), `${file} cannot be looked at`)
  if (stats === undefined) return { kind: 'none' }
  if (!stats.isFile() && !stats.isSymbolicLink()) throw mistake(`${file} is neither a file nor a link`)
  const isOurs = isHookScript(await readStart(file))
  if (!isOurs) return { kind: 'other', stats }
  if (!stats.isSymbolicLink()) return { kind: 'ours' }
  throw mistake(`${file} is a link to a hook of git-bug-viewer already: change ${await fs.realpath(file)} instead`)
}

async function statOf(file: string): Promise<Stats | undefined> {
  return await fs.lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** A hook that cannot be read, or is too large, is in any case another one. */
async function readStart(file: string): Promise<string> {
  const stats = await fs.stat(file).catch(() => undefined)
  if (!stats?.isFile() || stats.size > maxScriptBytes) return ''
  return await fs.readFile(file, 'utf8').catch(() => '')
}

/**
 * Gives a hook a second name, so that there is one at every moment; the first name is then replaced. It fails where the
 * second name is taken.
 */
async function keepAs(file: string, stats: Stats, earlier: string): Promise<void> {
  if (stats.isSymbolicLink()) return await fs.symlink(await fs.readlink(file), earlier)
  try {
    await fs.link(file, earlier)
  } catch (error) {
    // Not every file system has hard links, and Linux forbids some to those who do not own the file: then a copy.
    if (!['EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    await fs.copyFile(file, earlier, constants.COPYFILE_EXCL)
    await fs.chmod(earlier, stats.mode & 0o7777)
  }
}

async function explained<T>(work: Promise<T>, sentence: string): Promise<T> {
  return await work.catch((error: NodeJS.ErrnoException) => {
    const code = error.code === undefined ? '' : ` (${error.code})`
    throw new ViewerError('SETTING_INVALID', `${sentence}${code}`, { cause: error })
  })
}

function mistake(sentence: string): ViewerError {
  return new ViewerError('SETTING_INVALID', sentence)
}
