import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import {
  applyTo,
  type BuiltRepository,
  buildRepository,
  deleteRef,
  moveRef,
  runGit,
} from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000

/** A small tracker: two people, three bugs of which one was imported, one closed. */
function smallTracker() {
  const t = createTrackerWriter({ seed: 'pages' })
  const ada = t.identity({ name: 'Ada Marsh', login: 'ada', email: 'ada@example.org', at: start })
  const tomas = t.identity({ name: 'tomas', at: start })
  const smoke = t.bug(ada, {
    title: 'It smokes',
    message: 'A **lot**.',
    at: start + 100,
    metadata: { 'forge-url': 'https://forge.example.org/kiln/issues/12' },
  })
  const comment = smoke.comment(tomas, { message: 'Only on Mondays.', at: start + 200 })
  smoke.labels(ada, { added: ['kind/bug'], at: start + 250 })
  const glaze = t.bug(tomas, { title: 'Support cone 10', message: '', at: start + 300 })
  const old = t.bug(ada, { title: 'Wiring', message: 'done', at: start + 400 })
  old.status(ada, 'closed', start + 500)
  return { t, ada, tomas, smoke, glaze, old, comment }
}

let built: BuiltRepository
let viewer: Viewer
const small = smallTracker()
const base = '/tracker/-'
beforeAll(async () => {
  built = await buildRepository(small.t)
  viewer = await openViewer({ paths: [built.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

describe('with one repository', () => {
  test.each([['/'], ['/tracker'], ['/tracker/']])('%s leads to its bugs', async url => {
    const answer = await viewer.get(url)
    expect([answer.statusCode, answer.headers.location]).toEqual([302, `${base}/bugs`])
  })

  test.each([
    ['bugs', 'It smokes'],
    ['labels', 'kind/'],
    ['identities', 'Ada Marsh'],
    ['problems', 'read'],
  ])('the page of %s is there', async (path, text) => {
    const answer = await viewer.get(`${base}/${path}`)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.body).toContain(text)
  })

  test('the list shows open bugs first, and any query as it was typed', async () => {
    expect((await viewer.get(`${base}/bugs`)).body).not.toContain('Wiring')
    const closed = (await viewer.get(`${base}/bugs?q=${encodeURIComponent('status:closed "wiring"')}`)).body
    expect(closed).toContain('Wiring')
    expect(closed).not.toContain('It smokes')
    expect(closed).toContain('value="status:closed &quot;wiring&quot;"')
  })

  test('a bug is at its full id; prefixes in either case lead there, with their suffix', async () => {
    const { id } = small.smoke
    expect((await viewer.get(`${base}/bugs/${id}`)).body).toContain('<strong>lot</strong>')
    for (const prefix of [id.slice(0, 4), id.slice(0, 7).toUpperCase(), id.slice(0, 63)]) {
      const answer = await viewer.get(`${base}/bugs/${prefix}`)
      expect([answer.statusCode, answer.headers.location]).toEqual([302, `${base}/bugs/${id}`])
    }
    expect((await viewer.get(`${base}/bugs/${id.slice(0, 8)}.atom`)).headers.location).toBe(`${base}/bugs/${id}.atom`)
  })

  test('a combined id, or a prefix of it, leads to the comment', async () => {
    const json = JSON.parse((await viewer.get(`${base}/bugs/${small.smoke.id}.json`)).body)
    const combined: string = json.comments[1].id
    const answer = await viewer.get(`${base}/c/${combined.slice(0, 12)}`)
    expect([answer.statusCode, answer.headers.location]).toEqual([
      302,
      `${base}/bugs/${small.smoke.id}#c-${combined.slice(0, 16)}`,
    ])
    expect((await viewer.get(`${base}/bugs/${small.smoke.id}`)).body).toContain(`id="c-${combined.slice(0, 16)}"`)
    expect((await viewer.get(`${base}/c/${'0'.repeat(64)}`)).statusCode).toBe(404)
  })

  test('the number of an imported bug leads to it', async () => {
    expect((await viewer.get(`${base}/issues/12`)).headers.location).toBe(`${base}/bugs/${small.smoke.id}`)
    expect((await viewer.get(`${base}/issues/2`)).statusCode).toBe(404)
  })

  test('a person is at the full id, with what they opened', async () => {
    const answer = await viewer.get(`${base}/identities/${small.ada.id.slice(0, 7)}`)
    expect(answer.headers.location).toBe(`${base}/identities/${small.ada.id}`)
    const page = await viewer.get(`${base}/identities/${small.ada.id}`)
    expect(page.body).toContain('It smokes')
    expect(page.body).not.toContain('ada@example.org')
    expect(JSON.parse((await viewer.get(`${base}/identities/${small.ada.id}.json`)).body).name).toBe('Ada Marsh')
  })

  test.each(['bugs', 'labels', 'identities', 'problems'])('%s.json is JSON with items', async path => {
    const answer = await viewer.get(`${base}/${path}.json`)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(answer.body)).toHaveProperty('items')
  })

  test('the feeds carry the origin that the request was sent to, and refuse one that is no host', async () => {
    const feed = await viewer.get(`${base}/bugs.atom`, { host: 'bugs.example.org' })
    expect(feed.headers['content-type']).toBe('application/atom+xml; charset=utf-8')
    expect(feed.body).toContain(`http://bugs.example.org${base}/bugs/${small.smoke.id}`)
    const other = await viewer.get(`${base}/bugs.atom`, { host: 'other.example.org' })
    expect(other.body).not.toContain('bugs.example.org')
    expect((await viewer.get(`${base}/bugs.atom`, { host: 'x"><script>' })).statusCode).toBe(400)
  })

  test('HEAD answers like GET without a body', async () => {
    const answer = await viewer.inject({ method: 'HEAD', url: `${base}/bugs` })
    expect([answer.statusCode, answer.body]).toEqual([200, ''])
    expect(answer.headers.etag).toBe((await viewer.get(`${base}/bugs`)).headers.etag)
  })
})

describe('what is not there', () => {
  test.each([
    ['/nowhere/-/bugs', 'REPOSITORY_UNKNOWN'],
    ['/nowhere', 'REPOSITORY_UNKNOWN'],
    [`${base}/bugs/abcdef1234`, 'BUG_UNKNOWN'],
    [`${base}/bugs/zzzz`, 'BUG_UNKNOWN'],
    [`${base}/bugs/..%2f..%2fHEAD`, 'BUG_UNKNOWN'],
    [`${base}/bugs/--upload-pack=x`, 'BUG_UNKNOWN'],
    [`${base}/identities/ffffffff`, 'IDENTITY_UNKNOWN'],
    [`${base}/c/abcdef1234`, 'COMMENT_UNKNOWN'],
    [`${base}/bugs?page=2`, 'PAGE_UNKNOWN'],
    [`${base}/nothing`, 'PAGE_UNKNOWN'],
    ['/-/nothing', 'PAGE_UNKNOWN'],
    ['/-/static/nothing.css', 'PAGE_UNKNOWN'],
    ['/tracker%00/-/bugs', 'REPOSITORY_UNKNOWN'],
  ])('%s is a 404 page that is never kept', async (url, code) => {
    const answer = await viewer.get(url)
    expect(answer.statusCode).toBe(404)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).toContain('<h1')
    expect(viewer.logged.findLast(entry => entry.url === url)).toMatchObject({ err: { code } })
  })

  test('a repository without bugs and identities is a 404 that says so', async () => {
    await using empty = await buildRepository(createTrackerWriter({ seed: 'empty' }))
    await using other = await openViewer({ paths: [empty.path] })
    const page = await other.get('/tracker/-/bugs')
    expect(page.statusCode).toBe(404)
    expect(page.body).toMatch(/no bug/i)
    expect(JSON.parse((await other.get('/api/v1/repos/tracker/bugs')).body)).toMatchObject({
      statusCode: 404,
      code: 'REPOSITORY_EMPTY',
    })
  })

  test('methods that no page has are 404, and nothing is written', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'] as const) {
      expect((await viewer.inject({ method, url: `${base}/bugs` })).statusCode).toBe(404)
    }
  })

  test('a prefix of two bugs offers both, 300 on the page and 409 for JSON', async () => {
    const t = createTrackerWriter({ seed: 'ambiguous' })
    const ada = t.identity({ name: 'Ada', at: start })
    const ids = Array.from({ length: 700 }, (_, n) => t.bug(ada, { title: `Bug ${n}`, message: '', at: start + n }).id)
    const byPrefix = Map.groupBy(ids, id => id.slice(0, 4))
    const [prefix, matches] = [...byPrefix].find(([, same]) => same.length > 1)!
    await using many = await buildRepository(t)
    await using other = await openViewer({ paths: [many.path] })
    const page = await other.get(`/tracker/-/bugs/${prefix}`)
    expect(page.statusCode).toBe(300)
    for (const id of matches) expect(page.body).toContain(`/tracker/-/bugs/${id}`)
    for (const url of [`/tracker/-/bugs/${prefix}.json`, `/api/v1/repos/tracker/bugs/${prefix}`]) {
      const json = await other.get(url)
      expect(json.statusCode).toBe(409)
      expect(JSON.parse(json.body)).toMatchObject({ statusCode: 409, code: 'AMBIGUOUS_PREFIX', error: 'Conflict' })
      expect(JSON.parse(json.body).matches.toSorted()).toEqual(matches.toSorted())
    }
  })
})

