/** People and signatures as visitors get them: through the whole program, from repositories with signed packs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { createSigningKey, type SigningKey, signCommits } from '../support/signing.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'
import { childrenOf, parseXml, textOf } from '../support/xml.ts'

const start = 1_700_000_000
const base = '/tracker/-'
let built: BuiltRepository
let viewer: Viewer
let key: SigningKey
let scene: ReturnType<typeof signedTracker>

/** Ada has a key; her first pack is signed, her second is not, her third is signed by nobody's key. Tomas has none. */
function signedTracker(armor: string) {
  const t = createTrackerWriter({ seed: 'people' })
  const avatarUrl = 'https://avatars.example.org/ada.png'
  const ada = t.identity({ name: 'Ada', email: 'ada@example.org', avatarUrl, at: start, keys: [armor] })
  const tomas = t.identity({ name: 'Tomas', at: start })
  const twin = t.identity({ name: 'tomas', at: start })
  const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', at: start + 1 })
  bug.comment(ada, { message: 'Second.', at: start + 2 })
  bug.comment(tomas, { message: 'Third.', at: start + 3 })
  bug.comment(ada, { message: 'Fourth.', at: start + 4 })
  const plain = t.bug(tomas, { title: 'Wiring', message: '', at: start + 5 })
  return { t, ada, tomas, twin, bug, plain }
}

beforeAll(async () => {
  key = await createSigningKey({ type: 'rsa', rsaBits: 2048 })
  const stranger = await createSigningKey({ type: 'curve25519' })
  scene = signedTracker(key.armor)
  built = await buildRepository(scene.t)
  await signCommits(built.path, scene.bug.ref, async (payload, index) =>
    index === 0 ? await key.sign(payload) : index === 3 ? await stranger.sign(payload) : undefined,
  )
  viewer = await openViewer({ paths: [built.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

/** The words of the page between two texts. */
function words(html: string, from: string, to: string): string {
  const start = html.indexOf(from)
  return html
    .slice(start, html.indexOf(to, start))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}

describe('the page of a bug', () => {
  test('says of each pack of somebody with a key how it is signed', async () => {
    const { body } = await viewer.get(`${base}/bugs/${scene.bug.id}`)
    const parts = body.split('<article').slice(1)
    const shortId = key.fingerprint.slice(-16)
    expect(parts.map(part => /(signed with key \w+|not signed[^<"]*|bad signature: [^<"]*)/.exec(part)?.[0])).toEqual([
      `signed with key ${shortId}`,
      'not signed, though its author has a key',
      undefined,
      expect.stringMatching(/^bad signature: it names key [0-9A-F]{16}, which was not in force$/),
    ])
    expect(body).toContain('1 pack signed, 1 not signed though their authors have keys, 1 badly signed')
  })

  test('of people without keys says nothing of signatures', async () => {
    expect((await viewer.get(`${base}/bugs/${scene.plain.id}`)).body).not.toMatch(/sign(?:ed|ature)/)
  })
})

describe('the page of a person', () => {
  test('has their keys with fingerprints', async () => {
    const { body } = await viewer.get(`${base}/identities/${scene.ada.id}`)
    expect(words(body, '<h2>Keys', '</section>')).toBe(
      ` Keys RSA 2048 ${key.fingerprint.match(/.{4}/g)!.join(' ')} in force since 2023-11-14 `,
    )
  })

  test('tells somebody of the same name apart, and leads to them', async () => {
    const { body } = await viewer.get(`${base}/identities/${scene.tomas.id}`)
    const twin = `tomas · ${scene.twin.id.slice(0, 7)}`
    expect(words(body, '<p class="notice">', '</p>')).toBe(` Somebody else here has the same name: ${twin} `)
    expect(body).toContain(`href="${base}/identities/${scene.twin.id}"`)
    expect((await viewer.get(`${base}/identities`)).body).toContain(twin)
  })

  test('is offered as a feed of their bugs, which prefixes of their id lead to', async () => {
    const { body } = await viewer.get(`${base}/identities/${scene.tomas.id}`)
    expect(body).toContain(
      `type="application/atom+xml" title="Feed (Atom)" href="${base}/identities/${scene.tomas.id}.atom"`,
    )
    const short = await viewer.get(`${base}/identities/${scene.tomas.id.slice(0, 9)}.atom`)
    expect([short.statusCode, short.headers.location]).toEqual([302, `${base}/identities/${scene.tomas.id}.atom`])
    const feed = await viewer.get(`${base}/identities/${scene.tomas.id}.atom`, { host: 'bugs.example.org' })
    expect(feed.headers['content-type']).toBe('application/atom+xml; charset=utf-8')
    const entries = childrenOf(parseXml(feed.body), 'entry')
    expect(entries.map(entry => textOf(entry, 'title'))).toEqual(['Wiring', 'It smokes'])
    expect(feed.body).toContain(`http://bugs.example.org${base}/bugs/${scene.bug.id}`)
  })

  test('has the fingerprints of their keys in its JSON', async () => {
    const person = JSON.parse((await viewer.get(`${base}/identities/${scene.ada.id}.json`)).body)
    expect(person.versions[0].fingerprints).toEqual([key.fingerprint.toLowerCase()])
    expect(person.bugs).toHaveLength(1)
  })

  test('shows e-mail addresses and loads pictures only where the operator wants it', async () => {
    const quiet = await viewer.get(`${base}/identities/${scene.ada.id}`)
    expect(quiet.body).not.toMatch(/@|<img/)
    expect(quiet.headers['content-security-policy']).toContain("img-src 'self';")
    const yaml = 'people: { showEmail: true, avatars: remote }'
    await using open = await openViewer({ paths: [built.path], yaml })
    const { body, headers } = await open.get(`${base}/identities/${scene.ada.id}`)
    expect(body).toContain('<p>ada@example.org</p>')
    expect(body).toContain(
      '<img src="https://avatars.example.org/ada.png" alt="" width="32" height="32" loading="lazy" referrerpolicy="no-referrer">',
    )
    expect(headers['content-security-policy']).toMatch(/img-src 'self' https:/)
  })
})

describe('the list of people', () => {
  test('can be searched by name, login and id', async () => {
    const found = await viewer.get(`${base}/identities?q=TOMAS`)
    expect(found.body).toContain('<h1>2 people</h1>')
    expect(found.body).toContain('<meta name="robots" content="noindex">')
    expect(found.headers.etag).toBe((await viewer.get(`${base}/identities`)).headers.etag)
    expect((await viewer.get(`${base}/identities?q=${scene.ada.id.slice(0, 6)}`)).body).toContain('<h1>1 person</h1>')
    expect((await viewer.get(`${base}/identities?q=nobody`)).body).toContain('No name, login or id has this in it.')
  })

  test('takes a text with markup for what it is', async () => {
    const { body, statusCode } = await viewer.get(`${base}/identities?q=${encodeURIComponent('"><b>x')}`)
    expect([statusCode, body.includes('<b>x')]).toEqual([200, false])
  })

  test.each([
    ['two texts', 'q=a&q=b'],
    ['a text without end', `q=${'x'.repeat(5000)}`],
  ])('refuses %s', async (_what, query) => {
    expect((await viewer.get(`${base}/identities?${query}`)).statusCode).toBe(400)
  })
})
