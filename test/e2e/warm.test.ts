/** The command `warm`: what a server that is started after it, or runs beside it, need not read any more. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { digestOfRepository } from '../faults/recovery.ts'
import { parseExposition } from '../support/exposition.ts'
import { runProgram } from '../support/process.ts'
import { type RunningProgram, startProgram } from '../support/program.ts'
import { openRedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'

const start = 1_700_000_000
const bugs = 30
/** With the one person. */
const entities = bugs + 1

let home: string
let kiln: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'warm-'))
  const t = createTrackerWriter({ seed: 'warm' })
  const ada = t.identity({ name: 'Ada', at: start })
  for (let n = 0; n < bugs; n++) t.bug(ada, { title: `Firing ${n}`, message: `under wheelhouse${n}`, at: start + n })
  await mkdir(join(home, 'git'))
  kiln = (await buildRepository(t, { dir: join(home, 'git/kiln.git') })).path
  await runGit(home, ['init', '--quiet', '--bare', 'git/empty.git'])
})
afterAll(() => rm(home, { recursive: true, force: true }))

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram({ args, cwd: home, env: { HOME: home, GIT_CONFIG_GLOBAL: '/dev/null', ...env } })

async function startServer(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<RunningProgram> {
  const args = ['--port', '0', '--data-dir', dataDir, 'git']
  return await startProgram({ args, cwd: home, env: { GIT_BUG_VIEWER_METRICS_ENABLED: 'true', ...env } })
}

async function textAt({ url }: RunningProgram, path: string): Promise<string> {
  return await (await fetch(url + path)).text()
}

/** Entities by where they came from, and the git commands that were started. */
async function readingsOf(server: RunningProgram) {
  const { value, samples } = parseExposition(await textAt(server, 'metrics'))
  const commands = samples.filter(({ name }) => name === 'gitbugviewer_git_processes_started_total')
  return {
    stored: value('gitbugviewer_entities_total', { result: 'stored' }),
    read: value('gitbugviewer_entities_total', { result: 'read' }),
    commands: commands.map(({ labels }) => labels.command),
  }
}

test('a server that is started after it reads nothing from git but the list of refs, and finds every word', async () => {
  const before = await digestOfRepository(kiln)
  const { status, stdout, stderr } = await run(['warm', '--data-dir', 'after', 'git'])
  expect(stderr).toBe('kiln: 30 bugs, 1 person\n')
  expect(stdout).toMatch(/^2 repositories, 1 without bugs, 30 bugs, \d+\.\d s\n$/)
  expect(status).toBe(0)
  await using server = await startServer('after')
  const page = await textAt(server, 'kiln/-/bugs?q=wheelhouse17')
  expect(page).toContain('Firing 17')
  expect(page).not.toContain('Firing 16')
  expect(await readingsOf(server)).toEqual({ stored: entities, read: 0, commands: ['for-each-ref'] })
  expect(await digestOfRepository(kiln)).toBe(before)
})

test('beside a running server it gives the server its bugs, and says that texts are not shared', async () => {
  await runGit(home, ['clone', '--quiet', '--mirror', kiln, 'git/later.git'])
  await using server = await startServer('beside')
  // The server has its database of texts from the first repository on.
  expect(await textAt(server, 'kiln/-/bugs?q=wheelhouse17')).toContain('Firing 17')
  const { status, stderr } = await run(['warm', '--data-dir', 'beside', 'git'])
  expect(stderr).toContain('beside is in use by another process, which collects the texts for searching by itself\n')
  expect(status).toBe(0)
  const before = await readingsOf(server)
  expect(await textAt(server, 'later/-/bugs')).toContain('Firing 17')
  expect(await textAt(server, 'later/-/bugs?q=wheelhouse17')).toContain('Firing 17')
  const after = await readingsOf(server)
  expect([after.stored - before.stored, after.read - before.read]).toEqual([entities, 0])
})

test.skipIf(!hasProgram('redis-server'))(
  'with several instances and Redis one run is enough for all of them',
  async () => {
    await using redis = await openRedisServer()
    const shared = {
      GIT_BUG_VIEWER_STORE_REDIS_URL: redis.url,
      // A busy machine must not make a server that answers seem one that does not.
      GIT_BUG_VIEWER_STORE_REDIS_TIMEOUT_MILLISECONDS: '10000',
    }
    expect((await run(['warm', '--data-dir', 'one', 'git'], shared)).status).toBe(0)
    await using server = await startServer('another', shared)
    expect(await textAt(server, 'kiln/-/bugs?q=wheelhouse17')).toContain('Firing 17')
    expect(await readingsOf(server)).toEqual({ stored: entities, read: 0, commands: ['for-each-ref'] })
  },
)

describe('what goes wrong', () => {
  test('a repository that cannot be read is a line, the others are read, and the status is 1', async () => {
    const folder = join(home, 'partly')
    for (const name of ['broken', 'sound'])
      await runGit(home, ['clone', '--quiet', '--mirror', kiln, `partly/${name}.git`])
    await runGit(join(folder, 'broken.git'), ['config', 'core.repositoryFormatVersion', '99'])
    const { status, stdout, stderr } = await run(['warm', '--data-dir', 'partly-data', 'partly'])
    expect(stderr).toMatch(/^broken: could not be read: .*$/m)
    expect(stderr).toMatch(/^sound: 30 bugs, 1 person$/m)
    expect(stdout).toMatch(/^2 repositories, 1 could not be read, 30 bugs, /)
    expect(status).toBe(1)
  })

  test.each([
    [
      'nowhere to keep anything',
      { GIT_BUG_VIEWER_STORE_ENABLED: 'false' },
      ['git'],
      /the settings of store keep nothing/,
    ],
    ['no repository', {}, ['after'], /^git-bug-viewer: there is nothing to warm: no repository was found\n$/],
    ['an unknown option', {}, ['--jsn'], /^git-bug-viewer: "--jsn" is not an option of warm; the nearest is /],
  ])('%s is a mistake with status 2', async (_what, env, args, sentence) => {
    const { status, stdout, stderr } = await run(['warm', ...args], env)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(sentence)
  })
})
