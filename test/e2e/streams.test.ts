/** Long answers of the real process: what it costs, and what is left of it after every kind of end. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { parseExposition } from '../support/exposition.ts'
import { type RunningProgram, startProgram } from '../support/process.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'

const start = 1_700_000_000
/** Far more than the buffers of a connection hold, and than is made for those who do not read. */
const content = Buffer.alloc(48 * 1024 * 1024, 'git-bug-viewer ')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const t = createTrackerWriter({ seed: 'streams' })
const ada = t.identity({ name: 'Ada', at: start })
const file = t.attach(content)
t.bug(ada, { title: 'With a file', message: 'see', at: start, files: [file] })

let built: BuiltRepository
beforeAll(async () => {
  built = await buildRepository(t)
})
afterAll(() => built[Symbol.asyncDispose]())

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'e2e-streams-'))
  return () => rm(data, { recursive: true, force: true })
})

const open = (env: Readonly<Record<string, string>> = {}) =>
  startProgram({
    args: ['--data-dir', data, built.path],
    env: { GIT_BUG_VIEWER_METRICS_ENABLED: 'true', ...env },
  })
const address = ({ url }: RunningProgram) => `${url}/tracker/-/files/${file}`
const files = async () =>
  (await readdir(join(data, 'streams-v1')).catch(() => [])).filter(name => name !== 'CACHEDIR.TAG')
const processes = () =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes(built.path))

async function filesRead({ url }: RunningProgram): Promise<number> {
  const { samples } = parseExposition(await (await fetch(`${url}/metrics`)).text())
  const started = samples.find(
    ({ name, labels }) => name === 'gitbugviewer_git_processes_started_total' && labels.command === 'cat-file',
  )
  return started?.value ?? 0
}

async function readAll(viewer: RunningProgram): Promise<string> {
  return sha256(new Uint8Array(await (await fetch(address(viewer))).arrayBuffer()))
}

/** A client that has the head of the answer and has not read on. */
async function beginReading(viewer: RunningProgram, headers = ''): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const { port, pathname } = new URL(address(viewer))
  const socket = connect(Number(port), '127.0.0.1', () => {
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
    socket.once('readable', () => resolve(socket))
  })
  socket.once('error', reject)
  return await promise
}

test('ten readers at once cost one process, also those who come later', async () => {
  await using viewer = await open()
  await (await fetch(`${viewer.url}/tracker/-/bugs`)).text()
  const before = await filesRead(viewer)
  expect(new Set(await Promise.all(Array.from({ length: 10 }, () => readAll(viewer))))).toEqual(
    new Set([sha256(content)]),
  )
  expect(await readAll(viewer)).toBe(sha256(content))
  expect((await filesRead(viewer)) - before).toBe(1)
  expect(await files()).toHaveLength(1)
})

describe('an end in the middle of a download', () => {
  test('on SIGTERM lets the client have all of it, and leaves nothing', async () => {
    await using viewer = await open()
    const socket = await beginReading(viewer)
    expect(await files()).toHaveLength(1)
    const stopped = viewer.stop()
    const answer = Buffer.concat(await socket.toArray())
    expect(sha256(answer.subarray(answer.indexOf('\r\n\r\n') + 4))).toBe(sha256(content))
    expect(await stopped).toEqual({ status: 0, signal: null })
    expect(viewer.output().stderr).not.toContain('cut off')
    expect([await files(), processes()]).toEqual([[], []])
  })

  test('by SIGKILL leaves a file that the next start sweeps, and no process', async () => {
    await using killed = await open()
    const socket = await beginReading(killed)
    await killed.stop('SIGKILL')
    socket.destroy()
    const left = await files()
    expect(left).toHaveLength(1)
    await expect.poll(processes).toEqual([])
    await using viewer = await open()
    await expect.poll(files).not.toEqual(left)
    expect(await readAll(viewer)).toBe(sha256(content))
  })
})

test('two instances with one folder: the start of the second takes nothing from the readers of the first', async () => {
  await using first = await open()
  const socket = await beginReading(first, 'Connection: close\r\n')
  const [name] = await files()
  await using second = await open()
  await expect.poll(files).not.toContain(name)
  expect(await readAll(second)).toBe(sha256(content))
  expect(await readAll(first)).toBe(sha256(content))
  const answer = Buffer.concat(await socket.toArray())
  expect(sha256(answer.subarray(answer.indexOf('\r\n\r\n') + 4))).toBe(sha256(content))
})

test('switched off, each reader has a process, and no file is written', async () => {
  await using viewer = await open({ GIT_BUG_VIEWER_STREAMS_ENABLED: 'false' })
  await (await fetch(`${viewer.url}/tracker/-/bugs`)).text()
  const before = await filesRead(viewer)
  expect(await Promise.all([readAll(viewer), readAll(viewer)])).toEqual([sha256(content), sha256(content)])
  expect((await filesRead(viewer)) - before).toBe(2)
  expect(await readdir(data)).not.toContain('streams-v1')
})
