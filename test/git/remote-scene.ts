/** A repository that is a copy of another one, for tests of how it becomes one. */
import { readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRemoteUrl, type RemoteUrl } from '../../src/base/remote-url.ts'
import { type Git, type GitOptions, openGit } from '../../src/git/git.ts'
import type { FetchProgress, RemoteAccess, RemoteLimits } from '../../src/git/remote-fetch.ts'

export const limits: RemoteLimits = { maxFileBytes: 100_000_000, maxObjects: 1_000_000, timeoutMs: 60_000 }

export interface CopyScene extends AsyncDisposable {
  readonly git: Git
  readonly home: string
  /** The copy. It was made, and is empty. */
  readonly gitDir: string
  /** Fetches into the copy. */
  fetch(url: string, more?: FetchOptions): Promise<FetchProgress[]>
}

export interface FetchOptions extends Partial<Omit<RemoteAccess, 'url'>> {
  readonly limits?: Partial<RemoteLimits>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: FetchProgress) => void
}

export async function openCopy(options: GitOptions = {}): Promise<CopyScene> {
  const home = await mkdtemp(join(tmpdir(), 'copy-'))
  const gitDir = join(home, 'copy.git')
  const git = await openGit(options)
  await git.remotes.init(gitDir)
  return {
    git,
    home,
    gitDir,
    async fetch(url, { limits: own, signal, onProgress, ...access } = {}) {
      const steps: FetchProgress[] = []
      const at = {
        gitDir,
        remote: { url: remoteUrl(url), address: '127.0.0.1', ...access },
        limits: { ...limits, ...own },
        onProgress(progress: FetchProgress) {
          steps.push(progress)
          onProgress?.(progress)
        },
      }
      await git.remotes.fetch(at, signal ?? new AbortController().signal)
      return steps
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  }
}

/** An address that is known to be sound. */
export function remoteUrl(text: string): RemoteUrl {
  const url = parseRemoteUrl(text)
  if ('mistake' in url) throw new Error(`${text} ${url.mistake}`)
  return url
}

/** The processes that were started in a folder and run now. */
export function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter(pid => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)
    } catch {
      return false
    }
  })
}

/** All files below a folder, sorted. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}
