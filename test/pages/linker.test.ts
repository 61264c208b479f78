import { describe, expect, test } from 'vitest'
import { combineIds } from '../../src/bug/ids.ts'
import { createLinker } from '../../src/pages/linker.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'
import { at, inventBug, inventedHash, inventedId, inventIdentity, inventTracker } from '../support/invented-tracker.ts'

const links = createLinks({ basePath: '', asset: file => file })
const site = createSite({ title: 'Bugs', links })
const identities = [
  inventIdentity('ada', { name: 'Ada Marsh', login: 'ada' }),
  inventIdentity('zoe', { name: 'Zoë Ünal' }),
  inventIdentity('one', { name: 'Twin' }),
  inventIdentity('two', { name: 'twin' }),
  inventIdentity('marsh', { name: 'ada', login: 'marsh' }),
]
const bug = (index: number, title: string, urls: Readonly<Record<string, string>> = {}, status?: 'closed') =>
  inventBug(index, {
    title,
    metadata: urls,
    ...(status && { status }),
    events: [['ada', at('2026-01-01 10:00'), { type: 'create', text: 'x' }]],
  })
const smoke = bug(1, 'It "smokes"', { 'github-url': 'https://github.com/Kiln/controller/issues/12' })
const done = bug(2, 'Done', { 'gitlab-url': 'https://gitlab.com/kiln/sub/tool/-/issues/13' }, 'closed')
const same = bug(3, 'Same number', { 'github-url': 'https://github.com/kiln/other/issues/13' })
const tracker = inventTracker({ bugs: [smoke, done, same], identities, problems: [] })
const repository = { name: 'kiln', tracker }
const resolve = createLinker(site)(repository, { commitUrl: 'https://git.example.org/{hash}' })
const hrefOf = (candidate: string) => resolve(candidate)?.href

describe('ids', () => {
  test('seven digits or more of a bug lead to it, and say what it is called', () => {
    const link = { href: links.bug('kiln', smoke.id), className: 'ref', title: 'Open: It "smokes"', rel: undefined }
    expect(resolve(smoke.id.slice(0, 7))).toEqual(link)
    expect(resolve(smoke.id)).toEqual(link)
  })

  test('a bug that is closed is marked', () => {
    expect(resolve(done.id.slice(0, 10))).toMatchObject({ className: 'ref done', title: 'Closed: Done' })
  })

  test('a prefix that two bugs share leads nowhere', () => {
    const twins = ['a', 'b'].map(end => ({ ...smoke, id: `${smoke.id.slice(0, 20)}${end.repeat(44)}` }))
    const shared = inventTracker({ bugs: twins, identities, problems: [] })
    const resolveShared = createLinker(site)({ name: 'kiln', tracker: shared }, { commitUrl: undefined })
    expect(resolveShared(smoke.id.slice(0, 12))).toBeUndefined()
    expect(resolveShared(`${smoke.id.slice(0, 20)}a`)).toBeDefined()
  })

  test('a combined id leads to its comment, from twelve digits on', () => {
    const combined = combineIds(smoke.id, inventedId('operation'))
    expect(resolve(combined)).toMatchObject({ href: links.commentById('kiln', combined), title: 'Open: It "smokes"' })
    expect(hrefOf(combined.slice(0, 12))).toBe(links.commentById('kiln', combined.slice(0, 12)))
    expect(hrefOf(combined.slice(0, 11))).toBe(`https://git.example.org/${combined.slice(0, 11)}`)
  })

  test("the rest are commits, where the operator's viewer is known", () => {
    const commit = inventedHash('a commit')
    expect(resolve(commit)).toEqual({
      href: `https://git.example.org/${commit}`,
      className: undefined,
      title: undefined,
      rel: 'nofollow noopener',
    })
    const without = createLinker(site)(repository, { commitUrl: undefined })
    expect(without(commit)).toBeUndefined()
  })

  test.each(['1234567', '20261118', 'defaced', 'a1'.repeat(30)])('%s is no commit', word => {
    expect(resolve(word)).toBeUndefined()
  })
})

describe('where bugs were imported from', () => {
  test('a number leads to the one bug that had it', () => {
    expect(hrefOf('#12')).toBe(links.bug('kiln', smoke.id))
    expect(hrefOf('#13')).toBeUndefined()
    expect(hrefOf('#14')).toBeUndefined()
  })

  test('a number with its repository is certain', () => {
    expect(hrefOf('kiln/other#13')).toBe(links.bug('kiln', same.id))
    expect(hrefOf('kiln/sub/tool#13')).toBe(links.bug('kiln', done.id))
    expect(hrefOf('KILN/Controller#12')).toBe(links.bug('kiln', smoke.id))
    expect(hrefOf('elsewhere/controller#12')).toBeUndefined()
  })

  test.each([
    'https://github.com/kiln/controller/issues/12',
    'http://www.github.com/Kiln/controller/issues/12/',
    'https://github.com/kiln/controller/issues/12#top',
  ])('%s leads to the bug that is here', url => {
    expect(hrefOf(url)).toBe(links.bug('kiln', smoke.id))
  })

  test('the address of a comment leads to its place on the page', () => {
    const url = 'https://github.com/kiln/controller/issues/12#issuecomment-34'
    expect(hrefOf(url)).toBe(`${links.bug('kiln', smoke.id)}#issuecomment-34`)
  })

  test('GitLab has two addresses for the same', () => {
    expect(hrefOf('https://gitlab.com/kiln/sub/tool/issues/13')).toBe(links.bug('kiln', done.id))
  })

  test.each(['https://github.com/kiln/controller/issues/120', 'https://example.org/kiln/controller/issues/12'])(
    '%s stays where it is',
    url => {
      expect(hrefOf(url)).toBeUndefined()
    },
  )
})

describe('people', () => {
  test('are found by login, in either case', () => {
    expect(resolve('@Ada')).toEqual({
      href: links.person('kiln', identities[0]!.id),
      className: undefined,
      title: 'Ada Marsh (ada)',
      rel: undefined,
    })
  })

  test('who have none by name without its spaces', () => {
    expect(hrefOf('@zoëünal')).toBe(links.person('kiln', identities[1]!.id))
  })

  test('of one name are nobody', () => {
    expect(hrefOf('@twin')).toBeUndefined()
  })
})

test('what a copy of the site leaves out is not linked', () => {
  const copy = createSite({ title: 'Bugs', links, offers: url => !url.includes('/identities/') })
  const resolveCopy = createLinker(copy)(repository, { commitUrl: undefined })
  expect(resolveCopy('@ada')).toBeUndefined()
  expect(resolveCopy('#12')).toBeDefined()
})

test.each(['', '#', '@', 'https://', 'HTTP://[', '#1#2', '@__proto__', '__proto__#1', 'constructor', '#99999999999'])(
  '%j means nothing and breaks nothing',
  candidate => {
    expect(resolve(candidate)).toBeUndefined()
  },
)
