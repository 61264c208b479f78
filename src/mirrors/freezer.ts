/**
 * Mirrors in cold storage: a git bundle of all refs, and a line about it. What cannot be had from there is no failure of
 * the mirror, since the remote has it too; it is logged.
 */
import { hash } from 'node:crypto'
import { isViewerError } from '../base/errors.ts'
import type { FetchProgress, RemoteLimits } from '../git/remote-fetch.ts'
import type { MirrorTools } from './mirror-tools.ts'

/** What cold storage has of a mirror. */
export interface Frozen {
  readonly bytes: number
  /** When the remote was last seen like this. */
  readonly fetchedMs: number
  /**
   * Fills an empty repository with it.
   * @returns false where it could not: the repository may then hold anything
   * @throws REMOTE_TOO_LARGE, the signal's reason
   */
  thaw(
    at: { readonly gitDir: string; readonly limits: RemoteLimits; onProgress(progress: FetchProgress): void },
    signal: AbortSignal,
  ): Promise<boolean>
}

interface About {
  readonly href: string
  readonly fetchedMs: number
  readonly bytes: number
}

type FreezerTools = Pick<MirrorTools, 'cold' | 'git' | 'folder' | 'log' | 'measures'>

const maxAboutBytes = 64 * 1024

/** What there is of a mirror; undefined where there is none, or it is of another address. */
export async function findFrozen(
  { cold, git, log, measures }: FreezerTools,
  { name, url }: { readonly name: string; readonly url: { readonly href: string } },
  signal: AbortSignal,
): Promise<Frozen | undefined> {
  if (!cold.isOn) return undefined
  const count = (result: 'done' | 'missing' | 'failed') =>
    measures.count('gitbugviewer_cold_storage_requests_total', { kind: 'get', result })
  const giveUp = (error: unknown) => {
    signal.throwIfAborted()
    count('failed')
    log.warn({ err: error, mirror: name }, 'a mirror cannot be had from cold storage')
    return undefined
  }
  let about: About | undefined
  try {
    about = parseAbout(await readAll(await cold.get(aboutKey(name), signal)))
  } catch (error) {
    return giveUp(error)
  }
  if (about?.href !== url.href) {
    count('missing')
    return undefined
  }
  const { bytes, fetchedMs } = about
  return {
    bytes,
    fetchedMs,
    async thaw(at, stop) {
      try {
        const found = await cold.get(bundleKey(name), stop)
        if (!found) throw new Error('the bundle is missing')
        await git.remotes.unbundle({ ...at, content: found.content }, stop)
        count('done')
        return true
      } catch (error) {
        stop.throwIfAborted()
        if (isViewerError(error, 'REMOTE_TOO_LARGE')) throw error
        giveUp(error)
        return false
      }
    },
  }
}

/**
 * Puts a mirror into cold storage, unless what is there is the same.
 * @returns whether it is there now. Never rejects but with the signal's reason
 */
export async function freeze(
  { cold, git, folder, log, measures }: FreezerTools,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const record = folder.get(name)
  if (!cold.isOn || !record) return false
  const { gitDir } = folder.location(name)
  const count = (result: 'done' | 'failed') =>
    measures.count('gitbugviewer_cold_storage_requests_total', { kind: 'put', result })
  try {
    const { digest } = await git.listRefs(gitDir, { prefixes: ['refs/bugs', 'refs/identities'], signal })
    let bytes = 0
    if (record.coldRefs !== digest) {
      const counted = async function* () {
        for await (const piece of git.remotes.bundle(gitDir, signal)) {
          bytes += piece.length
          yield piece
        }
      }
      await cold.put(bundleKey(name), counted(), signal)
      const about: About = { href: record.href, fetchedMs: record.fetchedMs, bytes }
      await cold.put(aboutKey(name), oneOf(Buffer.from(JSON.stringify(about))), signal)
    }
    count('done')
    return true
  } catch (error) {
    signal.throwIfAborted()
    count('failed')
    log.warn({ err: error, mirror: name }, 'a mirror cannot be put into cold storage')
    return false
  }
}

function bundleKey(name: string): string {
  return `${digestOf(name)}.bundle`
}

function aboutKey(name: string): string {
  return `${digestOf(name)}.json`
}

/** Names have slashes and more. */
function digestOf(name: string): string {
  return hash('sha256', name, 'hex').slice(0, 40)
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function readAll(found: { readonly content: AsyncIterable<Uint8Array> } | undefined): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of found?.content ?? []) {
    pieces.push(piece)
    size += piece.length
    if (size > maxAboutBytes) break
  }
  return Buffer.concat(pieces).toString('utf8')
}

function parseAbout(text: string): About | undefined {
  if (text === '') return undefined
  const { href, fetchedMs, bytes } = JSON.parse(text) as Partial<About>
  const isWhole = typeof href === 'string' && Number.isSafeInteger(fetchedMs) && Number.isSafeInteger(bytes)
  return isWhole ? { href, fetchedMs: Number(fetchedMs), bytes: Number(bytes) } : undefined
}
