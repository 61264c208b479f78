/** Filling a repository of the viewer's own: what becomes of git when the stream, or git itself, does not go on. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { importStream } from '../../src/git/import.ts'
import type { GitSetup } from '../../src/git/process.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { runGit } from '../support/tracker-builder.ts'
import { fakeGit, isRunning, until } from './fake-git.ts'

const setup: GitSetup = { program: 'git', clock: systemClock, silenceLimitMs: 20_000, ambient: process.env }
const content = 'x'.repeat(100_000)
const oneFile = `blob\ndata ${content.length}\n${content}\n`
const commit = 'commit refs/heads/main\ncommitter Ada <a@b.example> 1700000000 +0000\ndata 2\nhi\n\ndone\n'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-'))
  await runGit(folder, ['init', '--quiet', '--bare', '.'])
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a stream of more than a pipe takes at once arrives whole', async () => {
  await importStream(setup, folder, [...Array.from({ length: 20 }, () => Buffer.from(oneFile)), Buffer.from(commit)])
  expect(await runGit(folder, ['log', '--format=%s', 'main'])).toBe('hi\n')
})

test('a stream that fails ends git, and its own error is what is told', async () => {
  async function* failing() {
    yield Buffer.from(oneFile)
    throw new Error('the content is wrong')
  }
  await expect(importStream(setup, folder, failing())).rejects.toThrow('the content is wrong')
  expect(await runGit(folder, ['for-each-ref'])).toBe('')
})

test('a stream that git refuses is a failure that says why', async () => {
  const refused = importStream(setup, folder, [Buffer.from('what is this\n')])
  await expect(refused).rejects.toMatchObject({ code: 'GIT_FAILED', message: expect.stringContaining('fast-import') })
})

test('git that ends while more is to come is a failure, and nobody waits for its pipe', async () => {
  await using git = await fakeGit('exit 3')
  const all = Array.from({ length: 50 }, () => Buffer.from(oneFile))
  await expect(importStream({ ...setup, program: git.program }, folder, all)).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
})

test('git that takes the stream and then says nothing is ended in time', async () => {
  const clock = createManualClock()
  await using git = await fakeGit(`cat >/dev/null; echo $$ >"$(dirname "$0")/pid"; exec sleep 1000`)
  const importing = importStream({ ...setup, program: git.program, clock }, folder, [Buffer.from(commit)])
  const pidFile = join(git.folder, 'pid')
  const pid = async () => Number(await readFile(pidFile, 'utf8').catch(() => ''))
  await expect.poll(pid).toBeGreaterThan(0)
  const process = await pid()
  clock.advance(setup.silenceLimitMs)
  await expect(importing).rejects.toMatchObject({ code: 'GIT_TIMEOUT' })
  await until(() => !isRunning(process))
})
