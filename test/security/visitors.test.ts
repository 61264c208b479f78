/** What a visitor, or who lures one, can say of themselves: where they came from, which host they asked, who they are. */
import { rename } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inventHistory } from '../support/git-client.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const { t, bugs } = inventHistory('visitors')
let built: BuiltRepository
let viewer: Viewer
/** One that believes every proxy. */
let behind: Viewer
beforeAll(async () => {
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path] })
  behind = await openViewer({ paths: [built.path], yaml: 'server: { trustedProxies: true }' })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await behind[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const paths = [
  '/',
  '/tracker/-/bugs',
  `/tracker/-/bugs/${bugs[0]!.id}`,
  '/tracker/-/about',
  '/tracker/-/bugs.atom',
  '/tracker/-/bugs.mbox',
  '/tracker/-/bugs.txt',
  '/tracker/-/bugs.csv',
  '/tracker/-/badge.svg',
  '/-/opensearch.xml',
  '/-/search',
  '/sitemap.xml',
  '/robots.txt',
  '/api/v1/repos',
  '/api/v1/openapi.json',
  '/tracker/-/nothing',
]

/** Headers that some servers believe. */
const claims = {
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'evil',
  'x-forwarded-for': '203.0.113.66',
  'x-forwarded-port': '6666',
  'x-forwarded-prefix': '/evil.example',
  'x-forwarded-server': 'evil.example',
  'x-host': 'evil.example',
  'x-original-url': '/evil.example',
  'x-original-host': 'evil.example',
  'x-rewrite-url': '/evil.example',
  'x-http-method-override': 'DELETE',
  'x-real-ip': '203.0.113.66',
  forwarded: 'for=203.0.113.66;host=evil.example;proto=evil',
  'accept-language': 'xx-evil',
  referer: 'https://evil.example/',
  'user-agent': 'evil.example',
  cookie: 'evil=evil.example; lang=evil',
  origin: 'https://evil.example',
}

describe('the answer for one visitor', () => {
  test.each(paths)('%s is the same, whatever they claim of proxies before them, and so is the next one', async path => {
    const plain = await viewer.get(path)
    const claimed = await viewer.get(path, claims)
    const after = await viewer.get(path)
    expect([claimed.statusCode, claimed.headers.etag]).toEqual([plain.statusCode, plain.headers.etag])
    expect(claimed.payload).toBe(plain.payload)
    expect(after.payload).toBe(plain.payload)
    expect(JSON.stringify(claimed.headers)).not.toContain('evil')
  })

  test.each(paths)('%s leaves nothing of their host in what others get', async path => {
    await viewer.get(path, { host: 'evil.example' })
    const other = await viewer.get(path, { host: 'viewer.example' })
    expect(other.payload + JSON.stringify(other.headers)).not.toContain('evil')
    // And the other way round: what the first one got is not what is kept.
    const again = await viewer.get(path, { host: 'evil.example', 'if-none-match': String(other.headers.etag) })
    expect(again.payload).not.toContain('viewer.example')
  })

  test.each([
    '"><script>alert(1)</script>',
    'evil.example/path',
    'evil.example#',
    'evil.example?x',
    'user@evil.example',
    'evil.example\\@viewer.example',
    'evil example',
    '[::1',
    'evil.example:port',
    'x'.repeat(300),
  ])('never carries the host %j, also where a proxy says it that is trusted', async host => {
    for (const path of paths) {
      for (const headers of [{ host }, { 'x-forwarded-host': host, host: 'viewer.example' }]) {
        const answer = await behind.get(path, headers)
        expect([path, answer.statusCode]).toEqual([path, expect.toSatisfy((status: number) => status < 500)])
        expect(answer.payload + JSON.stringify(answer.headers), path).not.toContain(host)
      }
    }
  })
})

describe('an address that another site would be', () => {
  test.each([
    '//evil.example',
    '//evil.example/',
    '///evil.example',
    '/\\evil.example',
    '/%5cevil.example',
    '/%2f%2fevil.example/',
    '//evil.example/-/bugs',
    '//evil.example/tracker/-/bugs',
    '//evil.example/..',
    '//evil.example/%2e%2e/',
    '/.//evil.example/',
    '/tracker//evil.example',
    '/tracker/..//evil.example',
    '//evil.example.git',
    '//evil.example.git/',
    '//evil.example/info/refs?service=git-upload-pack',
    '/-/go?id=//evil.example',
    '/-/go?id=https://evil.example/tracker/-/bugs',
    '/-/go//evil.example',
    '/-/go/https://evil.example',
    '/?next=//evil.example',
    '/tracker?url=https://evil.example',
    '/tracker/-/bugs/%0d%0alocation:%20https://evil.example',
    '/tracker/-/c//evil.example',
    `/tracker/-/bugs/${bugs[0]!.id.slice(0, 8)}//evil.example`,
    'http://evil.example/tracker',
    'http://evil.example/tracker/-/bugs',
  ])('%s leads nowhere but here', async url => {
    const { statusCode, headers } = await viewer.inject({ method: 'GET', url })
    expect(statusCode).toBeLessThan(500)
    expect([headers.location ?? '/', headers.refresh]).toEqual([expect.stringMatching(/^\/(?![/\\])/), undefined])
  })
})

test('below a path, an address that is led on stays below it, and on this host', async () => {
  await using below = await openViewer({ paths: [built.path], yaml: 'server: { basePath: /bugs }' })
  for (const url of [
    '/bugs',
    '/bugs/',
    '/bugs//evil.example',
    '/bugs/tracker',
    '/bugs//evil.example.git',
    '//evil.example',
  ]) {
    const { headers } = await below.inject({ method: 'GET', url })
    expect([url, headers.location ?? '/bugs/']).toEqual([url, expect.stringMatching(/^\/bugs\/(?![/\\])/)])
  }
})

test('no page can stand in the frame of another site, or keep a handle on the one that opened it', async () => {
  // Badges are made for pages of others, and can do nothing there.
  for (const path of paths.filter(each => !each.endsWith('.svg'))) {
    const { headers } = await viewer.get(path)
    expect(headers['content-security-policy'], path).toMatch(/frame-ancestors 'none'/)
    expect([path, headers['x-frame-options'], headers['cross-origin-opener-policy']]).toEqual([
      path,
      'DENY',
      'same-origin',
    ])
  }
})

test('no answer sets a cookie, or lets another site read what a page says', async () => {
  for (const path of paths) {
    const { headers } = await viewer.get(path, { origin: 'https://evil.example', cookie: 'a=b' })
    expect([path, headers['set-cookie'], headers['access-control-allow-credentials']]).toEqual([
      path,
      undefined,
      undefined,
    ])
    // Programs in browsers may read what is public and made for programs.
    const isForPrograms = /^\/api\/|\.(?:json|svg|atom)$/.test(path)
    expect([path, isForPrograms || headers['access-control-allow-origin'] === undefined]).toEqual([path, true])
  }
})

test('an error tells visitors no folder, no program and no place in the sources', async () => {
  await using broken = await buildRepository(t)
  await using lost = await openViewer({ paths: [broken.path] })
  expect((await lost.get('/tracker/-/bugs')).statusCode).toBe(200)
  await rename(broken.path, `${broken.path}.away`)
  for (const path of [
    ...paths,
    `/tracker/-/files/${'9'.repeat(40)}`,
    '/tracker/-/bugs.bundle',
    '/tracker.git/info/refs?service=git-upload-pack',
    '/tracker/-/bugs?q="',
  ]) {
    const { payload, headers } = await lost.get(path)
    const answer = payload + JSON.stringify(headers)
    expect(answer, path).not.toContain(broken.path)
    expect(answer, path).not.toMatch(/node_modules|\/src\/|\bat \w+ \(|ENOENT|spawn|fatal:|\/tmp\//)
    expect([path, headers.server, headers['x-powered-by']]).toEqual([path, undefined, undefined])
  }
})