describe('a bad query', () => {
  test('is the list page with status 400, the message, a mark at the place, and the box as it was', async () => {
    const answer = await viewer.get(`${base}/bugs?q=${encodeURIComponent('status:open colour:red')}`)
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain('value="status:open colour:red"')
    expect(answer.body).toMatch(/<mark>colour<\/mark>|<mark>colour:red<\/mark>/)
    expect(answer.headers.etag).toBeUndefined()
  })

  test('is a JSON error with its position for the API', async () => {
    const answer = await viewer.get(`/api/v1/repos/tracker/bugs?q=${encodeURIComponent('status:open colour:red')}`)
    expect(answer.statusCode).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({ statusCode: 400, code: 'QUERY_INVALID', position: 12 })
  })

  test.each([['?q=a&q=b'], ['?page=0'], ['?page=-1'], ['?page=1e3'], [`?q=${'a'.repeat(5000)}`]])(
    '%s is refused with 400',
    async query => {
      expect((await viewer.get(`${base}/bugs${query}`)).statusCode).toBe(400)
    },
  )
})

describe('validators', () => {
  test('the same state answers 304 to its ETag, on pages, feeds and JSON, before anything is rendered', async () => {
    for (const url of [
      `${base}/bugs`,
      `${base}/bugs/${small.smoke.id}`,
      `${base}/bugs.atom`,
      '/api/v1/repos/tracker/bugs',
      '/-/help/query',
    ]) {
      const first = await viewer.get(url)
      expect(first.headers['cache-control']).toBe('public, max-age=0, must-revalidate')
      const etag = String(first.headers.etag)
      expect(etag).toMatch(/^W\/"[^"]+"$/)
      for (const sent of [etag, etag.replace('W/', ''), `"other", ${etag}`, '*']) {
        const again = await viewer.get(url, { 'if-none-match': sent })
        expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag])
      }
      expect((await viewer.get(url, { 'if-none-match': '"other"' })).statusCode).toBe(200)
    }
  })

  test('formats of one thing have different ETags', async () => {
    const etags = await Promise.all(
      ['', '.json', '.atom'].map(async suffix => (await viewer.get(`${base}/bugs${suffix}`)).headers.etag),
    )
    expect(new Set(etags).size).toBe(3)
  })

  test('a long page is sent compressed to those who take it, and is the same page', async () => {
    const plain = await viewer.get(`${base}/bugs`)
    const gzip = await viewer.get(`${base}/bugs`, { 'accept-encoding': 'gzip' })
    const best = await viewer.get(`${base}/bugs`, { 'accept-encoding': 'gzip, deflate, br' })
    expect([plain, gzip, best].map(answer => answer.headers['content-encoding'])).toEqual([undefined, 'gzip', 'br'])
    expect(plain.headers.vary).toBe('Accept-Encoding')
    const { gunzipSync, brotliDecompressSync } = await import('node:zlib')
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(plain.body)
    expect(brotliDecompressSync(best.rawPayload).toString()).toBe(plain.body)
  })

  test('static files are named by their content and may be kept for ever', async () => {
    const name = /\/-\/static\/viewer\.[0-9a-f]+\.css/.exec((await viewer.get(`${base}/bugs`)).body)?.[0]
    const css = await viewer.get(name!)
    expect(css.statusCode).toBe(200)
    expect(css.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(css.headers['content-type']).toBe('text/css; charset=utf-8')
  })
})

