import { describe, expect, test } from 'vitest'
import type { Identity } from '../../src/bug/model.ts'
import { personFeed } from '../../src/pages/feeds.ts'
import { createLinks } from '../../src/pages/links.ts'
import { peoplePage } from '../../src/pages/people-page.ts'
import { personPage } from '../../src/pages/person-page.ts'
import { createSite, type Site } from '../../src/pages/site.ts'
import { parsePublicKey } from '../../src/signatures/public-key.ts'
import { inventBug, inventIdentity, inventTracker } from '../support/invented-tracker.ts'
import { createSigningKey } from '../support/signing.ts'
import { childrenOf, parseXml, textOf } from '../support/xml.ts'

const links = createLinks({ basePath: '', asset: name => name })
const site = createSite({ title: 'Bugs', links })
const ada = inventIdentity('ada', { name: 'Ada Marsh', login: 'ada', names: ['A. Marsh'], keys: ['k', 'l'] })
const tomas = inventIdentity('tomas', { login: 'tomas' })
const quiet = inventIdentity('quiet', { name: 'Quiet' })
const bot = inventIdentity('bot', { name: 'kiln-bot' })
const bugs = [
  inventBug(1, { title: 'one', events: [['ada', 86_400, { type: 'create', text: '' }]] }),
  inventBug(2, {
    title: 'two',
    status: 'closed',
    events: [
      ['tomas', 2000, { type: 'create', text: '' }],
      ['ada', 3000, { type: 'comment', text: '' }],
      ['bot', 3000, { type: 'status', status: 'closed' }],
    ],
  }),
  inventBug(3, { title: 'three', events: [['tomas', 4000, { type: 'create', text: '' }]] }),
]
const people = [quiet, ada, tomas, bot]
const repository = { name: 'kiln', tracker: inventTracker({ bugs, identities: people }) }
const repositoryOf = (...identities: Identity[]) => ({ name: 'kiln', tracker: inventTracker({ bugs, identities }) })
const namesIn = (text?: string) => peoplePage({ site, repository, text }).rows.map(row => row.person.name)
const everywhere = (shown: Site, identity: Identity) => {
  const at = repositoryOf(identity)
  return [peoplePage({ site: shown, repository: at }), personPage({ site: shown, repository: at, identity })]
}

describe('the people', () => {
  test('are ordered by what they took part in, then by name, with what they did', () => {
    const { rows, heading } = peoplePage({ site, repository })
    expect(heading).toBe('4 people')
    expect(rows.map(row => [row.person.name, row.opened, row.commented, row.changed, row.isBot, row.keys])).toEqual([
      ['Ada Marsh (ada)', '1', '1', '0', false, '2 keys'],
      ['tomas', '2', '0', '0', false, ''],
      ['kiln-bot', '0', '0', '1', true, ''],
      ['Quiet', '0', '0', '0', false, ''],
    ])
  })

  test.each<[string, string | undefined, string[]]>([
    ['in a name, whatever its case', 'MARSH', ['Ada Marsh (ada)']],
    ['in a login', 'oma', ['tomas']],
    ['at the start of an id', quiet.id.slice(0, 8), ['Quiet']],
    ['that is nowhere', 'nobody', []],
    ['that is empty', ' ', ['Ada Marsh (ada)', 'tomas', 'kiln-bot', 'Quiet']],
  ])('can be found by a text %s', (_where, text, names) => {
    expect(namesIn(text)).toEqual(names)
  })

  test('that a text does not find, and of whom there are none at all, are told apart', () => {
    expect(peoplePage({ site, repository, text: 'nobody' }).none).toBe('No name, login or id has this in it.')
    expect(peoplePage({ site, repository: repositoryOf() }).none).toBe('Nobody has an identity in this repository.')
  })

  test('of a search are kept from search engines', () => {
    expect(peoplePage({ site, repository }).layout.indexed).toBe(true)
    expect(peoplePage({ site, repository, text: 'ada' }).layout.indexed).toBe(false)
  })

  test('of a bug with a hundred thousand are counted before anybody stops waiting', () => {
    const comments = Array.from({ length: 100_000 }, (_, n) => [`p${n}`, 2, { type: 'comment', text: '' }] as const)
    const labels = ['quiet', 3, { type: 'labels', added: ['x'] }] as const
    const events = [['ada', 1, { type: 'create', text: '' }] as const, ...comments, labels]
    const tracker = inventTracker({ bugs: [inventBug(1, { title: 'x', events })], identities: people })
    const { rows } = peoplePage({ site, repository: { name: 'kiln', tracker } })
    expect(rows.find(({ person }) => person.name === 'Quiet')).toMatchObject({ commented: '0', changed: '1' })
  })

  test('beyond a thousand are counted', () => {
    const many = Array.from({ length: 1003 }, (_, index) => inventIdentity(`${index}`, { name: `n${index}` }))
    const view = peoplePage({ site, repository: repositoryOf(...many) })
    expect([view.rows.length, view.more]).toEqual([1000, '3 more people are'])
  })
})

