/** What a bug was, what its comments said, and who mentions it: asked of the whole program over a real repository. */
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { ViewerError } from '../../src/base/errors.ts'
import { noMeasures } from '../../src/base/measures.ts'
import { combineIds } from '../../src/bug/ids.ts'
import type { Bug } from '../../src/bug/model.ts'
import type { Lease } from '../../src/cache/lease.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { createAnswerer, UnfinishedAnswer } from '../../src/http/answer.ts'
import { createFinishedPages } from '../../src/http/finished-pages.ts'
import { noKeptPages } from '../../src/http/kept-pages.ts'
import { createMentionReader } from '../../src/http/mentions.ts'
import { createRepeatedAnswers } from '../../src/http/repeated-answers.ts'
import { inventBug } from '../support/invented-tracker.ts'
import { applyTo, type BuiltRepository, buildRepository, removeObject, runGit } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000

/** A bug with edits by two people, written in two clones and merged; others that mention it. */
function trackerWithHistory() {
  const t = createTrackerWriter({ seed: 'history' })
  const ada = t.identity({ name: 'Ada Marsh', at: start })
  const tomas = t.identity({ name: 'tomas', at: start })
  const imported = { 'forge-url': 'https://forge.example.org/studio/kiln/issues/12' }
  const smoke = t.bug(ada, { title: 'It smokes', message: 'A *lot*.', at: start + 100, metadata: imported })
  const comment = smoke.comment(tomas, { message: 'Only on Mondays.', at: start + 200 })
  const fork = smoke.fork()
  smoke.title(ada, { title: 'It smokes and smells', at: start + 300 })
  fork.comment(tomas, { message: 'And on Tuesdays.', at: start + 400 })
  smoke.merge(ada, fork, { at: start + 500 })
  smoke.editComment(ada, comment, { message: 'Only on <Mondays> & Fridays.', at: start + 600 })
  smoke.status(ada, 'closed', start + 700)
  const other = t.bug(tomas, { title: 'Fan', message: 'No fan.', at: start + 800 })
  other.comment(tomas, { message: `Is this ${smoke.id.slice(0, 10)} or ${other.id}?`, at: start + 900 })
  const third = t.bug(ada, { title: 'Like #12', message: 'Smells too.', at: start + 1000 })
  const fourth = t.bug(ada, { title: 'Unlike', message: 'Not #123 and not other/tool#12.', at: start + 1100 })
  return { t, ada, smoke, comment, fork, other, third, fourth }
}