test('every answer forbids what it does not need', async () => {
  for (const url of [`${base}/bugs`, `${base}/bugs/${small.smoke.id}`, '/nowhere', '/api/v1/repos']) {
    const { headers } = await viewer.get(url)
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';/)
    expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['set-cookie']).toBeUndefined()
    expect(headers['strict-transport-security']).toBeUndefined()
  }
})

describe('many repositories', () => {
  test('are listed with counts; empty and hidden ones are not; sub-folders are part of the name', async () => {
    const root = join(built.path, '..', 'many')
    for (const name of ['one.git', 'group/two.git', 'group/empty.git', 'secret.git']) {
      await mkdir(join(root, name), { recursive: true })
      await runGit(join(root, name), ['init', '--quiet', '--bare', '.'])
    }
    for (const name of ['one.git', 'group/two.git', 'secret.git']) await applyTo(join(root, name), small.t)
    await runGit(join(root, 'one.git'), ['config', 'gitweb.description', 'The first <one>'])
    await using other = await openViewer({ yaml: `repositories: { scan: ['${root}'], exclude: ['sec*'] }` })
    const index = await other.get('/')
    expect(index.statusCode).toBe(200)
    expect(index.body).toContain('The first &lt;one&gt;')
    expect(index.body).toContain('/group/two/-/bugs')
    expect(index.body).not.toMatch(/empty|secret/)
    expect((await other.get('/secret/-/bugs')).statusCode).toBe(404)
    expect((await other.get('/group/two/-/bugs')).statusCode).toBe(200)
    expect(JSON.parse((await other.get('/api/v1/repos')).body)).toEqual({
      items: [
        {
          name: 'group/two',
          description: null,
          openBugs: 2,
          closedBugs: 1,
          lastActivity: '2023-11-14T22:21:40Z',
          mirror: null,
        },
        {
          name: 'one',
          description: 'The first <one>',
          openBugs: 2,
          closedBugs: 1,
          lastActivity: '2023-11-14T22:21:40Z',
          mirror: null,
        },
      ],
    })
    expect(JSON.parse((await other.get('/api/v1/repos/group%2Ftwo/labels')).body).items).toHaveLength(1)
    await rm(root, { recursive: true })
  })
})

