import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { runGit as runOne } from '../../src/git/process.ts'
import { hermeticSetup, remoteExtra } from '../../src/git/remote-environment.ts'
import { runRemoteGit } from '../../src/git/remote-run.ts'
import { entityRefs, inventHistory } from '../support/git-client.ts'
import { openDaemonGitServer, openHttpGitServer, openSshGitServer } from '../support/git-servers.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { hasProgram } from '../support/required-programs.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'
import { filesIn, limits, openCopy, processesIn } from './remote-scene.ts'

const path = 'group/tool.git'
const signal = new AbortController().signal
const setup = { program: 'git', clock: systemClock, silenceLimitMs: 60_000, ambient: process.env }
const whole = (gitDir: string) =>
  filesIn(join(gitDir, 'objects')).filter(name => !/^pack\/pack-\w+\.(?:pack|idx|rev)$/.test(name))

/** A tracker with a file of three megabytes that cannot be compressed. */
function heavyTracker() {
  const t = createTrackerWriter({ seed: 'heavy' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'heavy', message: '', at: 1_700_000_100 })
  return { t, ada, bug, attach: () => t.attach(randomBytes(3_000_000)) }
}

describe('the size of files', () => {
  test('is limited where it is written: whatever comes, none is larger by a byte', async () => {
    const { t, ada, bug, attach } = heavyTracker()
    bug.comment(ada, { message: 'x', files: [attach()], at: 1_700_000_200 })
    await using built = await buildRepository(t)
    await using server = await openDaemonGitServer({ [path]: built.path })
    await using copy = await openCopy()
    const extra = remoteExtra()
    const result = await runRemoteGit(
      hermeticSetup(setup),
      {
        gitDir: copy.gitDir,
        args: ['fetch', '--progress', '--', server.url(path), 'refs/bugs/*:refs/bugs/*'],
        extra: { ...extra, variables: { ...extra.variables, GIT_ALLOW_PROTOCOL: 'git' } },
        limits: { ...limits, maxFileBytes: 1_000_000 },
      },
      signal,
    )
    expect(result.end.status).not.toBe(0)
    expect(result.said.own).toContain('File too large')
    const folder = join(copy.gitDir, 'objects/pack')
    // The last whole block below the limit: it was reached, and not exceeded.
    expect(readdirSync(folder).map(name => statSync(join(folder, name)).size)).toEqual([999_936])
  })

  test('that is exceeded is told; nothing of it stays, and the same with more room is fetched', async () => {
    const { t, ada, bug, attach } = heavyTracker()
    await using built = await buildRepository(t)
    await using server = await openHttpGitServer({ [path]: built.path })
    await using copy = await openCopy()
    await copy.fetch(server.url(path), { limits: { maxFileBytes: 1_000_000 } })
    const before = await entityRefs(copy.gitDir)
    const files = filesIn(copy.gitDir)
    bug.comment(ada, { message: 'x', files: [attach()], at: 1_700_000_200 })
    await applyTo(built.path, t)
    const attempt = copy.fetch(server.url(path), { limits: { maxFileBytes: 1_000_000 } })
    await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_TOO_LARGE', data: { limit: 'bytes' } })
    expect(filesIn(copy.gitDir)).toEqual(files)
    expect(await entityRefs(copy.gitDir)).toBe(before)
    await copy.fetch(server.url(path), { limits: { maxFileBytes: 4_000_000 } })
    expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(built.path))
  })

  test('is no limit for the bytes that git prints, and none where none is given', async () => {
    const extra = { maxFileBytes: 0 }
    const { stdout } = await runOne({ ...setup, extra }, '/', ['help', '-a'])
    expect(stdout.length).toBeGreaterThan(1000)
    const limit = async (maxFileBytes: number) =>
      (await runOne({ ...setup, program: 'sh', extra: { maxFileBytes } }, '/', ['-c', 'ulimit -f; ulimit -c'])).stdout
    expect(String(await limit(1_048_576))).toBe('2048\n0\n')
    // What may be run is no text for a shell.
    const echo = { ...setup, program: 'printf', extra: { maxFileBytes: 512 } }
    expect(String((await runOne(echo, '/', ['%s|', '$(id)', '; ls', "'", '-x'])).stdout)).toBe("$(id)|; ls|'|-x|")
  })
})

