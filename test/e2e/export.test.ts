/** The command `export` as a process: what it prints, how it ends, what a signal does. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { projectRoot } from '../support/program.ts'
import { brokenLinks, filesOf } from '../support/static-site.ts'
import { buildRepository } from '../support/tracker-builder.ts'

let home: string
let repository: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'export-process-'))
  repository = await buildTracker('kiln.git', 150)
})
afterAll(() => rm(home, { recursive: true, force: true }))

async function buildTracker(path: string, bugs: number): Promise<string> {
  const t = createTrackerWriter({ seed: 'export' })
  const ada = t.identity({ name: 'ada', at: 1_700_000_000 })
  for (let index = 0; index < bugs; index++)
    t.bug(ada, { title: `Bug ${index}`, message: 'text', at: 1_700_000_000 + index })
  const dir = join(home, path)
  await mkdir(dirname(dir), { recursive: true })
  return (await buildRepository(t, { dir })).path
}

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program to its end. @param stopAt sends SIGINT once standard error or the folder says so */
async function run(args: readonly string[], whenStarted: (kill: () => void) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(projectRoot, 'bin/git-bug-viewer.js'), 'export', ...args], {
    cwd: home,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      // What watches slow readers does not keep a program that is done.
      GIT_BUG_VIEWER_STREAMS_STALL_SECONDS: '3600',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  whenStarted(() => child.kill('SIGINT'))
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject)
  child.on('close', resolve)
  return { status: await promise, stdout, stderr }
}

test('says a line for each repository and one at the end', async () => {
  const { status, stdout, stderr } = await run(['--out', 'site', '--formats', 'html', repository])
  expect(stderr).toMatch(/^kiln: (\d+) files, \1 written\n$/)
  expect(stdout).toMatch(/^\d+ files \(\d+\.\d MB\) in .*site, \d+ written, 0 unchanged, 0 removed, \d+\.\d s\n$/)
  expect(status).toBe(0)
  expect(brokenLinks(join(home, 'site'))).toEqual([])
  const again = await run(['--out', 'site', '--formats', 'html', repository])
  expect(again.stderr).toMatch(/^kiln: unchanged, \d+ files\n$/)
})

test.each([
  [['--out', 'x', 'no/such/folder'], /^git-bug-viewer: .*no\/such\/folder.*\n$/],
  [['kiln.git'], /^git-bug-viewer: export needs the option --out with the folder to write to\n$/],
  [
    ['--out', 'kiln.git', 'kiln.git'],
    /^git-bug-viewer: .*kiln\.git is not empty and was not written by an export;.*--force\n$/,
  ],
])('a mistake is one sentence and status 2: %j', async (args, sentence) => {
  const { status, stdout, stderr } = await run(args)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(sentence)
})

test('on SIGINT it ends in order, and the next run goes on', async () => {
  const out = join(home, 'stopped')
  // So many that they are not all written before somebody has seen the first of them.
  const many = await buildTracker('many/kiln.git', 600)
  const ended = await run(['--out', out, many], kill => {
    const look = setInterval(() => {
      if (!hasPages(out)) return
      clearInterval(look)
      kill()
    }, 5)
  })
  expect(ended.status).toBe(1)
  expect(ended.stdout).toMatch(/^stopped: /)
  const some = filesOf(out).length
  expect(some).toBeGreaterThan(0)
  const { status } = await run(['--out', out, many])
  expect(status).toBe(0)
  expect(filesOf(out).length).toBeGreaterThan(some)
  expect(brokenLinks(out)).toEqual([])
})

function hasPages(folder: string): boolean {
  try {
    return filesOf(folder).some(path => path.startsWith('kiln/'))
  } catch {
    return false
  }
}
