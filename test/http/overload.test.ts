/** What is refused, and what is not, where the server has more to do than it can. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  const at = 1_700_000_000
  const t = createTrackerWriter({ seed: 'overload' })
  const ada = t.identity({ name: 'Ada', at })
  t.bug(ada, { title: 'It smokes', message: '', at })
  built = await buildRepository(t)
  // Any process has more memory than that; it takes two looks to be sure.
  viewer = await openViewer({ paths: [built.path], yaml: 'overload: { maxResidentBytes: 1 MiB }' })
  expect((await viewer.get('/tracker/-/bugs')).statusCode).toBe(200)
  while ((await viewer.get('/readyz')).statusCode === 200) await new Promise(resolve => setImmediate(resolve))
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

describe('a server that has more to do than it can', () => {
  test('tells visitors to come back, in the form that was asked for', async () => {
    const page = await viewer.get('/tracker/-/bugs?q=smokes')
    expect(page.statusCode).toBe(503)
    expect(page.headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store' })
    expect(page.headers['content-security-policy']).toBeDefined()
    expect(page.body).toContain('More is asked of this site right now than it can do.')
    expect((await viewer.get('/api/v1/repos/tracker/bugs')).json()).toMatchObject({
      statusCode: 503,
      code: 'OVERLOADED',
    })
    const text = await viewer.get('/tracker/-/bugs.csv')
    expect([text.statusCode, text.headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8'])
    const fetched = await viewer.get('/tracker.git/info/refs?service=git-upload-pack')
    expect([fetched.statusCode, fetched.headers['retry-after']]).toEqual([503, '5'])
  })

  test('says so to balancers, and that it is alive', async () => {
    expect((await viewer.get('/readyz')).statusCode).toBe(503)
    expect((await viewer.get('/healthz')).statusCode).toBe(200)
  })

  test('still sends what it has ready', async () => {
    expect((await viewer.get('/tracker/-/bugs')).statusCode).toBe(200)
    expect((await viewer.get('/robots.txt')).statusCode).toBe(200)
  })

  test('still hears of pushes', async () => {
    const hook = { method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: '' } as const
    expect((await viewer.inject(hook)).statusCode).toBeLessThan(300)
  })

  test('counts whom it sent away, and writes one line about it', async () => {
    await viewer.get('/tracker/-/bugs?q=x')
    const { statusCode, body } = await viewer.get('/metrics')
    expect(statusCode).toBe(200)
    expect(Number(/gitbugviewer_overload_refusals_total\{reason="resident"\} (\d+)/.exec(body)?.[1])).toBeGreaterThan(0)
    const lines = viewer.logged.filter(({ level }) => Number(level) >= 40)
    expect(lines.map(({ msg }) => msg)).toEqual(['more is asked for than this server can do'])
  })
})

test('a server without such limits measures nothing and refuses nobody', async () => {
  const off = 'overload: { maxHeapBytes: 0 }'
  await using other = await openViewer({ paths: [built.path], yaml: off })
  expect(other.app.hasDecorator('isUnderPressure')).toBe(false)
  expect((await other.get('/readyz')).statusCode).toBe(200)
})
