/** The command `check` as a process: what it prints where, and how it ends. What it finds is for `commands/check.test.ts`. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { runProgram } from '../support/process.ts'
import { buildRepository, removeObject } from '../support/tracker-builder.ts'

const at = 1_700_000_000

let home: string
let refOfSecond: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'check-process-'))
  const t = createTrackerWriter({ seed: 'check' })
  const ada = t.identity({ name: 'Ada', at })
  t.bug(ada, { title: 'It smokes', message: 'A lot.', at })
  await buildRepository(t, { dir: join(home, 'sound.git') })
  const second = t.bug(ada, { title: 'It rattles', message: 'At night.', at: at + 10 })
  refOfSecond = second.ref
  await buildRepository(t, { dir: join(home, 'broken.git'), loose: true })
  await removeObject(join(home, 'broken.git'), second.tip)
})
afterAll(() => rm(home, { recursive: true, force: true }))

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram({ args, cwd: home, env: { HOME: home, GIT_CONFIG_GLOBAL: '/dev/null', ...env } })

test('a sound repository: one line on standard output, nothing on standard error, nothing on disk, status 0', async () => {
  const files = await readdir(home)
  const { status, stdout, stderr } = await run(['check', 'sound.git'], { XDG_CACHE_HOME: '/nowhere' })
  expect(stdout).toMatch(/^1 repository, 1 bug, 1 person, 0 attached files, no problems, \d+\.\d s\n$/)
  expect([status, stderr]).toEqual([0, ''])
  expect(await readdir(home)).toEqual(files)
})

test('problems: a line each and status 1, also of the repositories of a settings file', async () => {
  const list = JSON.stringify([{ name: 'tracker', path: join(home, 'broken.git') }])
  const env = { GIT_BUG_VIEWER_REPOSITORIES_LIST: list }
  const { status, stdout } = await run(['check', 'sound.git'], env)
  expect(stdout.split('\n')[0]).toContain(`tracker: ${refOfSecond}: `)
  expect(stdout).toMatch(/^2 repositories, 2 bugs, 2 people, 0 attached files, 1 problem, /m)
  expect(status).toBe(1)
})

test.each([
  [['check', 'no/such/folder'], /no\/such\/folder/],
  [['check', '--jsom', 'sound.git'], /^git-bug-viewer: "--jsom" is not an option of check; the nearest is --json\n$/],
  [['check', 'https://git.example.org/kiln'], /^git-bug-viewer: check fetches nothing: the PATH /],
])('a mistake is one sentence and status 2: %j', async (args, sentence) => {
  const { status, stdout, stderr } = await run(args)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(sentence)
  expect(stderr.split('\n')).toHaveLength(2)
})
