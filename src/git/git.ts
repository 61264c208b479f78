/** The room's front: everything that other rooms ask of git. Only this room starts processes. */
import { type Clock, systemClock } from '../base/clock.ts'
import { type Measures, noMeasures } from '../base/measures.ts'
import { type CommitRecord, walkHistory } from './history.ts'
import { createIdleProcesses } from './idle-processes.ts'
import { importStream } from './import.ts'
import { createObjectReader, type ObjectReader } from './object-reader.ts'
import { type ObjectSize, readObjectSizes } from './object-sizes.ts'
import type { GitSetup } from './process.ts'
import { createProcessTally, type ProcessTally } from './process-tally.ts'
import { findReadme, type ReadmeFile } from './readme.ts'
import { listRefs, type RefListing } from './refs.ts'
import { createRemoteGit, type RemoteGit } from './remote-fetch.ts'
import {
  arePackable,
  areReachable,
  type Out,
  sendBlob,
  sendPack,
  sendUploadPack,
  type UploadPackRequest,
} from './send-objects.ts'
import { type GitVersion, hasBatchCommand, readGitVersion } from './version.ts'

export interface Git {
  readonly version: GitVersion
  readonly program: string
  /** Plain data, from which `createGit` makes the same front in another thread. */
  readonly plan: GitPlan
  /** Counts the processes, also those that another thread starts. */
  readonly tally: ProcessTally
  listRefs(
    folder: string,
    options: { readonly prefixes: readonly string[]; readonly signal?: AbortSignal | undefined },
  ): Promise<RefListing>
  walkHistory(
    folder: string,
    options: {
      readonly tips: readonly string[]
      readonly maxCommits?: number
      readonly signal?: AbortSignal | undefined
      onCommit(commit: CommitRecord): void
    },
  ): Promise<void>
  /** The README at the root of HEAD; undefined where there is none. @param reader of that repository */
  findReadme(folder: string, reader: ObjectReader, signal?: AbortSignal): Promise<ReadmeFile | undefined>
  /** A reader of the repository's objects; dispose it. */
  openReader(folder: string): ObjectReader
  /** What some hashes name, see `object-sizes.ts`. */
  readObjectSizes(
    at: { readonly folder: string; readonly hashes: readonly string[] },
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ObjectSize>>
  /** One blob, see `send-objects.ts`; so are the next four. */
  sendBlob(at: { readonly folder: string; readonly hash: string }, out: Out): Promise<void>
  sendPack(at: { readonly folder: string; readonly tips: readonly string[] }, out: Out): Promise<void>
  sendUploadPack(at: { readonly gitDir: string; readonly request: UploadPackRequest }, out: Out): Promise<void>
  arePackable(
    at: { readonly folder: string; readonly tips: readonly string[]; readonly maxWorkMs: number },
    signal: AbortSignal,
  ): Promise<boolean>
  areReachable(
    at: { readonly folder: string; readonly tips: readonly string[]; readonly hashes: readonly string[] },
    signal: AbortSignal,
  ): Promise<boolean>
  /** Fills a repository of the viewer's own. */
  importStream(gitDir: string, stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>
  /** Copies of repositories that lie elsewhere. */
  readonly remotes: RemoteGit
}

export interface GitOptions {
  readonly program?: string
  readonly clock?: Clock
  /** A git process that prints nothing for this long while it is waited for is ended. Default 60 s. */
  readonly silenceLimitMs?: number
  /** An object reader's process is ended when nothing was asked for this long. Default 15 s. */
  readonly readerIdleMs?: number
  readonly ambient?: Readonly<Record<string, string | undefined>>
  /** What is told of the processes that are started. */
  readonly measures?: Measures
}

/** What the room needs to know to start git: plain data that can be sent to another thread. */
export interface GitPlan {
  readonly program: string
  readonly version: GitVersion
  readonly silenceLimitMs: number
  readonly readerIdleMs: number
}

/**
 * Checks the installed git and returns the room's front.
 * @throws GIT_MISSING, GIT_TOO_OLD
 */
export async function openGit(options: GitOptions = {}): Promise<Git> {
  const program = options.program ?? 'git'
  const plan: GitPlan = {
    program,
    version: await readGitVersion(program),
    silenceLimitMs: options.silenceLimitMs ?? 60_000,
    readerIdleMs: options.readerIdleMs ?? 15_000,
  }
  return createGit(plan, { ...options, tally: createProcessTally(options.measures ?? noMeasures) })
}

/** What a front takes of the thread that it is in. */
export interface GitSurroundings extends Pick<GitOptions, 'clock' | 'ambient'> {
  readonly tally: ProcessTally
}

/** Object readers of repositories that are open, and that nobody asks anything just now. */
const mostIdle = 16

/** The room's front over a git that was checked. */
export function createGit(plan: GitPlan, options: GitSurroundings): Git {
  const { program, version, silenceLimitMs, readerIdleMs } = plan
  const { tally } = options
  const idle = createIdleProcesses(mostIdle)
  const setup: GitSetup = {
    program,
    clock: options.clock ?? systemClock,
    silenceLimitMs,
    ambient: options.ambient ?? process.env,
    tally,
  }
  return {
    version,
    program,
    plan,
    tally,
    listRefs: (folder, listing) => listRefs(setup, folder, listing),
    walkHistory: (folder, walk) => walkHistory(setup, folder, walk),
    importStream: (gitDir, stream) => importStream(setup, gitDir, stream),
    readObjectSizes: (at, signal) => readObjectSizes(setup, at, signal),
    sendBlob: (at, out) => sendBlob(setup, at, out),
    sendPack: (at, out) => sendPack(setup, at, out),
    sendUploadPack: (at, out) => sendUploadPack(setup, at, out),
    arePackable: (at, signal) => arePackable(setup, at, signal),
    areReachable: (at, signal) => areReachable(setup, at, signal),
    remotes: createRemoteGit(setup, version),
    findReadme: (folder, reader, signal) => findReadme(setup, { folder, reader }, signal),
    openReader: folder =>
      createObjectReader(setup, folder, {
        protocol: hasBatchCommand(version) ? 'command' : 'plain',
        idleMs: readerIdleMs,
        idle,
      }),
  }
}
