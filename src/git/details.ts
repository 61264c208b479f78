/** What a repository says of itself: description and owner, where cgit and gitweb look for them. */
import { promises as fs } from 'node:fs'
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
}

/** A text longer than this is not a description. */
const maxTextChars = 1000
const maxConfigBytes = 1024 * 1024

/**
 * Reads the details of a repository. What cannot be read counts as not said.
 * @param program the git program
 */
export async function readDetails(program: string, location: RepositoryLocation): Promise<RepositoryDetails> {
  const [settings, file] = await Promise.all([readSettings(program, location), readDescriptionFile(location)])
  return {
    description: settings.get('cgit.desc') ?? settings.get('gitweb.description') ?? file,
    owner: settings.get('cgit.owner') ?? settings.get('gitweb.owner'),
    section: settings.get('cgit.section') ?? settings.get('gitweb.category'),
    hidden: isTrue(settings.get('cgit.hide')) || isTrue(settings.get('cgit.ignore')),
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
  // A repository without such a section, the usual case, costs no process.
  if (!found?.isFile() || found.size > maxConfigBytes) return settings
  if (!/^\s*\[\s*(?:cgit|gitweb)\b/im.test(await fs.readFile(file, 'latin1').catch(() => ''))) return settings
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
  const file = join(location.commonDir, 'description')
  const found = await fs.stat(file).catch(() => undefined)
  if (!found?.isFile() || found.size > maxConfigBytes) return undefined
  const text = oneLine(await fs.readFile(file, 'utf8').catch(() => ''))
  // What `git init` writes there.
  return text === '' || text.startsWith('Unnamed repository') ? undefined : text
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, maxTextChars)
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|yes|on|1|)$/i.test(value)
}