describe('a person', () => {
  const view = personPage({ site, repository, identity: ada })

  test('has the names that they had, and what became of their keys', () => {
    expect(view.versions.map(({ at, name, keys }) => [at.text, name, keys])).toEqual([
      ['2026-04-15', 'Ada Marsh (ada)', ''],
      ['2026-01-05', 'A. Marsh (ada)', '2 new keys'],
    ])
  })

  test('has the bugs that they opened, commented on and changed, each once', () => {
    const lists = (identity: Identity) =>
      personPage({ site, repository, identity }).lists.map(({ heading, statusText, rows }) => [
        heading,
        statusText,
        rows.map(({ title }) => title),
      ])
    expect(lists(ada)).toEqual([
      ['Opened 1 bug', '1 open', ['one']],
      ['Commented on 1 bug by others', '1 closed', ['two']],
    ])
    expect(lists(tomas)).toEqual([['Opened 2 bugs', '1 open, 1 closed', ['three', 'two']]])
    expect(lists(bot)).toEqual([['Changed 1 bug by others without a comment', '1 closed', ['two']]])
    expect(lists(quiet)).toEqual([])
  })

  test('has the days of their first and their latest bug, and none where no clock tells', () => {
    expect(personPage({ site, repository, identity: tomas }).opened).toMatchObject({
      first: { text: '1970-01-01' },
      last: { text: '1970-01-01' },
    })
    expect(view.opened?.first.iso).toBe('1970-01-02T00:00:00Z')
    expect(personPage({ site, repository, identity: quiet }).opened).toBeUndefined()
    const timeless = inventBug(1, { title: 'x', events: [['ada', -5, { type: 'create', text: '' }]] })
    const at = { name: 'kiln', tracker: inventTracker({ bugs: [timeless], identities: [ada] }) }
    expect(personPage({ site, repository: at, identity: ada }).opened).toBeUndefined()
  })

  test('who opened very many bugs has a link to the list of all', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      inventBug(index + 1, { title: `bug ${index}`, events: [['ada', 1000, { type: 'create', text: '' }]] }),
    )
    const busy = { name: 'kiln', tracker: inventTracker({ bugs: many, identities: [ada] }) }
    const [opened] = personPage({ site, repository: busy, identity: ada }).lists
    expect(opened?.rows).toHaveLength(25)
    expect(opened?.more).toEqual({ text: 'Show all 30 bugs', url: `/kiln/-/bugs?q=author:${ada.id.slice(0, 7)}` })
  })

  test('was imported from where the metadata says, as far as that is an address', () => {
    const metadata = new Map([
      ['github-login', 'ada'],
      ['launchpad-login', 'x"><script>'],
      ['gitlab-login', 'ada'],
      ['forge-url', 'https://forge.example.org/ada'],
      ['evil-url', 'javascript:alert(1)'],
      ['origin', 'github'],
    ])
    const versions = [
      { ...ada.versions[0]!, metadata },
      { ...ada.versions[1]!, metadata: new Map([['github-login', 'eve']]) },
    ]
    const { origins } = personPage({ site, repository, identity: { ...ada, versions } })
    expect(origins).toEqual([
      { text: 'ada on github', url: 'https://github.com/ada' },
      { text: 'x"><script> on launchpad', url: undefined },
      { text: 'ada on gitlab', url: undefined },
      { text: 'forge.example.org/ada', url: 'https://forge.example.org/ada' },
    ])
  })

  test('with more than a hundred versions has the last ones, and how many came before', () => {
    const versions = Array.from({ length: 103 }, (_, index) => ({ ...ada.versions[0]!, name: `name ${index}` }))
    const { versions: shown, moreVersions } = personPage({ site, repository, identity: { ...ada, versions } })
    expect([shown.length, shown[0]?.name, moreVersions]).toEqual([100, 'name 102 (ada)', '3 earlier names'])
  })

  test('has no e-mail address and no picture from elsewhere on any page, unless the operator wants them', () => {
    const quietly = JSON.stringify(everywhere(site, ada))
    expect(quietly).not.toContain('@')
    expect(quietly).not.toContain('avatars')
    const openly = JSON.stringify(
      everywhere(createSite({ title: 'Bugs', links, showsEmail: true, loadsAvatars: true }), ada),
    )
    expect(openly).toContain('ada@example.org')
    expect(openly).toContain('https://avatars.example.org/ada.png')
  })

  test.each([
    'http://x.example.org/a.png',
    'javascript:alert(1)',
    'data:image/png,x',
    '//x.example.org',
    'https://a:b@x.org/',
    'x',
    `https://x.org/${'a'.repeat(3000)}`,
  ])('whose picture is at %s has none', avatarUrl => {
    const shown = createSite({ title: 'Bugs', links, loadsAvatars: true })
    const identity = { ...ada, avatarUrl }
    expect(personPage({ site: shown, repository: repositoryOf(identity), identity }).person.avatar).toBeUndefined()
  })
})

