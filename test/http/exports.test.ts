/** Exports as they are served, of a real repository; the mailbox is read by Python's `mailbox` as well. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { parseCsv, parseMbox } from '../support/exports.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000

function smallTracker() {
  const t = createTrackerWriter({ seed: 'exports' })
  const ada = t.identity({ name: 'Ada Märsh', login: 'ada', email: 'ada@example.org', at: start })
  const smoke = t.bug(ada, { title: '=It "smokes", a lot', message: 'From the start.\n\n*Sure.*', at: start + 100 })
  smoke.comment(ada, { message: 'From <x@example.org> Mon Jan  1 00:00:00 2024\nBcc: y', at: start + 200 })
  const old = t.bug(ada, { title: 'Wiring 🔥', message: 'done', at: start + 400 })
  old.status(ada, 'closed', start + 500)
  return { t, smoke, old }
}

let folder: string
let built: BuiltRepository
let viewer: Viewer
const small = smallTracker()
const base = '/small/-/bugs'
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exports-'))
  built = await buildRepository(small.t, { dir: join(folder, 'small.git') })
  viewer = await openViewer({ paths: [folder] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const short = small.smoke.id.slice(0, 7)
const exported = [
  [`${base}.csv`, 'text/csv; charset=utf-8; header=present', 'attachment; filename="small-bugs.csv"'],
  [`${base}.txt`, 'text/plain; charset=utf-8', undefined],
  [`${base}.mbox`, 'application/mbox', 'attachment; filename="small-bugs.mbox"'],
  [`${base}/${small.smoke.id}.txt`, 'text/plain; charset=utf-8', undefined],
  [`${base}/${small.smoke.id}.md`, 'text/markdown; charset=utf-8', undefined],
  [`${base}/${small.smoke.id}.mbox`, 'application/mbox', `attachment; filename="small-${short}.mbox"`],
] as const

describe('every export', () => {
  test.each(exported)('%s has its type, and a file name where browsers save it', async (url, type, disposition) => {
    const first = await viewer.get(url)
    const again = await viewer.get(url)
    for (const answer of [first, again]) {
      expect(answer.statusCode).toBe(200)
      expect(answer.headers['content-type']).toBe(type)
      expect(answer.headers['content-disposition']).toBe(disposition)
      expect(answer.headers['cache-control']).toBe('public, max-age=0, must-revalidate')
    }
    expect(again.body).toBe(first.body)
    expect(first.body).not.toBe('')
  })

  test.each(exported)('%s answers 304 to its ETag, which is no other format’s', async url => {
    const { etag } = (await viewer.get(url)).headers
    const unchanged = await viewer.get(url, { 'if-none-match': String(etag) })
    expect([unchanged.statusCode, unchanged.body]).toEqual([304, ''])
    const other = await viewer.get(url.replace(/\.[a-z]+$/, '.json'), { 'if-none-match': String(etag) })
    expect(other.statusCode).toBe(200)
  })

  test.each(['csv', 'txt', 'mbox'])('bugs.%s holds what the query finds, and open bugs without one', async format => {
    const body = async (query: string) => (await viewer.get(`${base}.${format}${query}`)).body
    const ids = { csv: [small.smoke.id, small.old.id], txt: [short, small.old.id.slice(0, 7)] }
    const [open, closed] = format === 'mbox' ? ['Sure.', 'done'] : ids[format as 'csv' | 'txt']
    expect(await body('')).toContain(open)
    expect(await body('')).not.toContain(closed)
    expect(await body('?q=status:closed')).toContain(closed)
    expect(await body('?q=status:closed')).not.toContain(open)
    const all = await body('?q=')
    expect([all.includes(open!), all.includes(closed!)]).toEqual([true, true])
  })

  test.each(['csv', 'txt', 'mbox'])(
    'a mistake in the query of bugs.%s is a line of text, and no file',
    async format => {
      const answer = await viewer.get(`${base}.${format}?q=${encodeURIComponent('status:"')}`)
      expect(answer.statusCode).toBe(400)
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(answer.headers['content-disposition']).toBeUndefined()
      expect(answer.headers['cache-control']).toBe('no-store')
    },
  )

  test.each(['txt', 'md', 'mbox'])('a prefix leads to the bug with its suffix .%s', async format => {
    const answer = await viewer.get(`${base}/${short}.${format}`)
    expect([answer.statusCode, answer.headers.location]).toEqual([302, `${base}/${small.smoke.id}.${format}`])
  })

  test('addresses in it are of the host that was asked', async () => {
    for (const url of [`${base}.csv`, `${base}.txt`, `${base}/${small.smoke.id}.txt`, `${base}/${small.smoke.id}.md`]) {
      for (const host of ['one.example', 'two.example:81']) {
        expect((await viewer.get(url, { host })).body).toContain(`http://${host}${base}`)
      }
    }
  })

  test('the pages name them', async () => {
    const list = (await viewer.get(`${base}?q=status:closed`)).body
    for (const format of ['csv', 'txt', 'mbox']) expect(list).toContain(`href="${base}.${format}?q=status:closed"`)
    const bug = (await viewer.get(`${base}/${small.smoke.id}`)).body
    const away = /<h2>Take away<\/h2>(.*?)<\/section>/s.exec(bug)?.[1]
    for (const format of ['atom', 'json', 'txt', 'md', 'mbox']) {
      expect(away).toContain(`href="${base}/${small.smoke.id}.${format}"`)
    }
  })
})

describe('the texts come back', () => {
  test('from CSV', async () => {
    const lines = parseCsv((await viewer.get(`${base}.csv?q=`)).body)
    expect(lines.map(cells => [cells[2], cells[3], cells[5], cells[6], cells[8]])).toEqual([
      ['status', 'title', 'author', 'createdAt', 'comments'],
      ['closed', 'Wiring 🔥', 'Ada Märsh (ada)', '2023-11-14T22:20:00Z', '1'],
      ['open', `'=It "smokes", a lot`, 'Ada Märsh (ada)', '2023-11-14T22:15:00Z', '2'],
    ])
  })

  test('from a mailbox, for a reader of ours and for Python', async () => {
    const { body } = await viewer.get(`${base}.mbox?q=`)
    const texts = ['done', 'From the start.\n\n*Sure.*', 'From <x@example.org> Mon Jan  1 00:00:00 2024\nBcc: y']
    expect(parseMbox(body).map(mail => mail.body)).toEqual(texts)
    const mails = await readWithPython(body)
    expect(mails.map(mail => mail.body.trim().replace(/^>From /gm, 'From '))).toEqual(texts)
    expect(mails.map(mail => mail.subject)).toEqual([
      '[small] Wiring 🔥',
      '[small] =It "smokes", a lot',
      '[small] =It "smokes", a lot',
    ])
    expect(mails.map(mail => mail.from[0])).toEqual(texts.map(() => 'Ada Märsh (ada)'))
    expect(mails.map(mail => mail.time)).toEqual([start + 400, start + 100, start + 200])
    expect(mails[2]?.answers).toBe(mails[1]?.id)
    expect(mails.flatMap(mail => mail.defects)).toEqual([])
  })
})

interface PythonMail {
  readonly id: string
  readonly answers: string
  readonly subject: string
  /** Name and address. */
  readonly from: readonly [string, string]
  readonly time: number
  readonly body: string
  readonly defects: readonly string[]
}

const script = `
import email, email.policy, json, mailbox, sys
box = mailbox.mbox(sys.argv[1], create=False, factory=lambda file: email.message_from_binary_file(file, policy=email.policy.default))
print(json.dumps([{
    "id": m["message-id"].strip(), "answers": (m["in-reply-to"] or "").strip(), "subject": m["subject"],
    "from": [m["from"].addresses[0].display_name, m["from"].addresses[0].addr_spec],
    "time": m["date"].datetime.timestamp(), "body": m.get_content(),
    "defects": [str(d) for part in (m, m["from"], m["subject"], m["date"]) for d in part.defects],
} for m in box]))
`

async function readWithPython(mbox: string): Promise<readonly PythonMail[]> {
  const file = join(folder, 'mailbox')
  await writeFile(file, mbox)
  const { stdout, stderr } = spawnSync('python3', ['-I', '-c', script, file], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as PythonMail[]
}