test('more objects than may come are refused when the remote has counted them, before one has come', async () => {
  const { t } = inventHistory('many objects')
  await using built = await buildRepository(t)
  await using server = await openHttpGitServer({ [path]: built.path })
  // Of what the remote says it is the first line that ends, on a busy machine after some that do not; the pack never comes.
  server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 300 } : {})
  await using copy = await openCopy()
  const attempt = copy.fetch(server.url(path), { limits: { maxObjects: 10 } })
  await expect(attempt).rejects.toMatchObject({ code: 'REMOTE_TOO_LARGE', data: { limit: 'objects' } })
  expect(whole(copy.gitDir)).toEqual([])
  expect(await entityRefs(copy.gitDir)).toBe('')
  server.behave = () => ({})
  await copy.fetch(server.url(path), { limits: { maxObjects: 1000 } })
})

describe('time', () => {
  test('that is up ends the fetch, however far it has come', async () => {
    const { t } = inventHistory('time')
    await using built = await buildRepository(t)
    for (const kind of ['capabilities', 'refs', 'fetch']) {
      await using server = await openHttpGitServer({ [path]: built.path })
      const clock = createManualClock()
      await using copy = await openCopy({ clock })
      const isHeld = new Promise<void>(held => {
        server.behave = request => {
          if (request.kind !== kind) return {}
          held()
          return { holdAfterBytes: 40 }
        }
      })
      const attempt = copy.fetch(server.url(path), { limits: { timeoutMs: 30_000 } })
      const outcome = expect(attempt).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE', data: { reason: 'slow' } })
      await isHeld
      clock.advance(30_000)
      await outcome
      expect(whole(copy.gitDir)).toEqual([])
      await expect.poll(() => processesIn(copy.gitDir)).toEqual([])
      expect(clock.timers).toBe(0)
    }
  })

  test.skipIf(!hasProgram('sshd'))(
    'is up for servers of each kind that take a connection and say nothing',
    async () => {
      await using built = await buildRepository(inventHistory('silence', { days: 1 }).t)
      await using daemon = await openDaemonGitServer({ [path]: built.path })
      await using ssh = await openSshGitServer({ [path]: built.path })
      for (const server of [daemon, ssh]) {
        server.silence()
        const clock = createManualClock()
        await using copy = await openCopy({ clock })
        const attempt = copy.fetch(server.url(path), { limits: { timeoutMs: 500 } })
        const outcome = expect(attempt).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE', data: { reason: 'slow' } })
        await expect.poll(() => server.asked).toBe(1)
        clock.advance(500)
        await outcome
        expect(server.asked).toBe(1)
        await expect.poll(() => processesIn(copy.gitDir)).toEqual([])
      }
    },
  )

  test('in which nothing at all is said is limited, too', async () => {
    await using built = await buildRepository(inventHistory('hush', { days: 1 }).t)
    await using server = await openHttpGitServer({ [path]: built.path })
    await using copy = await openCopy({ silenceLimitMs: 400 })
    server.behave = ({ kind }) => (kind === 'refs' ? { holdAfterBytes: 4 } : {})
    await expect(copy.fetch(server.url(path))).rejects.toMatchObject({ data: { reason: 'slow' } })
  })
})

describe('a fetch that nobody wants any more', () => {
  test.each(['capabilities', 'refs', 'fetch'])('ends with all its processes while it waits for %s', async kind => {
    await using built = await buildRepository(inventHistory('abort').t)
    await using server = await openHttpGitServer({ [path]: built.path })
    await using copy = await openCopy()
    const stop = new AbortController()
    const isHeld = new Promise<void>(held => {
      server.behave = request => {
        if (request.kind !== kind) return {}
        held()
        return { holdAfterBytes: kind === 'fetch' ? 3000 : 40 }
      }
    })
    const attempt = copy.fetch(server.url(path), { signal: stop.signal })
    const outcome = expect(attempt).rejects.toThrow('enough')
    await isHeld
    expect(processesIn(copy.gitDir).length).toBeGreaterThan(0)
    stop.abort(new Error('enough'))
    await outcome
    await expect.poll(() => processesIn(copy.gitDir)).toEqual([])
    expect(whole(copy.gitDir)).toEqual([])
    expect(await entityRefs(copy.gitDir)).toBe('')
  })

  test('before it has begun asks nobody', async () => {
    await using built = await buildRepository(inventHistory('abort', { days: 1 }).t)
    await using server = await openHttpGitServer({ [path]: built.path })
    await using copy = await openCopy()
    const attempt = copy.fetch(server.url(path), { signal: AbortSignal.abort(new Error('never')) })
    await expect(attempt).rejects.toThrow('never')
    expect(server.asked).toBe(0)
  })
})
