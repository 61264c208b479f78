/**
 * A whole mirror as one stream of bytes, and back: a git bundle (gitformat-bundle) of all its bugs and people. What
 * comes back is checked as what a remote sends is, since a store may lose bytes, and others may write to it.
 */
import { ViewerError } from '../base/errors.ts'
import { isObjectHash } from './hash.ts'
import { type GitSetup, gitFailure, runGit, startGit, watchSilence } from './process.ts'
import { remoteExtra } from './remote-environment.ts'
import { localFailure } from './remote-failure.ts'
import type { FetchProgress } from './remote-progress.ts'
import { initMirror, type ObjectFormat, removeLeftovers } from './remote-repository.ts'
import { checkRefs, type RemoteLimits, type RemoteResult, runRemoteGit, startDeadline } from './remote-run.ts'

const createArgs = ['bundle', 'create', '--quiet', '-', '--glob=refs/bugs/*', '--glob=refs/identities/*']

/** Makes a bundle piece by piece; git waits while nobody asks for more. @throws the codes of git, the signal's reason */
export async function* makeBundle(
  setup: GitSetup,
  gitDir: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  signal.throwIfAborted()
  const git = startGit({ ...setup, extra: remoteExtra() }, gitDir, createArgs)
  git.child.stdin.end()
  let failure: { readonly reason: unknown } | undefined
  const stop = (reason: unknown) => {
    failure ??= { reason }
    git.kill()
  }
  const onAbort = () => stop(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const watch = watchSilence(setup, () => stop(new ViewerError('GIT_TIMEOUT', 'git bundle said nothing for too long')))
  try {
    for await (const chunk of git.child.stdout as AsyncIterable<Buffer>) {
      if (failure) break
      watch.pause()
      yield chunk
      watch.resume()
    }
    const end = await git.ended
    if (failure) throw failure.reason
    if (end.status !== 0) throw gitFailure(createArgs, end, git.stderr())
  } finally {
    watch.stop()
    signal.removeEventListener('abort', onAbort)
    git.kill()
    await git.ended
  }
}

export interface Unbundling {
  readonly gitDir: string
  readonly content: AsyncIterable<Uint8Array>
  readonly limits: RemoteLimits
  onProgress?(progress: FetchProgress): void
}

/** Fills an empty repository from a bundle: see `RemoteGit.unbundle`. */
export async function readBundle(setup: GitSetup, at: Unbundling, signal: AbortSignal): Promise<void> {
  const { gitDir, limits, onProgress } = at
  using deadline = startDeadline(setup, limits.timeoutMs, signal)
  const content = at.content[Symbol.asyncIterator]()
  try {
    const { header, rest } = await readHeader(content)
    const { format, refs } = parseHeader(header)
    checkRefs(
      refs.reduce((files, { name }) => files + name.split('/').length - 2, 0),
      limits,
    )
    if (format === 'sha256') await initMirror(setup, gitDir, format)
    const extra = remoteExtra(limits.maxObjects)
    const args = ['index-pack', '--stdin', '--strict', '-v']
    const input = followedBy(rest, content)
    const result = await runRemoteGit(setup, { gitDir, args, extra, limits, onProgress, input }, deadline.signal)
    if (result.end.status !== 0) throw explain(result)
    onProgress?.({ step: 'storing', done: 0, total: 0, bytes: 0 })
    await createRefs(setup, gitDir, { refs, signal: deadline.signal })
  } catch (error) {
    await removeLeftovers(gitDir)
    throw error
  } finally {
    await content.return?.()
  }
}

async function createRefs(
  setup: GitSetup,
  gitDir: string,
  { refs, signal }: { readonly refs: readonly BundledRef[]; readonly signal: AbortSignal },
): Promise<void> {
  const input = refs.map(({ hash, name }) => `create ${name} ${hash}\n`).join('')
  try {
    await runGit({ ...setup, extra: remoteExtra() }, gitDir, ['update-ref', '--stdin'], { input, signal })
  } catch (error) {
    signal.throwIfAborted()
    throw unreadable('its refs cannot be set', error)
  }
}

function explain({ said, end }: RemoteResult): ViewerError {
  const local = localFailure(said.own, said.own)
  return local ?? unreadable(`git index-pack ended with ${end.signal ?? `status ${end.status}`}`, new Error(said.own))
}

function unreadable(what: string, cause?: unknown): ViewerError {
  return new ViewerError('OBJECT_UNREADABLE', `the bundle is damaged: ${what}`, { cause })
}

/** The names of more refs than any tracker has. */
const maxHeaderBytes = 64 * 1024 * 1024

/** The head of a bundle, up to its empty line, and what has come with it. */
async function readHeader(content: AsyncIterator<Uint8Array>): Promise<{ header: string; rest: Uint8Array }> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  let last = 0
  for (;;) {
    const { value, done } = await content.next()
    if (done === true) throw unreadable('it ends within its head')
    const piece = value as Uint8Array
    // The empty line may be cut in two, just between pieces.
    const isCut = last === 0x0a && piece[0] === 0x0a
    const at = isCut ? -1 : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).indexOf('\n\n')
    pieces.push(piece)
    if (isCut || at >= 0) {
      const header = Buffer.concat(pieces).toString('latin1', 0, bytes + at + 1)
      return { header, rest: piece.subarray(at + 2) }
    }
    bytes += piece.length
    last = piece.at(-1) ?? last
    if (bytes > maxHeaderBytes) throw unreadable('its head is too long')
  }
}

async function* followedBy(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  if (first.length > 0) yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

interface BundledRef {
  readonly name: string
  readonly hash: string
}

/** @throws OBJECT_UNREADABLE */
function parseHeader(header: string): { format: ObjectFormat; refs: BundledRef[] } {
  const [signature, ...lines] = header.trimEnd().split('\n')
  if (signature !== '# v2 git bundle' && signature !== '# v3 git bundle') throw unreadable('it does not begin as one')
  let format: ObjectFormat = 'sha1'
  const refs: BundledRef[] = []
  for (const line of lines) {
    if (line === '@object-format=sha256') format = 'sha256'
    else if (line !== '@object-format=sha1') refs.push(parseRef(line))
  }
  return { format, refs }
}

/** What another line may say, such as that another bundle is needed, is nothing that this program has written. */
function parseRef(line: string): BundledRef {
  const [, hash = '', name = ''] = /^([0-9a-f]+) (refs\/(?:bugs|identities)\/[!-~]+)$/.exec(line) ?? []
  if (!isObjectHash(hash)) throw unreadable('its head holds what does not belong there')
  return { name, hash }
}
