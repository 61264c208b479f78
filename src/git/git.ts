/** The room's front: everything that other rooms ask of git. Only this room starts processes. */
import { type Clock, systemClock } from '../base/clock.ts'
import { type CommitRecord, walkHistory } from './history.ts'
import { importStream } from './import.ts'
import { createObjectReader, type ObjectReader } from './object-reader.ts'
import type { GitSetup } from './process.ts'
import { listRefs, type RefListing } from './refs.ts'
import { type GitVersion, hasBatchCommand, readGitVersion } from './version.ts'

export interface Git {
  readonly version: GitVersion
  readonly program: string
  listRefs(
    folder: string,
    options: { readonly prefixes: readonly string[]; readonly signal?: AbortSignal | undefined },
  ): Promise<RefListing>
  walkHistory(
    folder: string,
    options: {
      readonly tips: readonly string[]
      readonly signal?: AbortSignal | undefined
      onCommit(commit: CommitRecord): void
    },
  ): Promise<void>
  /** A reader of the repository's objects; dispose it. */
  openReader(folder: string): ObjectReader
  /** Fills a repository of the viewer's own. */
  importStream(gitDir: string, stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>
}

export interface GitOptions {
  readonly program?: string
  readonly clock?: Clock
  /** A git process that prints nothing for this long while it is waited for is ended. Default 60 s. */
  readonly silenceLimitMs?: number
  /** An object reader's process is ended when nothing was asked for this long. Default 15 s. */
  readonly readerIdleMs?: number
  readonly ambient?: Readonly<Record<string, string | undefined>>
}

/**
 * Checks the installed git and returns the room's front.
 * @throws GIT_MISSING, GIT_TOO_OLD
 */
export async function openGit(options: GitOptions = {}): Promise<Git> {
  const setup: GitSetup = {
    program: options.program ?? 'git',
    clock: options.clock ?? systemClock,
    silenceLimitMs: options.silenceLimitMs ?? 60_000,
    ambient: options.ambient ?? process.env,
  }
  const version = await readGitVersion(setup.program)
  return {
    version,
    program: setup.program,
    listRefs: (folder, listing) => listRefs(setup, folder, listing),
    walkHistory: (folder, walk) => walkHistory(setup, folder, walk),
    importStream: (gitDir, stream) => importStream(setup, gitDir, stream),
    openReader: folder =>
      createObjectReader(setup, folder, {
        protocol: hasBatchCommand(version) ? 'command' : 'plain',
        idleMs: options.readerIdleMs ?? 15_000,
      }),
  }
}
