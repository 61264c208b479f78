/**
 * What leaves a repository in large pieces: one blob, a pack of everything that some commits reach, the answer to a
 * fetch. Each is one git process that writes to a sink (see `pipe-git.ts`). Whether it may leave is for those who ask.
 */
import { isViewerError, ViewerError } from '../base/errors.ts'
import type { GitSettings } from './environment.ts'
import { isObjectHash } from './hash.ts'
import { type ByteSink, pipeGit } from './pipe-git.ts'
import { type GitSetup, streamGit } from './process.ts'

/** Where something goes. */
export interface Out {
  readonly sink: ByteSink
  /** Fires when nobody wants it any more. */
  readonly signal: AbortSignal
}

/** A longer first line is none that git would write. */
const maxHeaderBytes = 256
const newline = 0x0a

/** Packed blobs that are larger are unpacked piece by piece; git would take them into memory whole, up to half a gigabyte. */
const streamedFrom = '1m'

/**
 * Sends a blob: a line with its size in bytes, and then the bytes.
 * @throws OBJECT_UNREADABLE where there is no such blob, or it is damaged; other codes where the repository or git is at
 *   fault
 */
export async function sendBlob(setup: GitSetup, at: { folder: string; hash: string }, out: Out): Promise<void> {
  const { folder, hash } = at
  const unreadable = (cause?: unknown) =>
    new ViewerError('OBJECT_UNREADABLE', `git cannot read blob ${hash}`, { cause })
  if (!isObjectHash(hash)) throw unreadable()
  let header = Buffer.alloc(0)
  /** Bytes that are still to come; undefined before the first line is known. */
  let left: number | undefined
  /**
   * The last piece, which goes when git has ended: whoever has all bytes may go at once, and then a stream that is not
   * complete would be given up, or somebody would have got a blob that git found damaged.
   */
  let last: Buffer | undefined
  const sink: ByteSink = {
    async write(chunk) {
      if (left !== undefined) return await sendContent(chunk)
      header = Buffer.concat([header, chunk])
      const end = header.indexOf(newline)
      if (end < 0 && header.length < maxHeaderBytes) return
      const [name, type, size = ''] = header.toString('latin1', 0, Math.max(end, 0)).split(' ')
      // To a repository with longer names a short one is the beginning of another object's.
      if (name !== hash || type !== 'blob' || !/^\d+$/.test(size)) throw unreadable()
      left = Number(size)
      await out.sink.write(Buffer.from(`${size}\n`))
      await sendContent(header.subarray(end + 1))
    },
  }
  const sendContent = async (chunk: Uint8Array) => {
    // Behind the blob git prints the end of a line.
    const content = chunk.subarray(0, left)
    left = (left ?? 0) - content.length
    if (content.length === 0) return
    if (left === 0) last = Buffer.from(content)
    else await out.sink.write(content)
  }
  const settings: GitSettings = [['core.bigFileThreshold', streamedFrom]]
  try {
    await pipeGit(setup, folder, ['cat-file', '--batch'], { ...out, input: `${hash}\n`, sink, settings })
  } catch (error) {
    throw isOfObjects(error) ? unreadable(error) : error
  }
  if (left !== 0) throw unreadable()
  if (last) await out.sink.write(last)
}

/** Whether git has died of objects that it cannot read, and not of the repository or by somebody's hand. */
function isOfObjects(error: unknown): boolean {
  if (!isViewerError(error, 'GIT_FAILED')) return false
  const { status, stderr } = error.data
  return status !== undefined && !/not a git repository|unknown repository extension/.test(String(stderr))
}

/**
 * Lines for git's standard input.
 * @throws GIT_PROTOCOL where one is no object name: git would take it for an option
 */
function tipLines(tips: readonly string[]): string {
  if (!tips.every(isObjectHash)) throw new ViewerError('GIT_PROTOCOL', 'a tip is not an object name')
  return `${tips.join('\n')}\n`
}

/**
 * The same as what every git process is told, that no history is cut off; but the other way of saying it counts as a
 * repository that is cut off at no commit, for which git leaves bitmaps aside and tells those who fetch.
 */
const notShallow = { GIT_SHALLOW_FILE: '' }
/** Larger blobs are compressed piece by piece, and compared with no other. */
const packSettings: GitSettings = [['core.bigFileThreshold', '16m']]
const packObjects = ['pack-objects', '--revs', '--stdout', '--delta-base-offset', '--progress']