describe('the hook', () => {
  const push = (ref: string) => `${'0'.repeat(40)} ${'1'.repeat(40)} ${ref}\n`

  test('a pushed bug is on the next page, and its old ETag no longer answers 304', async () => {
    const t = createTrackerWriter({ seed: 'hook' })
    const ada = t.identity({ name: 'Ada', at: start })
    const first = t.bug(ada, { title: 'First', message: '', at: start })
    await using repository = await buildRepository(t)
    await using other = await openViewer({ paths: [repository.path] })
    const before = await other.get(`${base}/bugs`)
    const second = t.bug(ada, { title: 'Second', message: '', at: start + 10 })
    await applyTo(repository.path, t)
    const hook = await other.inject({
      method: 'POST',
      url: '/hooks/post-receive?repo=tracker',
      headers: { 'content-type': 'text/plain' },
      payload: push('refs/heads/main') + push(`refs/bugs/${second.id}`),
    })
    expect([hook.statusCode, hook.json()]).toEqual([202, { invalidated: true }])
    const after = await other.get(`${base}/bugs`, { 'if-none-match': String(before.headers.etag) })
    expect(after.statusCode).toBe(200)
    expect(after.body).toContain('Second')

    await deleteRef(repository.path, `refs/bugs/${first.id}`)
    await other.inject({
      method: 'POST',
      url: '/hooks/post-receive',
      payload: { repo: 'tracker', refs: [`refs/bugs/${first.id}`] },
    })
    expect((await other.get(`${base}/bugs`)).body).not.toContain('First')
    expect((await other.get(`${base}/bugs/${first.id}`)).statusCode).toBe(404)
  })

  test('a repository that loses its last bug is empty, and is served again when it gets one', async () => {
    const t = createTrackerWriter({ seed: 'come and go' })
    const ada = t.identity({ name: 'Ada', at: start })
    const bug = t.bug(ada, { title: 'First', message: '', at: start })
    await using repository = await buildRepository(t)
    await using other = await openViewer({ paths: [repository.path] })
    const tell = () =>
      other.inject({ method: 'POST', url: '/hooks/post-receive', payload: { repo: 'tracker', refs: [bug.ref] } })
    expect((await other.get(`${base}/bugs`)).statusCode).toBe(200)
    await deleteRef(repository.path, bug.ref)
    await deleteRef(repository.path, ada.ref)
    await tell()
    expect((await other.get(`${base}/bugs`)).statusCode).toBe(404)
    await moveRef(repository.path, bug.ref, bug.tip)
    await tell()
    expect((await other.get(`${base}/bugs`)).statusCode).toBe(200)
  })

  test('pushes of other refs change nothing', async () => {
    const answer = await viewer.inject({
      method: 'POST',
      url: '/hooks/post-receive?repo=tracker',
      headers: { 'content-type': 'text/plain' },
      payload: push('refs/heads/main') + push('refs/tags/v1') + push('refs/remotes/origin/bugs/x'),
    })
    expect([answer.statusCode, answer.json()]).toEqual([202, { invalidated: false }])
  })

  test.each([
    ['an unknown repository', '?repo=nowhere', push('refs/bugs/x'), 404],
    ['no repository', '', push('refs/bugs/x'), 400],
    ['two repositories', '?repo=a&repo=b', push('refs/bugs/x'), 400],
    ['lines that are none', '?repo=tracker', 'hello', 400],
    ['a body over the limit', '?repo=tracker', push('refs/bugs/x').repeat(20_000), 413],
  ])('%s is refused', async (_what, query, payload, status) => {
    const answer = await viewer.inject({
      method: 'POST',
      url: `/hooks/post-receive${query}`,
      headers: { 'content-type': 'text/plain' },
      payload,
    })
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ statusCode: status })
  })

  test.each([
    ['{'],
    ['null'],
    ['{"repo":"tracker"}'],
    ['{"repo":"tracker","refs":[1]}'],
    ['{"repo":["tracker"],"refs":[]}'],
  ])('the JSON body %s is refused', async payload => {
    const answer = await viewer.inject({
      method: 'POST',
      url: '/hooks/post-receive',
      headers: { 'content-type': 'application/json' },
      payload,
    })
    expect(answer.statusCode).toBe(400)
  })

  test('with a secret, only those who know it are heard', async () => {
    await using other = await openViewer({ paths: [built.path], yaml: 'hooks: { secret: open sesame }' })
    const payload = JSON.stringify({ repo: 'tracker', refs: ['refs/bugs/x'] })
    const { createHmac } = await import('node:crypto')
    const sign = (secret: string) => `sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`
    const send = async (headers: Record<string, string>) =>
      (
        await other.inject({
          method: 'POST',
          url: '/hooks/post-receive',
          headers: { 'content-type': 'application/json', ...headers },
          payload,
        })
      ).statusCode
    expect(await send({})).toBe(401)
    expect(await send({ authorization: 'Bearer open sesam' })).toBe(401)
    expect(await send({ authorization: 'Basic open sesame' })).toBe(401)
    expect(await send({ 'x-hub-signature-256': sign('wrong') })).toBe(401)
    expect(await send({ 'x-hub-signature-256': sign('') })).toBe(401)
    expect(await send({ authorization: 'Bearer open sesame' })).toBe(202)
    expect(await send({ 'x-hub-signature-256': sign('open sesame') })).toBe(202)
    expect(JSON.stringify(other.logged)).not.toContain('sesame')
  })

  test('can be turned off', async () => {
    await using other = await openViewer({ paths: [built.path], yaml: 'hooks: { enabled: false }' })
    expect((await other.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker' })).statusCode).toBe(404)
  })
})

describe('health', () => {
  test('the process is up, and ready once it serves', async () => {
    expect((await viewer.get('/healthz')).json()).toEqual({ status: 'up' })
    expect((await viewer.get('/readyz')).statusCode).toBe(200)
  })
})

test('under a base path every link stays below it', async () => {
  await using other = await openViewer({ paths: [built.path], yaml: 'server: { basePath: /bugs }' })
  const page = await other.get('/bugs/tracker/-/bugs')
  expect(page.statusCode).toBe(200)
  const links = [...page.body.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)].map(match => match[1]!)
  expect(links.length).toBeGreaterThan(10)
  expect(links.filter(link => !link.startsWith('/bugs/'))).toEqual([])
  expect((await other.get('/bugs')).headers.location).toBe('/bugs/tracker/-/bugs')
  expect((await other.get('/tracker/-/bugs')).statusCode).toBe(404)
})
