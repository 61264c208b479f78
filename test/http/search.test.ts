/** Finding things in all repositories: the search, the way to an id, the description for browsers. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const at = 1_700_000_000

function tracker(seed: string, texts: readonly (readonly [title: string, message: string])[], from = at) {
  const t = createTrackerWriter({ seed })
  const ada = t.identity({ name: 'Ada Marsh', login: 'ada', at })
  const bugs = texts.map(([title, message], n) => {
    const metadata = { 'forge-url': `https://forge.example.org/pots/${seed}/issues/${n + 1}` }
    return t.bug(ada, { title, message, at: from + n, metadata })
  })
  return { t, ada, bugs }
}

const kiln = tracker('kiln', [
  ['It smokes', 'The **relay** sticks when it is wet.\n\n<script>alert(1)</script>'],
  ['Relay of the fan', 'Nothing to see here.'],
  ['Crème brûlée burns', 'x'.repeat(30_000)],
])
const comment = kiln.bugs[1]!.comment(kiln.ada, {
  message: `Lots of words.\n\n${'More words. '.repeat(300)}and the thermocouple at last`,
  at: at + 50,
  metadata: { 'forge-url': 'https://forge.example.org/pots/kiln/issues/2#issuecomment-5' },
})
const wheel = tracker('wheel', [['Relay clicks', 'One\ntwo\nthree']], at + 1000)
const secret = tracker('secret', [['Relay of the vault', 'Nobody may know of the relay.']], at + 2000)

let folder: string
let viewer: Viewer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'))
  const names = { kiln, 'shop/wheel': wheel, secret }
  for (const [name, { t }] of Object.entries(names)) await buildRepository(t, { dir: join(folder, `${name}.git`) })
  await runGit(join(folder, 'secret.git'), ['config', 'cgit.hide', '1'])
  viewer = await openViewer({
    yaml: JSON.stringify({ repositories: { scan: [folder] }, server: { title: 'Studio & Sons' } }),
  })
  // A search waits for a second only: on a machine that is busy with other tests, the first one would find nothing open.
  for (const name of Object.keys(names)) await viewer.get(`/${name}/-/bugs?q=relay`)
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const search = (q: string, suffix = '') => viewer.get(`/-/search${suffix}?q=${encodeURIComponent(q)}`)
/** Text of a page as it is read. */
const plain = (html: string) => html.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ')