/** Sends a pack of all objects that the tips reach. @param at.tips full object names, at least one */
export async function sendPack(
  setup: GitSetup,
  at: { readonly folder: string; readonly tips: readonly string[] },
  out: Out,
): Promise<void> {
  await pipeGit(setup, at.folder, packObjects, {
    ...out,
    input: tipLines(at.tips),
    variables: notShallow,
    settings: packSettings,
  })
}

/** Whether a pack of all that the tips reach can be made: reads each object, and sends nothing to anybody. */
export async function arePackable(
  setup: GitSetup,
  at: { readonly folder: string; readonly tips: readonly string[]; readonly maxWorkMs: number },
  signal: AbortSignal,
): Promise<boolean> {
  const { folder, tips, maxWorkMs } = at
  const input = tipLines(tips)
  const sink: ByteSink = { write: () => Promise.resolve() }
  const settings: GitSettings = [...packSettings, ['pack.compression', '0']]
  try {
    await pipeGit(setup, folder, [...packObjects, '--window=0'], {
      input,
      sink,
      signal,
      settings,
      maxWorkMs,
      variables: notShallow,
    })
    return true
  } catch (error) {
    if (isOfObjects(error)) return false
    throw error
  }
}

/** A request to `upload-pack` that was checked. */
export interface UploadPackRequest {
  /** Of git's wire protocol. */
  readonly version: 0 | 2
  /** Packet lines, as they go to its standard input. */
  readonly body: Uint8Array
  readonly maxBytes: number
  /** How long git may work on it, without the time in which it waits for the sink. */
  readonly maxWorkMs: number
}

/**
 * Second line of defence behind those who check requests: only these refs are there. Wants that are no tips have been
 * checked against what the tips reach.
 */
const uploadPackSettings: GitSettings = [
  ['uploadpack.hideRefs', 'HEAD'],
  ['uploadpack.hideRefs', 'refs'],
  ['uploadpack.hideRefs', '!refs/bugs'],
  ['uploadpack.hideRefs', '!refs/identities'],
  ['uploadpack.allowFilter', 'true'],
  ['uploadpack.allowAnySHA1InWant', 'true'],
  // A sign of life while it counts objects.
  ['uploadpack.keepAlive', '5'],
  ...packSettings,
]

/** Sends what `git upload-pack` answers to one request. @param at.gitDir the folder with `objects` */
export async function sendUploadPack(
  setup: GitSetup,
  at: { readonly gitDir: string; readonly request: UploadPackRequest },
  out: Out,
): Promise<void> {
  const { version, body, maxBytes, maxWorkMs } = at.request
  try {
    await pipeGit(setup, at.gitDir, ['upload-pack', '--stateless-rpc', '--strict', at.gitDir], {
      ...out,
      input: body,
      maxBytes,
      maxWorkMs,
      variables: { ...notShallow, ...(version === 2 ? { GIT_PROTOCOL: 'version=2' } : {}) },
      settings: uploadPackSettings,
      hasChildren: true,
    })
  } catch (error) {
    // Nothing is wrong with the repository: nobody has to look for what that could be.
    if (isViewerError(error, 'GIT_FAILED') && String(error.data.stderr).includes(nothingSelected)) {
      throw new ViewerError('FETCH_INVALID', nothingSelected, { cause: error })
    }
    throw error
  }
}

/** What git dies of where a history is to begin behind its end. */
const nothingSelected = 'no commits selected for shallow requests'

/**
 * Whether the tips reach all of some objects: commits, trees and blobs. What is missing in the repository, or is no
 * object name, counts as not reached.
 * @throws the codes of git, also where a commit on the way is missing
 */
export async function areReachable(
  setup: GitSetup,
  at: { readonly folder: string; readonly tips: readonly string[]; readonly hashes: readonly string[] },
  signal: AbortSignal,
): Promise<boolean> {
  if (!at.hashes.every(isObjectHash)) return false
  const sought = new Set(at.hashes)
  if (sought.size === 0) return true
  const found = new AbortController()
  let rest = ''
  // Without the names of files, which are as long as somebody liked to make them.
  const args = ['rev-list', '--objects', '--no-object-names', '--ignore-missing', '--missing=allow-any', '--stdin']
  try {
    await streamGit(setup, at.folder, args, {
      input: tipLines(at.tips),
      signal: AbortSignal.any([signal, found.signal]),
      onData(chunk) {
        const lines = (rest + chunk.toString('latin1')).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) sought.delete(line)
        if (sought.size === 0) found.abort(new DOMException('all were found', 'AbortError'))
      },
    })
  } catch (error) {
    if (!found.signal.aborted) throw error
  }
  return sought.size === 0
}
