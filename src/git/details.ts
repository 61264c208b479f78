/** What a repository says of itself: description and owner, where cgit and gitweb look for them. */
import { constants, promises as fs } from 'node:fs'
import { join } from 'node:path'
import { simpleGit } from 'simple-git'
import type { RepositoryLocation } from './repository.ts'

export interface RepositoryDetails {
  readonly description: string | undefined
  readonly owner: string | undefined
  /** `cgit.section`: the heading under which an index lists it. */
  readonly section: string | undefined
  /** `cgit.hide` or `cgit.ignore` is set: not to be listed. */
  readonly hidden: boolean
  /** Where it can be cloned from: `cgit.clone-url`, `gitweb.url` or the file `cloneurl`. */
  readonly cloneUrl: string | undefined
}

/** A text longer than this is not a description. */
const maxTextChars = 1000
const maxConfigBytes = 1024 * 1024

/**
 * Reads the details of a repository. What cannot be read counts as not said.
 * @param program the git program
 */
export async function readDetails(program: string, location: RepositoryLocation): Promise<RepositoryDetails> {
  const [settings, file, cloneFile] = await Promise.all([
    readSettings(program, location),
    readDescriptionFile(location),
    readTextFile(join(location.commonDir, 'cloneurl')),
  ])
  return {
    description: settings.get('cgit.desc') ?? settings.get('gitweb.description') ?? file,
    owner: settings.get('cgit.owner') ?? settings.get('gitweb.owner'),
    section: settings.get('cgit.section') ?? settings.get('gitweb.category'),
    hidden: isTrue(settings.get('cgit.hide')) || isTrue(settings.get('cgit.ignore')),
    cloneUrl: firstCloneUrl([settings.get('cgit.clone-url'), settings.get('gitweb.url'), cloneFile]),
  }
}

/** True where the file `git-daemon-export-ok` says that the repository may be shown to the public. */
export async function isExportOk(location: RepositoryLocation): Promise<boolean> {
  return await fs.access(join(location.commonDir, 'git-daemon-export-ok')).then(
    () => true,
    () => false,
  )
}

async function readSettings(program: string, location: RepositoryLocation): Promise<ReadonlyMap<string, string>> {
  const settings = new Map<string, string>()
  const file = join(location.commonDir, 'config')
  const found = await fs.stat(file).catch(() => undefined)
  // A repository without such a section, the usual case, costs no process; nor does one of a million empty lines much.
  if (!found?.isFile() || found.size > maxConfigBytes) return settings
  if (!/^[ \t]*\[[ \t]*(?:cgit|gitweb)\b/im.test(await fs.readFile(file, 'latin1').catch(() => ''))) return settings
  // A file named so is read as data: nothing in it is included or put into force.
  const output = await simpleGit({ baseDir: '/', binary: program, timeout: { block: 10_000 } })
    .raw(['config', '--file', file, '--no-includes', '--null', '--list'])
    .catch(() => '')
  for (const entry of output.split('\0')) {
    const [key = '', ...value] = entry.split('\n')
    if (/^(?:cgit|gitweb)\./.test(key)) settings.set(key, oneLine(value.join('\n')))
  }
  return settings
}

async function readDescriptionFile(location: RepositoryLocation): Promise<string | undefined> {
  const text = await readTextFile(join(location.commonDir, 'description'))
  // What `git init` writes there.
  return text === undefined || text === '' || text.startsWith('Unnamed repository') ? undefined : text
}

/**
 * Reads a file that whoever owns the repository has put there. A link is not followed: the account of the viewer may be
 * allowed to read what the owner is not, and what is read here is shown.
 */
async function readTextFile(path: string): Promise<string | undefined> {
  // Not to wait for somebody who writes into a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await fs.open(path, flags).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const found = await file.stat()
    if (!found.isFile() || found.size > maxConfigBytes) return undefined
    return oneLine(await file.readFile('utf8'))
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}

/** An address of git that can stand in a command as it is: no shell finds anything to do in it, and no secret is in it. */
const cloneUrlPattern = /^(?:(?:https?|git):\/\/|ssh:\/\/(?:[\w.-]+@)?|[\w.-]+@[\w.-]+:)[\w.~/:%+-]{1,500}$/

/** The first address of some texts that each hold several. */
function firstCloneUrl(texts: readonly (string | undefined)[]): string | undefined {
  for (const text of texts) {
    const url = text?.split(' ').find(word => cloneUrlPattern.test(word))
    if (url !== undefined) return url
  }
  return undefined
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, maxTextChars)
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|yes|on|1|)$/i.test(value)
}