describe('two people of one name', () => {
  const other = { ...inventIdentity('other', { name: 'ada marsh', login: 'ADA' }), displayName: 'ada  marsh (ADA)' }
  const twins = repositoryOf(ada, other, tomas)

  test('are told apart by their ids wherever they are named', () => {
    const names = peoplePage({ site, repository: twins }).rows.map(row => row.person.name)
    expect(names).toContain(`Ada Marsh (ada) · ${ada.id.slice(0, 7)}`)
    expect(names).toContain(`ada  marsh (ADA) · ${other.id.slice(0, 7)}`)
    expect(names).toContain('tomas')
    const [opened] = personPage({ site, repository: twins, identity: ada }).lists
    expect(opened?.rows[0]?.author.name).toBe(`Ada Marsh (ada) · ${ada.id.slice(0, 7)}`)
  })

  test('each have a link to the other', () => {
    const linksOf = (identity: Identity) =>
      personPage({ site, repository: twins, identity }).namesakes.map(({ url }) => url)
    expect(linksOf(ada)).toEqual([`/kiln/-/identities/${other.id}`])
    expect(linksOf(other)).toEqual([`/kiln/-/identities/${ada.id}`])
    expect(linksOf(tomas)).toEqual([])
  })
})

describe('the keys of a person', async () => {
  const [first, second] = [
    await createSigningKey({ type: 'curve25519' }),
    await createSigningKey({ type: 'curve25519' }),
  ]
  const versionsWith = (...sets: (readonly string[])[]) =>
    sets.map((keys, index) => ({
      ...ada.versions[0]!,
      at: 86_400 * (index + 1),
      times: new Map([['bugs-edit', index * 10]]),
      keys,
    }))
  const keysOf = (...sets: (readonly string[])[]) =>
    personPage({ site, repository, identity: { ...ada, versions: versionsWith(...sets) } }).keys

  test('are shown with fingerprint, kind, and the time for which they count', () => {
    const grouped = (fingerprint: string) => fingerprint.match(/.{4}/g)!.join(' ')
    const { shown } = keysOf([], [first.armor], [first.armor, second.armor], [second.armor, 'no key'])
    expect(shown.map(key => [key.fingerprint, key.algorithm, key.since.text, key.until?.text, key.lamport])).toEqual([
      ['', '', '1970-01-05', undefined, 'from edit time 30'],
      [grouped(second.fingerprint), 'Ed25519', '1970-01-04', undefined, 'from edit time 20'],
      [grouped(first.fingerprint), 'Ed25519', '1970-01-03', '1970-01-05', 'from edit time 10 to 30'],
    ])
    expect(parsePublicKey(first.armor)?.fingerprint).toBe(first.fingerprint)
  })

  test('that come back are there twice, and one that is written twice is there once', () => {
    const spans = keysOf([first.armor, first.armor], [], [first.armor]).shown.map(key => [
      key.since.text,
      key.until?.text,
    ])
    expect(spans).toEqual([
      ['1970-01-04', undefined],
      ['1970-01-02', '1970-01-03'],
    ])
  })

  test('beyond fifty are counted', () => {
    const { shown, more } = keysOf(Array.from({ length: 4000 }, (_, index) => `key ${index}`))
    expect([shown.length, more]).toEqual([50, '3,950 more keys'])
  })
})

describe('the feed of a person', () => {
  const feedOf = (identity: Identity, at = repository) =>
    parseXml(personFeed({ site, repository: at, origin: 'https://bugs.example.org', identity }))

  test('has the bugs that they opened and commented on, the newest edit first', () => {
    const feed = feedOf(ada)
    expect(childrenOf(feed, 'entry').map(entry => textOf(entry, 'title'))).toEqual(['two', 'one'])
    expect(textOf(feed, 'title')).toBe('Ada Marsh (ada) · kiln · Bugs')
    expect(textOf(feed, 'id')).toBe(`tag:bugs.example.org,2026:kiln/identities/${ada.id}`)
    const addresses = childrenOf(feed, 'link').map(link => [link.attributes.get('rel'), link.attributes.get('href')])
    expect(addresses).toContainEqual(['self', `https://bugs.example.org/kiln/-/identities/${ada.id}.atom`])
    expect(addresses).toContainEqual(['alternate', `https://bugs.example.org/kiln/-/identities/${ada.id}`])
  })

  test('of somebody who did nothing is empty, and of somebody busy has 25 entries', () => {
    expect(childrenOf(feedOf(quiet), 'entry')).toEqual([])
    const many = Array.from({ length: 30 }, (_, index) =>
      inventBug(index + 1, { title: `bug ${index}`, events: [['ada', 1000, { type: 'create', text: '' }]] }),
    )
    const busy = { name: 'kiln', tracker: inventTracker({ bugs: many, identities: [ada] }) }
    const entries = childrenOf(feedOf(ada, busy), 'entry').map(entry => textOf(entry, 'title'))
    expect([entries.length, entries[0]]).toEqual([25, 'bug 29'])
  })
})
