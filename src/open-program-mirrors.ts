/** The mirrors as the settings want them. Like `compose.ts`, of which it is a part, it may know every room. */
import { join } from 'node:path'
import type { Clock } from './base/clock.ts'
import type { Log } from './base/log.ts'
import type { Measures } from './base/measures.ts'
import type { CacheManager } from './cache/cache-manager.ts'
import type { Settings } from './config/settings.ts'
import type { Git } from './git/git.ts'
import type { ListedMirror } from './mirrors/mirror-tools.ts'
import type { Mirrors } from './mirrors/mirrors.ts'

interface Parts {
  readonly git: Git
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
  /** Called when there is one: not before the program is complete. */
  manager(): CacheManager
}

/** True where any repository may be given by its address. */
export function wantsMirrors({ mirrors }: Settings): boolean {
  return mirrors.list.length > 0 || mirrors.open.length > 0
}

/** Opens them; undefined where the settings want none. @throws SETTING_INVALID */
export async function openProgramMirrors(settings: Settings, parts: Parts): Promise<Mirrors | undefined> {
  if (!wantsMirrors(settings)) return undefined
  // Loaded where it is wanted: it would be a part of every start.
  const [{ openMirrors }, { openRemoteProcess }] = await Promise.all([
    import('./mirrors/open-mirrors.ts'),
    import('./git/remote-process.ts'),
  ])
  const { git, clock, log, measures, manager } = parts
  const { list, open, refreshInterval, emptySeconds, timeoutSeconds, coldStorage, ...bounds } = settings.mirrors
  const { endpoint, bucket, accessKeyId, secretAccessKey, region, prefix } = coldStorage
  const isCold =
    endpoint !== undefined && bucket !== undefined && accessKeyId !== undefined && secretAccessKey !== undefined
  await using stack = new AsyncDisposableStack()
  const remotes = stack.use(openRemoteProcess(git))
  const mirrors = await openMirrors(
    {
      ...bounds,
      listed: list.map(listedMirror),
      open,
      folder: join(settings.dataDir, 'mirrors-v1'),
      refreshIntervalMs: refreshInterval * 1000,
      emptyMs: emptySeconds * 1000,
      timeoutMs: timeoutSeconds * 1000,
      coldStorage: isCold ? { endpoint, bucket, accessKeyId, secretAccessKey, region, prefix } : undefined,
    },
    {
      git: { remotes, listRefs: git.listRefs },
      clock,
      log,
      measures,
      moved: name => void manager().invalidate(name),
      release: name => manager().release(name),
    },
  )
  // Ends before the process that fetches for it.
  stack.use(mirrors)
  const resources = stack.move()
  return { ...mirrors, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

function listedMirror(entry: Settings['mirrors']['list'][number]): ListedMirror {
  const { url, name = url.name, description, owner, hidden, neverEvict, user, password } = entry
  const credentials = user === undefined || password === undefined ? undefined : { user, password }
  return { url, name, description, owner, hidden, neverEvict, credentials }
}
