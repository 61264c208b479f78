/** Mirrors with everything real but time: git, a server of real repositories, a folder on disk. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGate } from '../../src/base/gate.ts'
import { type Log, silentLog } from '../../src/base/log.ts'
import { type Measures, noMeasures } from '../../src/base/measures.ts'
import { parseRemotePattern } from '../../src/base/remote-pattern.ts'
import { parseRemoteUrl, type RemoteUrl } from '../../src/base/remote-url.ts'
import type { TrackerWriter } from '../../src/demo/writer.ts'
import { openGit } from '../../src/git/git.ts'
import { type AddressGuardOptions, createAddressGuard } from '../../src/mirrors/address-guard.ts'
import { type ColdStorage, noColdStorage } from '../../src/mirrors/cold-storage.ts'
import { openKnownMirrors } from '../../src/mirrors/known-mirrors.ts'
import type { MirrorPlace } from '../../src/mirrors/mirror.ts'
import { type MirrorFolder, openMirrorFolder } from '../../src/mirrors/mirror-folder.ts'
import type { ListedMirror, MirrorOptions } from '../../src/mirrors/mirror-tools.ts'
import { createMirrors, type Mirrors } from '../../src/mirrors/mirrors.ts'
import { createRoom } from '../../src/mirrors/room.ts'
import { inventHistory } from '../support/git-client.ts'
import { type HttpGitServer, openHttpGitServer } from '../support/git-servers.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'

/** Time between two fetches, unless a test says otherwise. */
export const refreshIntervalMs = 300_000
export const emptyMs = 600_000

export interface SceneOptions extends Partial<MirrorOptions> {
  /** Paths of addresses on the server that the settings list. */
  readonly listed?: readonly (Partial<Omit<ListedMirror, 'url'>> & { readonly path: string })[]
  /** Patterns; all of the server where it is not given. */
  readonly open?: readonly string[]
  readonly neverEvict?: readonly string[]
  readonly maxFetches?: number
  readonly maxBytes?: number
  readonly cold?: ColdStorage
  /** Of an earlier scene, which goes on with what that one has left. */
  readonly home?: string
  readonly allow?: readonly string[]
  readonly lookup?: AddressGuardOptions['lookup']
  readonly log?: Log
  /** Lets go of one that is to leave the disk; without it `used` decides. */
  release?(name: string): Promise<boolean>
  moved?(name: string): void
  readonly measures?: Measures
}

export interface MirrorScene extends AsyncDisposable {
  readonly mirrors: Mirrors
  readonly folder: MirrorFolder
  readonly clock: ManualClock
  /** Names of mirrors that were said to have moved. */
  readonly moved: string[]
  /** Names that are in use: they are not let go. */
  readonly used: Set<string>
  readonly home: string
  address(path: string): string
  nameOf(path: string): string
  /** Opens one as a visitor does, and waits until it is here. */
  bring(path: string): Promise<MirrorPlace>
  /** Ends the program and leaves its files. */
  end(): Promise<void>
}

/** Opens mirrors of what a server has. */
export async function openMirrorScene(server: HttpGitServer, options: SceneOptions = {}): Promise<MirrorScene> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'mirrors-')))
  const clock = createManualClock()
  const log = options.log ?? silentLog
  const moved: string[] = []
  const used = new Set<string>()
  const folder = await openMirrorFolder(home, { clock, log })
  const address = (path: string) => server.url(path)
  const known = await openKnownMirrors(join(home, 'opened.txt'), log)
  const bounds = { maxBytes: 1024 ** 3, minFreeBytes: 0, ...options }
  const room = createRoom(bounds, {
    folder,
    mayGo: name => mirrors.mayGo(name),
    evict: name => mirrors.evict(name),
  })
  const maxFetches = options.maxFetches ?? 2
  const mirrors: Mirrors = createMirrors(
    {
      listed: (options.listed ?? []).map(one => listedMirror(address(one.path), one)),
      open: (options.open ?? [`${server.origin}/**`]).map(text => parseRemotePattern(text)!),
      neverEvict: options.neverEvict ?? [],
      maxFetches,
    },
    {
      options: {
        refreshIntervalMs,
        emptyMs,
        maxRepositoryBytes: 256 * 1024 ** 2,
        maxObjects: 1_000_000,
        timeoutMs: 60_000,
        minFreeBytes: 0,
        ssh: {},
        ...options,
      },
      git: await openGit({ clock }),
      folder,
      room,
      guard: createAddressGuard({
        allow: options.allow ?? ['127.0.0.0/8'],
        ...(options.lookup && { lookup: options.lookup }),
      }),
      cold: options.cold ?? noColdStorage,
      gate: createGate(maxFetches),
      clock,
      log,
      measures: options.measures ?? noMeasures,
      moved: name => {
        moved.push(name)
        options.moved?.(name)
      },
      release: options.release ?? (async name => !used.has(name)),
    },
    known,
  )
  const nameOf = (path: string) => urlOf(address(path)).name
  const end = async () => {
    await mirrors[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  }
  return {
    mirrors,
    folder,
    clock,
    moved,
    used,
    home,
    address,
    nameOf,
    async bring(path) {
      const { name } = await mirrors.open(address(path), new AbortController().signal)
      const place = mirrors.find(name)!
      await place.mirror.obtain()
      return place
    },
    end,
    async [Symbol.asyncDispose]() {
      await end()
      await rm(home, { recursive: true, force: true })
    },
  }
}

function urlOf(text: string): RemoteUrl {
  const url = parseRemoteUrl(text)
  if ('mistake' in url) throw new Error(`the address ${url.mistake}`)
  return url
}

function listedMirror(text: string, one: Partial<Omit<ListedMirror, 'url'>>): ListedMirror {
  const url = urlOf(text)
  return { hidden: false, neverEvict: false, ...one, url, name: one.name ?? url.name }
}

export interface Remote extends AsyncDisposable {
  readonly server: HttpGitServer
  readonly t: TrackerWriter
  readonly built: BuiltRepository
  readonly bugs: ReturnType<typeof inventHistory>['bugs']
  readonly ada: ReturnType<typeof inventHistory>['ada']
}

/** A server with one tracker at some paths. */
export async function openRemote(...paths: readonly string[]): Promise<Remote> {
  const { t, bugs, ada } = inventHistory(paths.join())
  const built = await buildRepository(t)
  const server = await openHttpGitServer(Object.fromEntries(paths.map(path => [path, built.path])))
  return {
    server,
    t,
    built,
    bugs,
    ada,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await built[Symbol.asyncDispose]()
    },
  }
}
