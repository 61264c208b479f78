/** Whole bugs of a query as lines of JSON and as mailboxes, as they are served of real repositories. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { parseMbox } from '../support/exports.ts'
import { parseExposition } from '../support/exposition.ts'
import { applyTo, type BuiltRepository, buildRepository, removeObject, runGit } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000
const bugCount = 1200
const base = '/tracker/-/bugs'

function createTracker(count: number) {
  const t = createTrackerWriter({ seed: 'whole' })
  const ada = t.identity({ name: 'Ada', at: start })
  const bugs = Array.from({ length: count }, (_, index) =>
    t.bug(ada, { title: `Bug ${index}`, message: `text ${index}`, at: start + index }),
  )
  bugs[0]!.status(ada, 'closed', start + 5000)
  bugs[1]!.comment(ada, { message: 'one\n\nFrom two', at: start + 6000 })
  return { t, ada, bugs }
}

const many = createTracker(bugCount)
let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  built = await buildRepository(many.t)
  viewer = await openViewer({ paths: [built.path], yaml: 'metrics: { enabled: true }' })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const linesOf = (body: string) =>
  body
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as { id: string; title: string })

async function readMetrics(of = viewer) {
  return parseExposition((await of.get('/metrics')).payload)
}

describe('lines of JSON', () => {
  test('hold each bug of the query as the API has it, in the order of the list', async () => {
    const { body, headers } = await viewer.get(`${base}.ndjson?q=`)
    expect(headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="tracker-bugs.ndjson"',
      'cache-control': 'public, max-age=0, must-revalidate',
      'access-control-allow-origin': '*',
      'x-robots-tag': 'noindex',
    })
    const bugs = linesOf(body)
    const list = (await viewer.get('/api/v1/repos/tracker/bugs?limit=1000&q=')).json<{ items: { id: string }[] }>()
    expect(bugs.slice(0, 1000).map(({ id }) => id)).toEqual(list.items.map(({ id }) => id))
    expect(bugs).toHaveLength(bugCount)
    for (const bug of [many.bugs[0]!, many.bugs[1]!, many.bugs[700]!]) {
      const whole = (await viewer.get(`/api/v1/repos/tracker/bugs/${bug.id}`)).json<unknown>()
      expect(bugs.find(({ id }) => id === bug.id)).toEqual(whole)
    }
  })

  test('are those of the open bugs without a query, and none where nothing is found', async () => {
    expect(linesOf((await viewer.get(`${base}.ndjson`)).body)).toHaveLength(bugCount - 1)
    const found = await viewer.get(`${base}.ndjson?q=status:closed`)
    expect(linesOf(found.body).map(({ title }) => title)).toEqual(['Bug 0'])
    const none = await viewer.get(`${base}.ndjson?q=nothing+such`)
    expect([none.statusCode, none.body]).toEqual([200, ''])
  })

  test('of a query with a mistake are an error in JSON, which scripts of other sites may read', async () => {
    const answer = await viewer.get(`${base}.ndjson?q=${encodeURIComponent('status:"')}`)
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'QUERY_INVALID'])
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    expect(answer.headers['content-disposition']).toBeUndefined()
    expect((await viewer.get(`${base}.ndjson?q=a&q=b`)).statusCode).toBe(400)
  })
})

describe('a mailbox', () => {
  test('of more than a thousand bugs is whole and in order', async () => {
    const mails = parseMbox((await viewer.get(`${base}.mbox?q=sort:creation-asc`)).body)
    const texts = Array.from({ length: bugCount }, (_, index) => `text ${index}`)
    expect(mails.map(mail => mail.body)).toEqual(texts.toSpliced(2, 0, 'one\n\nFrom two'))
  })
})

describe('either', () => {
  test.each(['ndjson', 'mbox'])('bugs.%s comes compressed to those who take that', async format => {
    const plain = await viewer.get(`${base}.${format}?q=`)
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.headers.vary).toBe('Accept-Encoding')
    const decoders = { br: brotliDecompressSync, gzip: gunzipSync }
    for (const [encoding, decode] of Object.entries(decoders)) {
      const answer = await viewer.get(`${base}.${format}?q=`, { 'accept-encoding': encoding })
      expect(answer.headers['content-encoding']).toBe(encoding)
      expect(answer.headers.etag).toBe(plain.headers.etag)
      expect(decode(answer.rawPayload)).toEqual(plain.rawPayload)
      expect(answer.rawPayload.length * 3).toBeLessThan(plain.rawPayload.length)
    }
  })

  test.each(['ndjson', 'mbox'])(
    'bugs.%s is made once, and not for those who have it or want its head',
    async format => {
      const url = `${base}.${format}?q=label:none+${format}`
      const misses = async () => (await readMetrics()).value('gitbugviewer_stream_lookups_total', { result: 'miss' })
      const before = await misses()
      const head = await viewer.inject({ method: 'HEAD', url, headers: { 'accept-encoding': 'gzip' } })
      expect([head.statusCode, head.body, head.headers['content-encoding']]).toEqual([200, '', 'gzip'])
      expect((await viewer.get(url, { 'if-none-match': String(head.headers.etag) })).statusCode).toBe(304)
      expect(await misses()).toBe(before)
      await Promise.all([viewer.get(url), viewer.get(url), viewer.get(url)])
      expect(await misses()).toBe(before + 1)
    },
  )

  test.each(['ndjson', 'mbox'])('bugs.%s is the same where nothing is kept in files', async format => {
    const yaml = 'streams: { enabled: false, aheadBytes: 64 KiB }'
    await using bare = await openViewer({ paths: [built.path], yaml })
    expect((await bare.get(`${base}.${format}?q=`)).body).toBe((await viewer.get(`${base}.${format}?q=`)).body)
  })

  test('leaves in memory what was read before, and puts nothing there', async () => {
    await using own = await openViewer({ paths: [built.path], yaml: 'metrics: { enabled: true }' })
    await own.get(`${base}/${many.bugs[5]!.id}.json`)
    const bytes = async () => (await readMetrics(own)).value('gitbugviewer_cache_bytes', { tier: 'full_bug' })
    const hits = async () =>
      (await readMetrics(own)).value('gitbugviewer_lookups_total', { tier: 'full_bug', result: 'hit' })
    const [before, hitsBefore] = [await bytes(), await hits()]
    expect(before).toBeGreaterThan(0)
    await own.get(`${base}.ndjson?q=`)
    expect(await bytes()).toBe(before)
    expect(await hits()).toBe(hitsBefore + 1)
  })

  test('goes on without a bug that cannot be read any more', async () => {
    const { t, ada } = createTracker(12)
    const gone = t.bug(ada, { title: 'Gone', message: 'gone', at: start + 9000 })
    await using loose = await buildRepository(t, { loose: true })
    await using own = await openViewer({ paths: [loose.path] })
    expect((await own.get(`${base}?q=`)).body).toContain('Gone')
    const tree = (await runGit(loose.path, ['rev-parse', `${gone.ref}^{tree}`])).trim()
    await removeObject(loose.path, tree)
    const bugs = linesOf((await own.get(`${base}.ndjson?q=`)).body)
    expect([bugs.length, bugs.some(({ id }) => id === gone.id)]).toEqual([12, false])
    expect(parseMbox((await own.get(`${base}.mbox?q=title:Gone`)).body)).toEqual([])
  })

  test('is another one when the repository has moved', async () => {
    const { t, ada, bugs } = createTracker(12)
    await using moving = await buildRepository(t)
    await using own = await openViewer({ paths: [moving.path] })
    const url = `${base}.ndjson?q=sort:edit-desc`
    const first = await own.get(url)
    bugs[3]!.title(ada, { title: 'Another title', at: start + 9000 })
    await applyTo(moving.path, t)
    await own.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: { refs: [bugs[3]!.ref] } })
    const later = await own.get(url, { 'if-none-match': String(first.headers.etag) })
    expect(later.statusCode).toBe(200)
    expect(linesOf(later.body)[0]!.title).toBe('Another title')
  })

  test('is named by the pages', async () => {
    const list = (await viewer.get(`${base}?q=status:closed`)).body
    const about = (await viewer.get('/tracker/-/about')).body
    for (const format of ['ndjson', 'mbox']) {
      expect(list).toContain(`href="${base}.${format}?q=status:closed"`)
      expect(about).toContain(`href="${base}.${format}?q="`)
    }
    expect(about).toContain(`href="${base}.bundle"`)
  })
})
