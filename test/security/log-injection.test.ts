/**
 * Nobody writes lines of the log but the program: not by addresses, headers, bodies, names of folders, refs or people,
 * neither for machines (JSON) nor for people at a terminal, which acts on control characters.
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { startProgram } from '../support/process.ts'
import { buildRepository, moveRef, writeLooseRef } from '../support/tracker-builder.ts'

/** A line end, a line of ours after it, and what turns a terminal's text red. */
const forged =
  '\r\n{"level":60,"msg":"forged"}\n[2026-01-01T00:00:00.000Z] FATAL: forged\u001b[31m\u009b31m\u202e\u2028'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'log-injection-'))
  const t = createTrackerWriter({ seed: 'log injection' })
  const mallory = t.identity({ name: forged, login: forged, email: forged, at: 1_700_000_000 })
  t.bug(mallory, { title: forged, message: forged, metadata: { [forged]: forged }, at: 1_700_000_001 })
  for (const name of ['kiln', `kiln${forged.replaceAll('/', '')}`]) {
    const path = join(home, `${name}.git`)
    await buildRepository(t, { dir: path })
    await moveRef(path, `refs/bugs/${'ab'.repeat(32)}`, mallory.tip)
    await writeLooseRef(path, `refs/bugs/${'cd'.repeat(32)}`, forged)
  }
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** Everything that visitors can say, said to a program with the most talkative log. @returns what it has logged */
async function provoke(format: 'json' | 'pretty'): Promise<string> {
  await using viewer = await startProgram({
    args: ['--log-format', format, home],
    env: { GIT_BUG_VIEWER_LOGS_REQUESTS: 'true', GIT_BUG_VIEWER_LOGS_LEVEL: 'trace' },
  })
  const typed = encodeURIComponent(forged)
  const { items } = (await (await fetch(`${viewer.url}/api/v1/repos`)).json()) as { items: { name: string }[] }
  expect(items).toHaveLength(2)
  const names = items.map(({ name }) => encodeURIComponent(name))
  for (const path of [
    ...names.flatMap(name => [`/${name}/-/bugs`, `/${name}/-/problems`, `/${name}/-/bugs.bundle`]),
    `/${typed}/-/bugs`,
    `/kiln/-/bugs?q=${typed}`,
    `/kiln/-/bugs/${typed}`,
    `/-/go/${typed}`,
    `/kiln.git/info/refs?service=${typed}`,
  ]) {
    await (await fetch(viewer.url + path)).text()
  }
  const post = async (path: string, headers: Record<string, string>, body: string) => {
    await (await fetch(viewer.url + path, { method: 'POST', headers, body })).text()
  }
  await post(`/hooks/post-receive?repo=${typed}`, {}, forged)
  await post('/hooks/post-receive', { 'x-github-event': 'push' }, JSON.stringify({ repository: { full_name: forged } }))
  await post('/kiln.git/git-upload-pack', { 'content-type': 'application/x-git-upload-pack-request' }, forged)
  // As they are, since browsers encode them.
  for (const head of [
    `GET /\u001b[31m HTTP/1.1\r\nHost: x`,
    `GET /\u009b31m HTTP/1.1\r\nHost: x`,
    `GET / HTTP/1.1\r\nHost: \u001b[31m`,
    `GET /x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: \u009b31m`,
    `GET /x HTTP/1.1\r\nHost: x\r\nX-Request-Id: {"level":60}\r\nRequest-Id: forged`,
  ]) {
    const socket = connect(Number(new URL(viewer.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(Buffer.from(`${head}\r\nConnection: close\r\n\r\n`, 'latin1'))
    await text(socket)
  }
  await viewer.stop()
  return viewer.output().stderr
}

test('a log for machines has one object in each line, all of them ours', async () => {
  const lines = (await provoke('json')).trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(20)
  const entries = lines.map(line => JSON.parse(line) as Record<string, unknown>)
  expect(entries.filter(({ msg, level }) => msg === 'forged' || level === 60)).toEqual([])
  expect(lines.filter(line => [...line].some(character => character < ' '))).toEqual([])
})

test('a log for people has no line but ours, and nothing that a terminal acts on', async () => {
  const log = await provoke('pretty')
  expect(log.split('\n').length).toBeGreaterThan(20)
  const acted = log.split('\n').filter(line => /[\p{Cc}\u202e\u2028]/u.test(line))
  expect(acted).toEqual([])
  expect(log.split('\n').filter(line => /^(?:\[2026-01-01|\{"level":60)/.test(line))).toEqual([])
})
