import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000
const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const log = Buffer.from('0123456789'.repeat(100))

const t = createTrackerWriter({ seed: 'files' })
const ada = t.identity({ name: 'Ada', at: start })
const image = t.attach(png)
const drawing = t.attach('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
const page = t.attach('<html><script>alert(1)</script>')
const bytes = t.attach(Buffer.from([0, 1, 2, 3]))
const replaced = t.attach(log)
const empty = t.attach('')
const unlisted = t.attach('nobody attaches this')
const gone = 'ab'.repeat(20)
const longText = t.attach('a line of a log\n'.repeat(300_000))
const large = t.attach(Buffer.alloc(17 * 1024 * 1024, 1))
const listed = [image, drawing, page, bytes, empty, gone, longText, large]
const bug = t.bug(ada, { title: 'With files', message: 'see', at: start, files: listed })
const comment = bug.comment(ada, { message: 'log', at: start + 1, files: [replaced, ada.tip, '../../HEAD'] })
bug.editComment(ada, comment, { message: 'no log', at: start + 2, files: [] })

let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const get = (hash: string, headers = {}) => viewer.get(`/tracker/-/files/${hash}`, headers)
const head = (hash: string, headers = {}) => viewer.inject({ method: 'HEAD', url: `/tracker/-/files/${hash}`, headers })

describe('what a file is', () => {
  test('a picture is shown, as what its first bytes say it is', async () => {
    const answer = await get(image)
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/png'])
    expect(answer.headers['content-disposition']).toMatch(/^inline; filename="[0-9a-f]{12}\.png"$/)
    expect(answer.rawPayload.equals(png)).toBe(true)
  })

  test('a log is shown as plain text, also one that an edit has taken off again', async () => {
    const answer = await get(replaced)
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8'])
    expect(answer.headers['content-disposition']).toMatch(/^inline; filename="[0-9a-f]{12}\.txt"$/)
    expect(answer.rawPayload.equals(log)).toBe(true)
  })

  test('a text that no browser lays out in a moment is a download', async () => {
    const { headers } = await head(longText)
    expect(headers['content-disposition']).toMatch(/^attachment; /)
  })

  test.each([
    ['a drawing that could hold a script', drawing],
    ['a page', page],
    ['anything else', bytes],
    ['a file without a byte', empty],
  ])('%s is a download and nothing else', async (_what, hash) => {
    const answer = await get(hash)
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/octet-stream'])
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="[0-9a-f]{12}"$/)
  })

  test('it may be large', async () => {
    const answer = await get(large)
    expect([answer.statusCode, answer.headers['content-length']]).toEqual([200, String(17 * 1024 * 1024)])
    expect(answer.rawPayload.equals(Buffer.alloc(17 * 1024 * 1024, 1))).toBe(true)
  })

  test('whatever it is, it runs nothing and may be kept for ever', async () => {
    const { headers } = await get(drawing)
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=31536000, immutable',
      etag: `"${drawing}"`,
      'accept-ranges': 'bytes',
    })
    expect(headers['content-encoding']).toBe(undefined)
  })
})

test.each([
  ['a blob that no operation attaches', unlisted],
  ['a commit of a bug', bug.tip],
  ['a commit that an operation lists as a file', ada.tip],
  ['a file that is gone', gone],
  ['a hash of nothing', '0'.repeat(40)],
  ['a hash in capitals', image.toUpperCase()],
  ['the beginning of a hash', image.slice(0, 12)],
  ['a name', 'HEAD'],
  ['an option', '--textconv'],
])('%s is not found, and says so as a page that nobody keeps', async (_what, hash) => {
  for (const answer of [await get(hash), await get(hash, { range: 'bytes=0-1' }), await head(hash)]) {
    expect(answer.statusCode).toBe(404)
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' })
    expect(answer.headers.etag).toBe(undefined)
  }
})

