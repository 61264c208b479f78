import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { parseExposition } from '../support/exposition.ts'
import { projectRoot, startProgram } from '../support/program.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const at = 1_700_000_000
const t = createTrackerWriter({ seed: 'metrics' })
const ada = t.identity({ name: 'Ada Marsh', at })
const bugs = Array.from({ length: 10 }, (_, n) => t.bug(ada, { title: `Bug ${n}`, message: '', at: at + n }))
const token = 'not "quoted", but long'

let built: BuiltRepository
let folder: string
beforeAll(async () => {
  built = await buildRepository(t)
  folder = await mkdtemp(join(tmpdir(), 'metrics-'))
})
afterAll(async () => {
  await built[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const viewerWith = (settings: object = {}) => openViewer({ paths: [built.path], yaml: JSON.stringify(settings) })
async function readMetrics(viewer: Viewer, headers: Record<string, string> = {}) {
  const answer = await viewer.get('/metrics', headers)
  expect(answer.statusCode).toBe(200)
  return parseExposition(answer.payload)
}
const requests = 'gitbugviewer_http_request_duration_seconds_count'

test('the answer is text for Prometheus that no cache keeps, and tells the version', async () => {
  await using viewer = await viewerWith()
  const answer = await viewer.get('/metrics')
  expect(answer.headers).toMatchObject({
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
  })
  const { samples, value } = parseExposition(answer.payload)
  expect(samples.find(({ name }) => name === 'gitbugviewer_info')?.labels.version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(value('gitbugviewer_repositories')).toBe(1)
})

test('requests are counted by the pattern of their route: ten bugs, their feeds and wrong addresses are a few routes', async () => {
  await using viewer = await viewerWith()
  for (const { id } of bugs) {
    await viewer.get(`/tracker/-/bugs/${id}`)
    await viewer.get(`/tracker/-/bugs/${id.slice(0, 10)}`)
    await viewer.get(`/api/v1/repos/tracker/bugs/${id}`)
    await viewer.get(`/nobody/${id}`)
    await viewer.inject({ method: 'DELETE', url: `/${id}` })
  }
  const read = await readMetrics(viewer)
  const count = (route: string, status: string, method = 'GET') => read.value(requests, { route, status, method })
  expect(count('/:name/-/bugs/:id', '2xx')).toBe(10)
  expect(count('/:name/-/bugs/:id', '3xx')).toBe(10)
  expect(count('/api/v1/repos/:repo/bugs/:id', '2xx')).toBe(10)
  expect(count('/*', '4xx')).toBe(10)
  expect(count('unknown', '4xx', 'other')).toBe(10)
  expect(read.labelValues('route').length).toBe(4)
  expect(read.samples.filter(({ labels }) => /[0-9a-f]{7}/.test(JSON.stringify(labels)))).toEqual([])
})

test('a request that was refused is counted under the code of its error', async () => {
  await using viewer = await viewerWith()
  await viewer.get('/tracker/-/bugs/ffffffff')
  await viewer.get('/nobody/-/bugs')
  await viewer.get('/api/v1/nothing')
  await viewer.inject({ method: 'PUT', url: '/tracker/-/bugs' })
  const read = await readMetrics(viewer)
  const count = (code: string) => read.value('gitbugviewer_errors_total', { code, place: 'request' })
  expect(['BUG_UNKNOWN', 'REPOSITORY_UNKNOWN', 'PAGE_UNKNOWN', 'INTERNAL'].map(count)).toEqual([1, 1, 2, 0])
})

test('an answer is counted each time that it goes out, a short one for those who have the page too', async () => {
  await using viewer = await viewerWith()
  const url = '/tracker/-/bugs'
  const etag = String((await viewer.get(url)).headers.etag)
  for (let n = 0; n < 4; n++) await viewer.get(url)
  for (let n = 0; n < 3; n++) await viewer.get(url, { 'if-none-match': etag })
  const read = await readMetrics(viewer)
  const route = '/:name/-/bugs'
  expect([read.value(requests, { route, status: '2xx' }), read.value(requests, { route, status: '3xx' })]).toEqual([
    5, 3,
  ])
  expect(read.value('gitbugviewer_http_request_duration_seconds_sum', { route, status: '3xx' })).toBeGreaterThan(0)
})

test('a page that was sent before is a hit, and the git processes of its repository are counted', async () => {
  await using viewer = await viewerWith()
  const page = async (result: string) =>
    (await readMetrics(viewer)).value('gitbugviewer_lookups_total', { tier: 'page', result })
  await viewer.get('/tracker/-/bugs')
  expect([await page('hit'), await page('miss')]).toEqual([0, 1])
  await viewer.get('/tracker/-/bugs')
  expect([await page('hit'), await page('miss')]).toEqual([1, 1])
  const read = await readMetrics(viewer)
  expect(read.value('gitbugviewer_cache_bytes', { tier: 'page' })).toBeGreaterThan(1000)
  expect(read.value('gitbugviewer_git_processes_started_total', { command: 'for-each-ref' })).toBeGreaterThan(0)
})

describe('a token', () => {
  test('is asked for, and a missing or wrong one is refused in plain text', async () => {
    await using viewer = await viewerWith({ metrics: { token } })
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: token },
      { authorization: 'Bearer ' },
    ]) {
      const answer = await viewer.get('/metrics', headers as Record<string, string>)
      expect([answer.statusCode, answer.headers['www-authenticate'], answer.payload]).toEqual([
        401,
        'Bearer',
        'the token is missing or wrong\n',
      ])
    }
    const read = await readMetrics(viewer, { authorization: `Bearer ${token}` })
    expect(read.value('gitbugviewer_errors_total', { code: 'UNAUTHORIZED', place: 'request' })).toBe(4)
  })

  test('is not in the log', async () => {
    await using viewer = await viewerWith({ metrics: { token }, logs: { requests: true } })
    await viewer.get('/metrics', { authorization: `Bearer ${token}` })
    expect(JSON.stringify(viewer.logged)).not.toContain('but long')
  })
})

test('the address is outside the base path, and only there', async () => {
  await using viewer = await viewerWith({ server: { basePath: '/tracker' } })
  expect((await viewer.get('/metrics')).statusCode).toBe(200)
  expect((await viewer.get('/tracker/metrics')).statusCode).toBe(404)
  expect((await viewer.get('/metrics?name=x')).statusCode).toBe(200)
})

test('switched off, the address is none', async () => {
  await using viewer = await viewerWith({ metrics: { enabled: false } })
  expect((await viewer.get('/metrics')).statusCode).toBe(404)
  expect((await viewer.get('/tracker/-/bugs')).statusCode).toBe(200)
})

describe('a listener of its own', () => {
  async function startWith(metrics: object) {
    const config = join(folder, 'settings.yaml')
    const settings = { server: { port: 0 }, repositories: { list: [built.path] }, metrics }
    await writeFile(config, JSON.stringify(settings))
    return { args: ['--config', config, '--data-dir', folder], cwd: folder }
  }

  test('answers /metrics and nothing else, and the one of the pages has no such address', async () => {
    await using program = await startProgram(await startWith({ token, listen: { port: 0 } }))
    const { url } = await program.logged(line => line.msg === 'metrics have a listener of their own')
    const ask = (address: string, headers = {}) => fetch(new URL(address, String(url)), { headers })

    const answer = await ask('/metrics', { authorization: `Bearer ${token}` })
    expect(answer.status).toBe(200)
    expect(parseExposition(await answer.text()).value('gitbugviewer_repositories')).toBe(1)
    expect((await ask('/metrics')).status).toBe(401)
    expect((await ask('/')).status).toBe(404)
    expect((await ask('/tracker/-/bugs')).status).toBe(404)
    expect((await fetch(new URL('metrics', program.url))).status).toBe(404)
    expect(await program.stop()).toBe(0)
  })

  test('whose port is in use ends the program with a sentence that names the setting', async () => {
    await using taken = createServer()
    await new Promise<void>(settle => taken.listen(0, '127.0.0.1', settle))
    const { port } = taken.address() as AddressInfo
    const { args, cwd } = await startWith({ listen: { port } })
    const child = spawn(process.execPath, [join(projectRoot, 'bin/git-bug-viewer.js'), ...args], { cwd, stdio: 'pipe' })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const status = await new Promise(settle => child.on('close', settle))
    expect(status).toBe(2)
    expect(said).toContain(`metrics.listen: cannot listen on 127.0.0.1, port ${port}: the port is in use\n`)
  })
})