describe('the search', () => {
  test('finds bugs of all repositories that are listed, the last active first, and of no hidden one', async () => {
    const { statusCode, body } = await search('relay')
    expect(statusCode).toBe(200)
    expect(plain(body)).toContain('3 bugs in 2 repositories. 2 repositories were searched.')
    expect([...body.matchAll(/<h2 id="in-\d+"><a href="([^"]*)">/g)].map(([, url]) => url)).toEqual([
      '/shop/wheel/-/bugs?q=relay+sort:relevance-desc',
      '/kiln/-/bugs?q=relay+sort:relevance-desc',
    ])
    expect(body).not.toContain('vault')
    expect(body).toContain('<meta name="robots" content="noindex">')
  })

  test('marks the words in titles and in the piece of text that has them, and links the comment', async () => {
    const { body } = await search('relay')
    expect(body).toContain('<mark>Relay</mark> of the fan')
    expect(body).toContain('The <mark>relay</mark> sticks when it is wet.')
    const far = (await search('thermocouple')).body
    expect(far).toMatch(/<p class="snippet">…[^<]{100,240}the <mark>thermocouple<\/mark> at last/)
    const combined = JSON.parse((await viewer.get(`/kiln/-/bugs/${kiln.bugs[1]!.id}.json`)).body).comments[1].id
    expect(far).toContain(`#c-${combined.slice(0, 16)}`)
    expect((await search('creme BRULEE')).body).toContain('<mark>Crème</mark> <mark>brûlée</mark> burns')
  })

  test('speaks the query language, and reads no texts where it asks for none', async () => {
    const { body } = await search('author:ada title:click')
    expect(plain(body)).toContain('1 bug in 1 repository.')
    expect(body).toContain('Relay <mark>click</mark>s')
    expect(body).not.toContain('class="snippet"')
  })

  test('says where a query goes wrong, and keeps the box as it was', async () => {
    const answer = await search('relay lable:x')
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain('<mark>lable</mark>')
    expect(answer.body).toContain('value="relay lable:x"')
    expect((await search('lable:x', '.json')).json()).toMatchObject({ statusCode: 400, code: 'QUERY_INVALID' })
    expect((await viewer.get('/-/search.json')).statusCode).toBe(400)
    expect((await viewer.get('/-/search?q=a&q=b')).statusCode).toBe(400)
    expect((await viewer.get('/-/search?q=a&from=b&from=c')).statusCode).toBe(400)
  })

  test('asks what to look for, where nothing was asked', async () => {
    const { statusCode, body } = await viewer.get('/-/search?q=+')
    expect(statusCode).toBe(200)
    expect(body).toContain('action="/-/search"')
    expect(body).not.toContain('name="robots"')
  })

  test('says so where nothing was found', async () => {
    expect(plain((await search('nothing-of-the-kind')).body)).toContain('No bug found. 2 repositories were searched.')
  })

  test('goes on from a repository', async () => {
    const { body } = await viewer.get('/-/search?q=relay&from=l')
    expect(body).toContain('Relay</mark> clicks')
    expect(body).not.toContain('It smokes')
    expect(plain(body)).toContain('1 of 2 repositories was searched. This part begins at l: from the beginning.')
  })

  test('offers the way to what may be an id, and takes addresses there', async () => {
    const id = kiln.bugs[0]!.id.slice(0, 9)
    expect((await search(id)).body).toContain(`href="/-/go?id=${id}"`)
    expect((await search('cafe')).body).not.toContain('Is it an id?')
    expect((await search('#2')).headers.location).toBe('/-/go?id=%232')
    expect((await search('"#2"')).statusCode).toBe(200)
  })

  test('is the same page until a repository moves', async () => {
    const first = await search('relay')
    const again = await viewer.get('/-/search?q=relay', { 'if-none-match': String(first.headers.etag) })
    expect(again.statusCode).toBe(304)
    wheel.t.bug(wheel.ada, { title: 'Another relay', message: '', at: at + 3000 })
    const { applyTo } = await import('../support/tracker-builder.ts')
    await applyTo(join(folder, 'shop/wheel.git'), wheel.t)
    await viewer.inject({
      method: 'POST',
      url: '/hooks/post-receive',
      payload: { repo: 'shop/wheel', refs: ['refs/bugs/x'] },
    })
    expect((await search('relay')).body).toContain('Another')
  })

  test('has everything as JSON and as a feed', async () => {
    const json = await search('smokes', '.json')
    expect(json.headers['access-control-allow-origin']).toBe('*')
    expect(json.headers['x-robots-tag']).toBe('noindex')
    expect(json.json()).toMatchObject({
      repositories: { total: 2, searched: 2, notSearched: [] },
      next: null,
      items: [{ repository: 'kiln', total: 1, items: [{ title: 'It smokes', humanId: kiln.bugs[0]!.id.slice(0, 7) }] }],
    })
    const feed = await viewer.get('/-/search.atom?q=relay', { host: 'bugs.example.org' })
    expect(feed.headers['content-type']).toBe('application/atom+xml; charset=utf-8')
    expect(feed.body).toContain('<title>kiln: Relay of the fan</title>')
    expect(feed.body).toContain(`http://bugs.example.org/kiln/-/bugs/${kiln.bugs[1]!.id}`)
    expect(feed.body).not.toContain('rel="next"')
  })

  test('of more repositories than one request may open says how many were searched, and leads to the rest', async () => {
    const many = await mkdtemp(join(tmpdir(), 'many-'))
    for (let n = 0; n < 70; n++) {
      const name = `r${String(n).padStart(2, '0')}.git`
      await cp(join(folder, 'kiln.git'), join(many, name), { recursive: true })
    }
    {
      await using other = await openViewer({ paths: [many] })
      const seen = new Set<string>()
      let url: string | undefined = '/-/search?q=smokes'
      let parts = 0
      do {
        const { body } = await other.get(url)
        for (const [, name] of body.matchAll(/href="\/(r\d\d)\/-\/bugs\?/g)) seen.add(name!)
        const rest: string | undefined = /<a href="([^"]*)" rel="next nofollow"/.exec(body)?.[1]
        expect(plain(body)).toMatch(/ \d+ of 70 repositories (?:was|were) searched\./)
        url = rest?.replaceAll('&amp;', '&')
        parts++
      } while (url !== undefined)
      expect(parts).toBeGreaterThan(1)
      expect(seen.size).toBe(70)
    }
    await rm(many, { recursive: true, force: true })
  })
})

