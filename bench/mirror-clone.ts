/**
 * One clone by the viewer against plain git, and opening what is there: see `mirrors.ts`. The first clone of the
 * viewer is the first thing that a new process with an empty data folder is asked for; what it has must be what the remote
 * has.
 */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runGit } from '../test/support/tracker-builder.ts'
import { openBenchFolder } from './bench-folder.ts'
import { readCounters } from './counters.ts'
import { type MirrorServer, openByForm, writeMirrorSettings } from './mirror-server.ts'
import { waitUntilIdle } from './process-memory.ts'
import type { BenchRepository } from './repository.ts'
import { openViewer, waitForPage } from './viewer-process.ts'

const run = promisify(execFile)
const refspecs = ['+refs/bugs/*:refs/bugs/*', '+refs/identities/*:refs/identities/*']

export interface CloneRound {
  /** `git init` and `git fetch`. */
  readonly gitMs: number
  /** What the viewer itself says that its clone took. */
  readonly cloneMs: number
  /** The same in the same process, of the same repository at another address. */
  readonly secondMs: number
  /** From the form to the list page. */
  readonly pageMs: number
  /** Requests to the remote when a new process opens what is on disk. */
  readonly askedAgain: number
  /** Until its list page is there, the program running. */
  readonly openMs: number
}

export interface CloneOrder {
  readonly server: MirrorServer
  /** Two paths of the same repository. */
  readonly paths: readonly [string, string]
}

async function clonePlainly(folder: string, address: string): Promise<number> {
  const gitDir = join(folder, 'plain.git')
  const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  const startMs = performance.now()
  await run('git', ['init', '--quiet', '--bare', gitDir], { env })
  await run('git', ['-C', gitDir, 'fetch', '--quiet', address, ...refspecs], { env })
  return performance.now() - startMs
}

/** One of each. */
export async function measureClone({ server, paths }: CloneOrder): Promise<CloneRound> {
  await using home = await openBenchFolder()
  const [first, second] = paths.map(path => `${server.url}/${path}`) as [string, string]
  const dataDir = join(home.path, 'data')
  await mkdir(dataDir)
  const config = await writeMirrorSettings(home.path, { open: [`${server.url}/**`] })
  const gitMs = await clonePlainly(home.path, first)
  const options = { paths: [], config, dataDir }
  const cloned = await cloneByViewer(options, { first, second, server })
  const known = server.repository(paths[0])
  const before = await server.asked()
  const openMs = await openAgain(options, known)
  const askedAgain = (await server.asked()) - before
  return { gitMs, ...cloned, askedAgain, openMs }
}

interface ViewerHome {
  readonly paths: readonly string[]
  readonly config: string
  readonly dataDir: string
}

async function cloneByViewer(
  options: ViewerHome,
  { first, second, server }: { first: string; second: string; server: MirrorServer },
) {
  await using viewer = await openViewer(options)
  const spentMs = async () => {
    const name = 'gitbugviewer_mirror_fetch_duration_seconds_sum'
    return 1000 * (await readCounters(viewer.client)).sum(name, 'kind="clone"')
  }
  await waitUntilIdle(viewer.pid)
  const startMs = performance.now()
  const { answer } = await waitForPage(viewer.client, await openByForm(viewer, first))
  const pageMs = performance.now() - startMs
  if (!answer.body.includes(first)) throw new Error('the page does not say where it is from')
  const cloneMs = await spentMs()
  // Such as indexing the first one.
  await waitUntilIdle(viewer.pid)
  await waitForPage(viewer.client, await openByForm(viewer, second))
  await checkRefs(options.dataDir, new URL(first).pathname, server)
  return { pageMs, cloneMs, secondMs: (await spentMs()) - cloneMs }
}

async function checkRefs(dataDir: string, path: string, server: MirrorServer): Promise<void> {
  const listing = ['for-each-ref', 'refs/bugs', 'refs/identities']
  const wanted = await runGit(server.repository(path.slice(1)).path, listing)
  const { stdout } = await run('find', [join(dataDir, 'mirrors-v1'), '-name', 'repository.git'])
  for (const gitDir of stdout.trim().split('\n')) {
    if ((await runGit(gitDir, listing)) !== wanted) throw new Error('the mirror has other refs than the remote')
  }
}

async function openAgain(options: ViewerHome, { name }: BenchRepository): Promise<number> {
  await using viewer = await openViewer(options)
  const startMs = performance.now()
  await waitForPage(viewer.client, `/${name}/-/bugs`)
  const openMs = performance.now() - startMs
  await waitUntilIdle(viewer.pid)
  return openMs
}
