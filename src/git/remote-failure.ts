/**
 * Why a remote could not be fetched, in the words of the error catalogue. git tells its reasons as English sentences;
 * those are read here, and what the remote says only where nothing else tells that it has no such repository. Messages
 * are this program's own: what git and the remote have printed goes into the data, for logs, without secrets.
 */
import { ViewerError } from '../base/errors.ts'
import type { GitEnd } from './process.ts'
import type { Said } from './remote-progress.ts'

/**
 * There is no repository; it wants other credentials, or this server does not vouch for itself; nobody answers there; it
 * takes too long; its address leads where none may lead; what it sends is damaged; anything else.
 */
export type FetchFailure = 'gone' | 'refused' | 'unreachable' | 'slow' | 'forbidden' | 'damaged' | 'failed'

/** A failure that was seen where it happened. */
export interface SeenFailure {
  readonly reason: FetchFailure
  readonly message: string
}

const sentences: Readonly<Record<FetchFailure, string>> = {
  gone: 'there is no repository at the address of the remote',
  refused: 'the remote does not let this server in, or is not the one that it was',
  unreachable: 'nobody answers at the address of the remote',
  slow: 'the remote takes too long',
  forbidden: 'the remote leads to another address',
  damaged: 'what the remote sends is damaged',
  failed: 'the remote cannot be fetched',
}

/** REMOTE_UNREACHABLE with a reason. */
export function remoteFailure(
  reason: FetchFailure,
  message: string = sentences[reason],
  more: { readonly stderr?: string; readonly cause?: unknown } = {},
): ViewerError {
  const { stderr, cause } = more
  return new ViewerError('REMOTE_UNREACHABLE', message, {
    data: { reason, ...(stderr === undefined ? {} : { stderr }) },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** REMOTE_TOO_LARGE. */
export function tooLarge(limit: 'bytes' | 'objects', message: string): ViewerError {
  return new ViewerError('REMOTE_TOO_LARGE', message, { data: { limit } })
}

const patterns: readonly (readonly [FetchFailure, RegExp])[] = [
  [
    'damaged',
    /fsck|invalid index-pack output|index-pack (?:failed|died)|unpack-objects|bad pack|pack (?:is corrupted|has|signature)|inflate|corrupt|bad object|did not send all necessary objects|bad line length|protocol error|invalid (?:packet|pkt)|unable to parse|missing blob|expected '?(?:flush|version|packfile|wanted|acknowledgments|object)|unknown object format|unexpected acknowledg|unresolved delta|hash mismatch|SHA1 COLLISION/i,
  ],
  [
    'gone',
    /access denied or repository not exported|does not appear to be a git repository|repository '[^']*' not found/,
  ],
  [
    'refused',
    /Permission denied|Host key verification failed|Authentication failed|could not read Username|Too many authentication failures|no matching host key/i,
  ],
  ['slow', /timed out during banner|Operation too slow/],
  [
    'unreachable',
    /Connection refused|No route to host|Network is unreachable|Connection timed out|Host is down|Could not resolve|unable to (?:connect|look up)|Connection reset by peer/i,
  ],
]

/** How forges say by ssh that there is nothing. */
const goneInWords = /repository .*not found|could not be found|does not exist|no such repository/i

/** What git and the remote printed, for a log. */
function printed({ own, remote }: Said, secrets: readonly string[]): string {
  return withoutSecrets([own, remote && `remote: ${remote}`].filter(Boolean).join('\n'), secrets).slice(0, 4096)
}

/** The error for a fetch that ended badly. */
export function explainFailure(
  said: Said,
  ended: {
    readonly end: GitEnd
    /** What was seen on the way to the remote, which knows better than git. */
    readonly seen?: SeenFailure | undefined
    readonly secrets?: readonly string[]
  },
): ViewerError {
  const { end, seen, secrets = [] } = ended
  const stderr = printed(said, secrets)
  if (end.spawnError) return remoteFailure('failed', 'git could not be started', { stderr, cause: end.spawnError })
  const local = localFailure(said.own, stderr)
  if (local) return local
  if (seen) return remoteFailure(seen.reason, seen.message, { stderr })
  const found = patterns.find(([, pattern]) => pattern.test(said.own))?.[0]
  if (found) return remoteFailure(found, undefined, { stderr })
  const isGone = goneInWords.test(said.remote) || goneInWords.test(said.own)
  return remoteFailure(isGone ? 'gone' : 'failed', undefined, { stderr })
}

/** Where this machine, and its limits, are the reason. */
export function localFailure(own: string, stderr: string): ViewerError | undefined {
  // The limit of a file's size, as an error of a write or as the signal of that name.
  if (/File too large|died of signal 25\b/.test(own)) return tooLarge('bytes', 'the remote is larger than the limit')
  if (/attempting to allocate|Out of memory/i.test(own)) {
    return tooLarge('objects', 'what the remote sends takes more memory than the limit')
  }
  if (/No space left on device|Disk quota exceeded/.test(own)) {
    return new ViewerError('MIRROR_NO_ROOM', 'the disk is full', { data: { stderr } })
  }
  if (/Read-only file system|Input\/output error|insufficient permission for adding/.test(own)) {
    return remoteFailure('failed', 'what the remote sends cannot be written to disk', { stderr })
  }
  return undefined
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => (secret === '' ? result : result.replaceAll(secret, '***')), text)
}