let built: BuiltRepository
let viewer: Viewer
const made = trackerWithHistory()
const { smoke, fork } = made
const base = '/tracker/-'
const bugUrl = `${base}/bugs/${smoke.id}`
const descriptionId = combineIds(smoke.id, smoke.id)
const commentId = combineIds(smoke.id, made.comment)
beforeAll(async () => {
  built = await buildRepository(made.t)
  viewer = await openViewer({ paths: [built.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const text = async (url: string) => {
  const answer = await viewer.get(url)
  expect(answer.statusCode).toBe(200)
  return answer.body
}
const codeOf = (body: string) => /class="code">[^<]*<|<h1>[^<]+/.exec(body)?.[0]

describe('a bug as of a commit', () => {
  const [root, second, third, merge] = smoke.commits

  test('is what it was: title, texts, status, and nothing that came later', async () => {
    const page = await text(`${bugUrl}/at/${second}`)
    expect(page).toContain('<h1>It smokes <')
    expect(page).toContain('Only on Mondays.')
    expect(page).not.toMatch(/smells|Tuesdays|Fridays|Closed/)
    expect(page).toMatch(/As of <span class="id">[0-9a-f]{7}<\/span>, <time[^>]*>2023-11-14 22:16/)
  })

  test('has only what its commit knew of, where clones went apart, and a merge has both', async () => {
    expect(await text(`${bugUrl}/at/${third}`)).not.toContain('Tuesdays')
    const apart = await text(`${bugUrl}/at/${fork.tip}`)
    expect(apart).toContain('Tuesdays')
    expect(apart).not.toContain('smells')
    const joined = await text(`${bugUrl}/at/${merge}`)
    expect(joined).toContain('Tuesdays')
    expect(joined).toContain('smells')
  })

  test('says how many changes were known to come later, and leads to the first of them', async () => {
    const page = await text(`${bugUrl}/at/${root}`)
    expect(page).toContain('5 later changes were known on ')
    expect(page).toContain(`<a href="${bugUrl}#c-${commentId.slice(0, 16)}">the bug as it is now</a>`)
    const now = await text(`${bugUrl}/at/${smoke.tip}`)
    expect(now).toContain('no later change was known on ')
    expect(now).toContain(`<a href="${bugUrl}">the bug as it is now</a>`)
  })

  test('is kept for ever by browsers, not listed by search engines, and told of no newer state', async () => {
    const answer = await viewer.get(`${bugUrl}/at/${root}`)
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.etag).toMatch(/^W\//)
    expect(answer.body).toContain('<meta name="robots" content="noindex">')
    expect(answer.body).not.toContain('data-events')
    expect((await viewer.get(bugUrl)).headers['cache-control']).toContain('must-revalidate')
  })

  test('leads to nothing that tells of another state', async () => {
    const page = await text(`${bugUrl}/at/${second}`)
    expect(page).not.toMatch(/\.txt"|\/edits\/|\.json"|Mentioned by/)
  })

  test.each([
    ['seven digits of the commit', () => `${bugUrl}/at/${second!.slice(0, 7)}`],
    ['capitals', () => `${bugUrl}/at/${second!.toUpperCase()}`],
    ['a prefix of the bug', () => `${base}/bugs/${smoke.id.slice(0, 6)}/at/${second}`],
  ])('is found by %s', async (_what, url) => {
    const answer = await viewer.get(url())
    expect([answer.statusCode, answer.headers.location]).toEqual([302, `${bugUrl}/at/${second}`])
  })

  test.each([
    ['six digits', () => smoke.tip.slice(0, 6)],
    ['a commit of another bug', () => made.other.tip],
    ['a commit of a person', () => made.ada.tip],
    ['the name of a ref', () => 'HEAD'],
    ['no commit at all', () => 'f'.repeat(40)],
  ])('is not to be had by %s', async (_what, commit) => {
    const answer = await viewer.get(`${bugUrl}/at/${commit()}`)
    expect([answer.statusCode, codeOf(answer.body)]).toEqual([404, expect.stringContaining('404')])
    expect(answer.body).toContain('No such state of the bug')
    expect(answer.headers['cache-control']).not.toContain('immutable')
  })

  test('of a bug that is not there is told so', async () => {
    expect((await viewer.get(`${base}/bugs/ffffffff/at/${smoke.tip}`)).statusCode).toBe(404)
  })
})

describe('the edits of a comment', () => {
  const url = `${bugUrl}/edits/${commentId}`

  test('are a page of what each has changed, and by whom', async () => {
    const page = await text(url)
    expect(page).toContain('edited once')
    expect(page).toContain('<ins><span class="hidden">added: </span>&lt;</ins>Mondays')
    expect(page).toMatch(/by <a href="[^"]+">Ada Marsh<\/a> · \d words? added/)
    expect(await text(bugUrl)).toContain(`<summary>edited once by Ada Marsh</summary>`)
  })

  test('are found by a prefix; events without a text and other bugs’ comments have none', async () => {
    const answer = await viewer.get(`${bugUrl}/edits/${commentId.slice(0, 9)}`)
    expect([answer.statusCode, answer.headers.location]).toEqual([302, url])
    expect((await viewer.get(`${bugUrl}/edits/abc`)).statusCode).toBe(404)
    expect((await viewer.get(`${base}/bugs/${made.other.id}/edits/${commentId}`)).statusCode).toBe(404)
  })
})

describe('the text of a comment', () => {
  test('is what was written, as plain text', async () => {
    const answer = await viewer.get(`${base}/c/${commentId}.txt`)
    expect(answer.body).toBe('Only on <Mondays> & Fridays.')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=0, must-revalidate',
    })
    expect((await viewer.get(`${base}/c/${descriptionId}.txt`)).body).toBe('A *lot*.')
  })

  test('is linked from the page, and found by a prefix', async () => {
    expect(await text(bugUrl)).toContain(`<a href="${base}/c/${commentId}.txt" rel="nofollow">raw</a>`)
    const answer = await viewer.get(`${base}/c/${commentId.slice(0, 9)}.txt`)
    expect([answer.statusCode, answer.headers.location]).toEqual([302, `${base}/c/${commentId}.txt`])
  })

  test('is not there for an event that has none, and for nothing at all', async () => {
    const closed = /id="c-([0-9a-f]{16})">\s*<svg class="closed"/.exec(await text(bugUrl))?.[1]
    expect((await viewer.get(`${base}/c/${closed}`)).statusCode).toBe(302)
    const whole = await viewer.get((await viewer.get(`${base}/c/${closed}.txt`)).headers.location!)
    expect([whole.statusCode, whole.headers['content-type']]).toEqual([404, 'text/plain; charset=utf-8'])
    expect((await viewer.get(`${base}/c/${'f'.repeat(64)}.txt`)).statusCode).toBe(404)
  })
})

describe('bugs that mention a bug', () => {
  test('are listed on its page, each with its status and a link to the place', async () => {
    const page = await text(bugUrl)
    const list = /<h2>Mentioned by<\/h2>(.*?)<\/section>/s.exec(page)?.[1] ?? ''
    const anchors = [...list.matchAll(/<a href="[^"]*\/bugs\/([0-9a-f]{64})#c-[0-9a-f]{16}">([^<]*)<\/a>/g)]
    expect(anchors.map(([, id, title]) => [id, title])).toEqual([
      [made.third.id, 'Like #12'],
      [made.other.id, 'Fan'],
    ])
    expect(list).toContain('<span class="hidden">Open: </span>')
    expect(list).not.toContain('Search for its id')
  })

  test('are no part of pages of bugs that nobody mentions, or nobody else', async () => {
    expect(await text(`${base}/bugs/${made.other.id}`)).not.toContain('Mentioned by')
    expect(await text(`${base}/bugs/${made.fourth.id}`)).not.toContain('Mentioned by')
  })

  test('are listed without one that can no longer be read', async () => {
    await using repository = await buildRepository(made.t, { loose: true })
    await using own = await openViewer({ paths: [repository.path] })
    await own.get(`${base}/bugs`)
    const tip = (await runGit(repository.path, ['rev-parse', `refs/bugs/${made.third.id}`])).trim()
    await removeObject(repository.path, tip)
    expect((await own.get(`${base}/bugs/${made.third.id}`)).statusCode).toBe(404)
    const { statusCode, body } = await own.get(bugUrl)
    expect(statusCode).toBe(200)
    expect(body).toContain('Mentioned by')
    expect(body).not.toContain('Like #12')
  })

  test('are listed anew when another one comes', async () => {
    await using repository = await buildRepository(made.t)
    await using own = await openViewer({ paths: [repository.path], yaml: 'cache: { lookMilliseconds: 0 }' })
    expect((await own.get(`${base}/bugs/${made.fourth.id}`)).body).not.toContain('Mentioned by')
    const { t, ada } = made
    t.bug(ada, { title: 'Late', message: `See ${made.fourth.id}`, at: start + 2000 })
    await applyTo(repository.path, t)
    expect((await own.get(`${base}/bugs/${made.fourth.id}`)).body).toMatch(/Mentioned by.*Late<\/a>/s)
  })

  test.each([
    ['is waiting for texts', (signal: AbortSignal) => waitFor(signal)],
    ['has failed', () => Promise.reject(new ViewerError('SEARCH_UNAVAILABLE', 'lost'))],
  ])('cannot be told where the search %s', async (_what, answer) => {
    const lease = { matchText: (_term: string, { signal }: { signal: AbortSignal }) => answer(signal) }
    const bug: Bug = inventBug(1, { title: 'x', events: [['ada', 1, { type: 'create', text: '' }]] })
    const wait = { patienceMs: 20, stop: new AbortController().signal }
    expect(await createMentionReader().read(lease as unknown as Lease, bug, wait)).toBeUndefined()
  })
})

/** Settles as an answer does that does not come. */
function waitFor(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason))
  return promise
}

test('an answer that could not be finished is sent, and made anew for the next one', async () => {
  const pages = createFinishedPages(
    { maxBytes: 1_000_000, idleMs: 0 },
    { clock: systemClock, measures: noMeasures, kept: noKeptPages },
  )
  const repeated = createRepeatedAnswers({ pages, digestNow: () => 'state' })
  const answerer = createAnswerer({ pages, repeated, buildTag: 'tag' })
  const bodies = ['half', 'whole']
  await using app = Fastify()
  app.get('/', (request, reply) =>
    answerer.send(request, reply, {
      state: 'state',
      format: 'html',
      key: 'page',
      render: async () => {
        const body = bodies.shift() ?? ''
        if (body === 'half') throw new UnfinishedAnswer(body)
        return body
      },
    }),
  )
  const first = await app.inject('/')
  expect([first.statusCode, first.body, first.headers.etag]).toEqual([200, 'half', undefined])
  expect(first.headers['cache-control']).toBe('no-store')
  const second = await app.inject('/')
  expect([second.body, second.headers.etag]).toEqual(['whole', 'W/"state-tag-html"'])
})
