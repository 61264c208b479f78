/** The list as the program answers it: forms, typed ids, boards, sizes of pages, suggestions. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000

function write() {
  const t = createTrackerWriter({ seed: 'lists' })
  const ada = t.identity({ name: 'Ada Marsh', login: 'ada', at: start })
  const lines = Array.from({ length: 60 }, (_, n) => {
    const metadata = n === 7 ? { 'forge-url': 'https://forge.example.org/kiln/issues/1432' } : {}
    const bug = t.bug(ada, { title: `Bug ${n}`, message: n === 9 ? 'See #1432.' : 'x', at: start + n, metadata })
    const priority = ['high', 'low', undefined][n % 3]
    if (priority !== undefined) bug.labels(ada, { added: [`priority/${priority}`], at: start + 100 + n })
    return bug
  })
  return { t, lines }
}

const written = write()
const base = '/tracker/-/bugs'
let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  built = await buildRepository(written.t)
  const query = (name: string, text: string) => `{ name: '${name}', query: '${text}' }`
  viewer = await openViewer({
    paths: [built.path],
    yaml: `repositories: { pages: [{ match: '**', queries: [${query('High', 'label:priority/high')}, ${query('Red', 'colour:red')}] }] }`,
  })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

async function redirectOf(path: string) {
  const { statusCode, headers } = await viewer.get(path)
  return [statusCode, headers.location]
}

describe('a form without a script', () => {
  test.each([
    ['?status=open&sort=edit-desc', ''],
    [
      '?status=closed&label=kind/bug&label=&author=ada&text=it+fails',
      '?q=status:closed+label:kind/bug+author:ada+it+fails',
    ],
    ['?q=created:2023&status=open&limit=20&group=priority', '?q=created:2023+status:open&limit=20&group=priority'],
    ['?text=', '?q='],
    ['?status=opne', '?q=status:opne'],
  ])('%s leads to the list of that query by one redirect', async (asked, to) => {
    expect(await redirectOf(`${base}${asked}`)).toEqual([302, `${base}${to}`])
    expect((await viewer.get(`${base}${to}`)).headers.location).toBeUndefined()
  })

  test('says on the list what is wrong with a value', async () => {
    const answer = await viewer.get(`${base}?q=status:opne`)
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain('Unknown status &quot;opne&quot;')
  })

  test('never leads to another host', async () => {
    for (const name of ['/evil.example', '%2Fevil.example', '/evil.example/..']) {
      const { statusCode, headers } = await viewer.get(`/${name}/-/bugs?text=x`)
      expect([statusCode, headers.location]).toEqual([404, undefined])
    }
  })

  test('with more than a query may hold is refused', async () => {
    expect((await viewer.get(`${base}?q=${'a'.repeat(3000)}&text=${'b'.repeat(3000)}`)).statusCode).toBe(400)
  })
})

describe('an id typed alone', () => {
  const { id } = written.lines[3]!
  const imported = written.lines[7]!

  test.each([
    [id.slice(0, 7), id],
    [` ${id.slice(0, 9).toUpperCase()} `, id],
    [id, id],
    ['#1432', imported.id],
  ])('%s leads to its bug', async (text, to) => {
    expect(await redirectOf(`${base}?q=${encodeURIComponent(text)}`)).toEqual([302, `${base}/${to}`])
  })

  test.each([id.slice(0, 6), `"${id.slice(0, 7)}"`, `id:${id.slice(0, 7)}`, 'deadbee', '#99', '"#1432"', `${id} x`])(
    '%s is a query like any other',
    async text => {
      expect((await viewer.get(`${base}?q=${encodeURIComponent(text)}`)).statusCode).toBe(200)
    },
  )

  test('in quotes finds the bugs that mention it', async () => {
    expect((await viewer.get(`${base}?q=${encodeURIComponent('"#1432"')}`)).body).toContain('Bug 9')
  })

  test('that is no bug’s is offered to be looked for elsewhere', async () => {
    expect((await viewer.get(`${base}?q=deadbeef`)).body).toContain('href="/-/go?id=deadbeef"')
  })
})

describe('a list that is empty', () => {
  test('says which filter to leave out, counted with the words that are looked for', async () => {
    const { body } = await viewer.get(`${base}?q=${encodeURIComponent('label:priority/high nowhere "bug 3"')}`)
    expect(body).toContain('No bug matches this query.')
    expect(body).toMatch(/href="[^"]*q=label:priority\/high\+%22bug\+3%22"[^>]*>5 bugs without nowhere</)
    expect(body).not.toContain('without label:priority/high')
  })
})

describe('parameters of the list', () => {
  test('limit says how many bugs are on a page', async () => {
    const rows = async (query: string) =>
      [...(await viewer.get(`${base}${query}`)).body.matchAll(/class="title"/g)].length
    expect(await rows('')).toBe(50)
    expect(await rows('?limit=200')).toBe(60)
    expect(await rows('?limit=25&page=3')).toBe(10)
  })

  test.each(['?limit=0', '?limit=201', '?limit=x', '?limit=1&limit=2', '?group=a/b', '?group=a&group=b'])(
    '%s is refused',
    async query => {
      expect((await viewer.get(`${base}${query}`)).statusCode).toBe(400)
    },
  )

  test('a page beyond the end is none, also of a board', async () => {
    expect((await viewer.get(`${base}?limit=30&page=3`)).statusCode).toBe(404)
    expect((await viewer.get(`${base}?group=priority&page=2`)).statusCode).toBe(404)
    expect((await viewer.get(`${base}?group=`)).body).toContain('<ol class="bugs"')
  })

  test('a board has its columns, and an answer of its own', async () => {
    const board = await viewer.get(`${base}?group=priority`)
    expect(board.body).toMatch(
      /<h2[^>]*><a href="[^"]*label:priority\/high[^"]*"[^>]*>high<\/a> <span class="n">20<\/span><\/h2>/,
    )
    expect(board.body).toContain('No priority')
    expect(board.headers.etag).toBe((await viewer.get(base)).headers.etag)
    expect((await viewer.get(base)).body).toContain('<ol class="bugs"')
  })
})

describe('named queries', () => {
  test('are links, and the one in force is marked', async () => {
    const { body } = await viewer.get(`${base}?q=label:priority/high`)
    expect(body).toContain(
      '<a href="/tracker/-/bugs?q=label:priority/high" rel="nofollow" aria-current="page">High</a>',
    )
    expect(body).toContain('<a href="/tracker/-/bugs?q=colour:red" rel="nofollow">Red</a>')
  })

  test('that cannot be read are told of when the program starts', () => {
    expect(viewer.logged.filter(({ setting }) => setting !== undefined)).toMatchObject([
      {
        level: 40,
        setting: 'repositories.pages[0].queries[1]',
        query: 'colour:red',
        reason: expect.stringContaining('unknown qualifier "colour"'),
      },
    ])
  })
})

describe('suggestions', () => {
  const suggest = async (q: string) => await viewer.get(`/tracker/-/suggest?q=${encodeURIComponent(q)}`)

  test('are JSON with a text, a hint and the place that it takes, and are answered with 304', async () => {
    const answer = await suggest('status:open label:pri')
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.json()).toEqual({
      items: [
        { text: 'label:priority/high ', hint: '20 bugs', replace: [12, 21] },
        { text: 'label:priority/low ', hint: '20 bugs', replace: [12, 21] },
      ],
    })
    const url = '/tracker/-/suggest?q=x'
    const { etag } = (await viewer.get(url)).headers
    expect((await viewer.get(url, { 'if-none-match': String(etag) })).statusCode).toBe(304)
  })

  test('for no query are qualifiers, for one that is too long there are none', async () => {
    expect((await viewer.get('/tracker/-/suggest')).json().items[0]).toMatchObject({ text: 'status:', replace: [0, 0] })
    expect((await suggest('a'.repeat(5000))).statusCode).toBe(400)
    expect((await viewer.get('/nowhere/-/suggest?q=a')).statusCode).toBe(404)
  })
})