describe('a client that has it already', () => {
  test.each([`"${replaced}"`, `W/"${replaced}"`, `"x", "${replaced}"`])('is told so: %s', async tag => {
    for (const answer of [
      await get(replaced, { 'if-none-match': tag, range: 'bytes=0-4' }),
      await head(replaced, { 'if-none-match': tag }),
    ]) {
      expect([answer.statusCode, answer.body]).toEqual([304, ''])
      expect(answer.headers).toMatchObject({
        etag: `"${replaced}"`,
        'cache-control': expect.stringContaining('immutable'),
      })
      expect(answer.headers['content-length']).toBe(undefined)
    }
  })

  test('is told nothing of what nobody attaches', async () => {
    const answer = await get(unlisted, { 'if-none-match': `"${unlisted}"` })
    expect(answer.statusCode).toBe(404)
  })

  test('gets the part that it lacks, and the whole where it has something else', async () => {
    const part = await get(replaced, { range: 'bytes=995-', 'if-range': `"${replaced}"` })
    expect([part.statusCode, part.body]).toEqual([206, '56789'])
    for (const other of [`W/"${replaced}"`, '"x"', 'Sat, 21 Nov 2026 18:00:00 GMT']) {
      const whole = await get(replaced, { range: 'bytes=995-', 'if-range': other })
      expect([whole.statusCode, whole.body.length]).toEqual([200, 1000])
    }
  })
})

describe('a range', () => {
  test.each([
    ['bytes=0-4', '01234', 'bytes 0-4/1000'],
    ['bytes=-3', '789', 'bytes 997-999/1000'],
    ['bytes=998-', '89', 'bytes 998-999/1000'],
    ['bytes=0-999', log.toString(), 'bytes 0-999/1000'],
    ['bytes=3-4,5000-', '34', 'bytes 3-4/1000'],
  ])('%s is a part, and says which', async (range, body, name) => {
    const answer = await get(replaced, { range })
    expect([answer.statusCode, answer.body]).toEqual([206, body])
    expect(answer.headers).toMatchObject({
      'content-range': name,
      'content-length': String(body.length),
      'content-type': 'text/plain; charset=utf-8',
      etag: `"${replaced}"`,
    })
  })

  test('of several parts is several parts, each with its name', async () => {
    const answer = await get(replaced, { range: 'bytes=0-1, 5-6, -2' })
    expect(answer.statusCode).toBe(206)
    const boundary = /^multipart\/byteranges; boundary=([0-9a-f]{32})$/.exec(
      String(answer.headers['content-type']),
    )![1]!
    const part = (name: string, body: string) =>
      `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${name}/1000\r\n\r\n${body}\r\n`
    expect(answer.body).toBe(`${part('0-1', '01')}${part('5-6', '56')}${part('998-999', '89')}--${boundary}--\r\n`)
    expect(answer.headers['content-length']).toBe(String(answer.body.length))
    expect(answer.headers['content-range']).toBe(undefined)
  })

  test('far inside a large file is there as fast as git comes to it', async () => {
    const answer = await get(large, { range: 'bytes=17000000-17000003,-1' })
    expect(answer.rawPayload.includes(Buffer.from([13, 10, 13, 10, 1, 1, 1, 1, 13, 10]))).toBe(true)
  })

  test.each([
    ['that ends before it begins', 'bytes=9-3'],
    ['of another unit', 'pages=1-2'],
    ['of parts that overlap', 'bytes=1-2,1-2'],
    ['of thousands of parts', `bytes=${'0-0,'.repeat(3000)}1-1`],
  ])('%s is none, and the whole is sent', async (_what, range) => {
    const answer = await get(replaced, { range })
    expect([answer.statusCode, answer.body.length]).toEqual([200, 1000])
  })

  test('behind the end is an error that says where the end is', async () => {
    const answer = await get(replaced, { range: 'bytes=1000-' })
    expect([answer.statusCode, answer.headers['content-range']]).toEqual([416, 'bytes */1000'])
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' })
    expect(answer.headers['content-disposition']).toBe(undefined)
    expect(answer.body).toContain('<h1>')
  })

  test('of a file without a byte is the file, unless it wants the first one', async () => {
    expect((await get(empty, { range: 'bytes=-5' })).statusCode).toBe(200)
    expect((await get(empty, { range: 'bytes=0-' })).statusCode).toBe(416)
  })
})

test('a request for the headers gets those of the whole, and no byte', async () => {
  for (const hash of [image, replaced, empty, large]) {
    const [whole, asked] = [await get(hash), await head(hash, { range: 'bytes=0-1' })]
    expect([asked.statusCode, asked.body]).toEqual([200, ''])
    const { date: _, connection: __, 'keep-alive': ___, ...headers } = whole.headers
    expect(asked.headers).toMatchObject(headers)
  }
})