describe('the way to an id', () => {
  const go = (id: string) => viewer.get(`/-/go?id=${encodeURIComponent(id)}`)

  test('leads to the bug, the person or the comment, by id and by its first digits', async () => {
    const bug = kiln.bugs[0]!
    for (const id of [bug.id, bug.id.slice(0, 12), ` ${bug.id.slice(0, 10).toUpperCase()} `]) {
      const { statusCode, headers } = await go(id)
      expect([statusCode, headers.location]).toEqual([302, `/kiln/-/bugs/${bug.id}`])
    }
    expect((await go(wheel.bugs[0]!.id)).headers.location).toBe(`/shop/wheel/-/bugs/${wheel.bugs[0]!.id}`)
    expect((await go(wheel.ada.id.slice(0, 12))).headers.location).toBe(`/shop/wheel/-/identities/${wheel.ada.id}`)
    const combined: string = JSON.parse((await viewer.get(`/kiln/-/bugs/${kiln.bugs[1]!.id}.json`)).body).comments[1].id
    const target = `/kiln/-/bugs/${kiln.bugs[1]!.id}#c-${combined.slice(0, 16)}`
    expect((await go(combined)).headers.location).toBe(target)
    expect((await go(combined.slice(0, 14))).headers.location).toBe(target)
    expect(comment).toBeDefined()
  })

  test('leads to an imported comment by its address, and by the end of it on the page', async () => {
    const url = 'https://forge.example.org/pots/kiln/issues/2'
    const bug = `/kiln/-/bugs/${kiln.bugs[1]!.id}`
    const combined: string = JSON.parse((await viewer.get(`${bug}.json`)).body).comments[1].id
    expect((await go(`${url}#issuecomment-5`)).headers.location).toBe(`${bug}#c-${combined.slice(0, 16)}`)
    expect((await go(`${url}#issuecomment-6`)).headers.location).toBe(bug)
    expect((await viewer.get(bug)).body.match(/id="issuecomment-[^"]*"/g)).toEqual(['id="issuecomment-5"'])
  })

  test('leads to imported bugs by address and number, also as a path', async () => {
    const target = `/kiln/-/bugs/${kiln.bugs[1]!.id}`
    const url = 'https://forge.example.org/pots/kiln/issues/2'
    for (const address of [
      `/-/go?id=${encodeURIComponent(`${url}#top`)}`,
      `/-/go/${url}`,
      `/-/go/${encodeURIComponent(url)}`,
      '/-/go/pots/kiln%232',
      '/-/go/%232',
    ])
      expect([address, (await viewer.get(address)).headers.location]).toEqual([address, target])
  })

  test('lets choose where several things fit', async () => {
    const { statusCode, body } = await go('#1')
    expect(statusCode).toBe(300)
    expect(body).toContain('It smokes')
    expect(body).toContain('Relay clicks')
    expect(body).toContain('in shop/wheel')
  })

  test('says what can be asked where nothing fits, and offers to look for the words', async () => {
    const { statusCode, body } = await go('0000000')
    expect(statusCode).toBe(404)
    expect(plain(body)).toContain('Nothing was found. 2 repositories were looked into.')
    expect(body).toContain('href="/-/search?q=%220000000%22"')
    const strange = await go('<script>"')
    expect(strange.statusCode).toBe(404)
    expect(plain(strange.body)).toContain('This is no id')
    expect((await viewer.get('/-/go')).statusCode).toBe(200)
    expect((await viewer.get('/-/go?id=a&id=b')).statusCode).toBe(400)
    expect((await go('a'.repeat(3000))).statusCode).toBe(400)
  })

  test('knows nothing of hidden repositories', async () => {
    expect((await go(secret.bugs[0]!.id)).statusCode).toBe(404)
    expect((await go('https://forge.example.org/pots/secret/issues/1')).statusCode).toBe(404)
    expect((await viewer.get(`/secret/-/bugs/${secret.bugs[0]!.id}`)).statusCode).toBe(200)
  })

  test('inside a repository, the number, the sign before it and the whole address lead to the bug', async () => {
    for (const typed of ['2', '#2', 'https://forge.example.org/pots/kiln/issues/2'])
      expect((await viewer.get(`/kiln/-/issues/${encodeURIComponent(typed)}`)).headers.location).toBe(
        `/kiln/-/bugs/${kiln.bugs[1]!.id}`,
      )
    expect((await viewer.get('/kiln/-/issues/nothing')).statusCode).toBe(404)
  })
})

test('browsers are told how to search', async () => {
  const answer = await viewer.get('/-/opensearch.xml', { host: 'bugs.example.org' })
  expect(answer.headers['content-type']).toBe('application/opensearchdescription+xml; charset=utf-8')
  expect(answer.body).toContain('template="http://bugs.example.org/-/search?q={searchTerms}"')
  expect(answer.body).toContain('<ShortName>Studio &amp; Sons</ShortName>')
  expect((await viewer.get('/-/search')).body).toContain('href="/-/opensearch.xml"')
})
