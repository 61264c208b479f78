/**
 * What git is told when it talks to a remote, besides what `environment.ts` says of every git. Of what surrounds the
 * program nothing gets in but where programs and temporary files lie: no configuration of the system or the account, no
 * proxy, no credentials, no agent. A remote is a stranger, and an administrator's `url.insteadOf` or `.netrc` was
 * written for people, not for addresses that visitors name.
 */
import type { GitSettings } from './environment.ts'
import type { CommandExtra, GitSetup } from './process.ts'

/** Variables of the surroundings that reach git. */
const keptVariables = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'GIT_EXEC_PATH']

/** The same set-up without its surroundings. */
export function hermeticSetup(setup: GitSetup): GitSetup {
  const { ambient } = setup
  return { ...setup, ambient: Object.fromEntries(keptVariables.map(name => [name, ambient[name]])) }
}

/** Blobs that are larger are checked piece by piece, and never held in memory. */
const streamedFrom = '16m'
/** What git may ask for at once. Trees and commits are held whole, whatever size a pack says that they have. */
const maxAllocation = 256 * 1024 * 1024
/** git's own notes for each object of a pack that comes, and more. */
const bytesPerObject = 128
/**
 * Of one process: two objects as large as may be, what git keeps of others, and the notes of those who count objects.
 * Nothing else bounds a list of refs, which git holds as a whole, and which costs a remote nothing to send.
 */
const memoryFor = (maxObjects: number) => 3 * maxAllocation + 2 * maxObjects * bytesPerObject

const settings: GitSettings = [
  ['transfer.fsckObjects', 'true'],
  ['fetch.fsckObjects', 'true'],
  // Always a pack: it is checked as a whole, and its size is limited as one file.
  ['fetch.unpackLimit', '1'],
  ['transfer.unpackLimit', '1'],
  ['core.bigFileThreshold', streamedFrom],
  // One of several that may run at once; the pages have the other processors.
  ['pack.threads', '1'],
  ['fetch.showForcedUpdates', 'false'],
  ['advice.fetchShowForcedUpdates', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['fetch.bundleURI', ''],
  ['transfer.bundleURI', 'false'],
  ['fetch.uriProtocols', ''],
  ['protocol.version', '2'],
  ['repack.writeBitmaps', 'false'],
  ['http.proxy', ''],
  ['http.followRedirects', 'false'],
  ['http.cookieFile', ''],
  ['http.delegation', 'none'],
]

/** What every git of this kind has besides. @param maxObjects that may come, where any may */
export function remoteExtra(maxObjects = 0): CommandExtra & { readonly settings: GitSettings } {
  return {
    variables: {
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_ATTR_NOSYSTEM: '1',
      // Below a file nothing can be found.
      HOME: '/dev/null',
      XDG_CONFIG_HOME: '/dev/null',
      GIT_ALLOC_LIMIT: String(Math.max(maxAllocation, maxObjects * bytesPerObject)),
    },
    settings,
    hasChildren: true,
    maxMemoryBytes: memoryFor(maxObjects),
  }
}
