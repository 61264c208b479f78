/**
 * The real git as a client of a viewer that listens on a port of this machine, with a repository that has much beside
 * its bugs and people.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTrackerWriter, type TrackerWriter } from '../../src/demo/writer.ts'
import { type Exposition, parseExposition } from './exposition.ts'
import { runGit } from './tracker-builder.ts'
import { openViewer, type Viewer } from './viewer.ts'

export interface ServedViewer extends AsyncDisposable {
  readonly viewer: Viewer
  /** Without a slash at its end. */
  readonly origin: string
  readonly port: number
  measures(): Promise<Exposition>
}

/** Opens a viewer that listens. @param settings of the settings file */
export async function serveRepositories(
  paths: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ServedViewer> {
  const viewer = await openViewer({ paths, yaml: JSON.stringify(settings) })
  const origin = await viewer.app.listen({ port: 0, host: '127.0.0.1' })
  return {
    viewer,
    origin,
    port: (viewer.app.server.address() as AddressInfo).port,
    measures: async () => parseExposition((await viewer.get('/metrics')).payload),
    [Symbol.asyncDispose]: () => viewer[Symbol.asyncDispose](),
  }
}

export interface GitClient extends AsyncDisposable {
  readonly folder: string
  /** Runs git in the folder, or in one inside it. */
  git(args: readonly string[], inside?: string): Promise<string>
  /** Makes an empty bare repository in the folder. */
  init(name: string, objectFormat?: string): Promise<string>
  /** What git says where it fails. @throws where it does not */
  complaint(args: readonly string[], inside?: string): Promise<string>
}

/** A folder for the repositories of one client. */
export async function openGitClient(): Promise<GitClient> {
  const folder = await mkdtemp(join(tmpdir(), 'git-client-'))
  const git = (args: readonly string[], inside = '.') => runGit(join(folder, inside), args)
  return {
    folder,
    git,
    async init(name, objectFormat = 'sha1') {
      await git(['init', '--quiet', '--bare', `--object-format=${objectFormat}`, name])
      return join(folder, name)
    },
    complaint: (args, inside) =>
      git(args, inside).then(
        () => {
          throw new Error(`git ${args.join(' ')} has succeeded`)
        },
        (error: unknown) => String(error),
      ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The refs of a repository that fetches are about, as git prints them: one line each, sorted. */
export async function entityRefs(path: string): Promise<string> {
  return await runGit(path, ['for-each-ref', '--format=%(objectname)%09%(refname)', 'refs/bugs', 'refs/identities'])
}

export const refspecs = ['refs/bugs/*:refs/bugs/*', 'refs/identities/*:refs/identities/*'] as const

/** Two people and some bugs with a history, one with a file. @param days of which each has a comment */
export function inventHistory(seed: string, options: { days?: number; objectFormat?: 'sha1' | 'sha256' } = {}) {
  const { days = 6, objectFormat = 'sha1' } = options
  const t = createTrackerWriter({ seed, objectFormat })
  const at = 1_700_000_000
  const ada = t.identity({ name: 'Ada Marsh', at })
  const bo = t.identity({ name: 'Bo Reed', at })
  const bugs = Array.from({ length: 5 }, (_, n) =>
    t.bug(n % 2 === 0 ? ada : bo, { title: `Bug ${n}`, message: `It smokes ${n} times.`, at: at + n }),
  )
  const file = t.attach('a file\n'.repeat(1000))
  for (let day = 1; day <= days; day++) {
    bugs[0]!.comment(bo, { message: `Day ${day}`, files: day === 1 ? [file] : [], at: at + day * 86_400 })
  }
  return { t, ada, bo, bugs, file, at }
}

/** Names of objects that a fetch must never give out. */
export interface Hidden {
  /** Of a branch, a tag, notes and others. */
  readonly commits: readonly string[]
  readonly blob: string
  /** Which no ref reaches. */
  readonly stray: string
}

/** Puts into a repository what is there in practice: code, tags, notes, branches of others. */
export async function hideMuch(path: string, t: TrackerWriter): Promise<Hidden> {
  const blob = (await runGit(path, ['hash-object', '-w', '--stdin'], { input: 'top secret' })).trim()
  const stray = (await runGit(path, ['hash-object', '-w', '--stdin'], { input: 'nobody refers to this' })).trim()
  const tree = (await runGit(path, ['mktree'], { input: `100644 blob ${blob}\tsecret\n` })).trim()
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  const commits: string[] = []
  for (const ref of ['refs/heads/main', 'refs/notes/commits', 'refs/remotes/origin/wip', 'refs/pull/1', 'refs/bug']) {
    const commit = (await runGit(path, [...identity, 'commit-tree', '-m', ref, tree])).trim()
    await runGit(path, ['update-ref', ref, commit])
    commits.push(commit)
  }
  // One tag of code, and one of a bug, which git would send along with it if it were asked to include tags.
  const bug = t.log.refs.keys().find(name => name.startsWith('refs/bugs/'))!
  await runGit(path, [...identity, 'tag', '-a', '-m', 'tag', 'v1', commits[0]!])
  await runGit(path, [...identity, 'tag', '-a', '-m', 'tag', 'of-a-bug', bug])
  commits.push((await runGit(path, ['rev-parse', 'v1'])).trim(), (await runGit(path, ['rev-parse', 'of-a-bug'])).trim())
  return { commits, blob, stray }
}
