/**
 * Listing refs. One `for-each-ref` with a format that opens no object, so that a ref to a missing object cannot spoil
 * the listing of the others (`format.md`, "Refs").
 */
import { hash } from 'node:crypto'
import { ViewerError } from '../base/errors.ts'
import { isObjectHash } from './hash.ts'
import { type GitSetup, runGit } from './process.ts'

export interface Ref {
  /** Full name, such as `refs/bugs/…`. */
  readonly name: string
  /** The object that it points to. */
  readonly hash: string
}

export interface RefListing {
  /** Sorted by name, as git prints them. */
  readonly refs: readonly Ref[]
  /** SHA-256 of the listing's own bytes: equal digests, equal refs. 64 hex digits. */
  readonly digest: string
  /** Names of refs whose files hold no object name; git only warns of them. */
  readonly broken: readonly string[]
}

const brokenRef = /^warning: ignoring (?:broken ref|dangling symref|ref with broken name) (\S+)$/gm

/**
 * Lists the refs under some prefixes.
 * @param folder the repository's folder
 * @param prefixes such as `refs/bugs`; constants of the program, never a visitor's text
 */
export async function listRefs(
  setup: GitSetup,
  folder: string,
  options: { readonly prefixes: readonly string[]; readonly signal?: AbortSignal | undefined },
): Promise<RefListing> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', '--', ...options.prefixes]
  const { stdout: output, stderr } = await runGit(setup, folder, args, { signal: options.signal })
  const refs: Ref[] = []
  for (const line of output.toString('utf8').split('\n')) {
    if (line === '') continue
    const space = line.indexOf(' ')
    const object = line.slice(0, space)
    if (!isObjectHash(object)) throw new ViewerError('GIT_PROTOCOL', 'git for-each-ref printed a line without a hash')
    refs.push({ hash: object, name: line.slice(space + 1) })
  }
  const broken = [...stderr.matchAll(brokenRef)].map(match => match[1] ?? '')
  return {
    refs,
    digest: hash('sha256', output, 'hex'),
    broken: broken.filter(name => options.prefixes.some(prefix => name.startsWith(`${prefix}/`))),
  }
}
