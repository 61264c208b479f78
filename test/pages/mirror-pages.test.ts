/** What pages say of copies of repositories elsewhere. */
import { describe, expect, test } from 'vitest'
import type { OriginFailure, TrackerOrigin } from '../../src/bug/model.ts'
import { aboutPage } from '../../src/pages/about-page.ts'
import { errorPage } from '../../src/pages/error-page.ts'
import { indexPage } from '../../src/pages/index-page.ts'
import { layoutView } from '../../src/pages/layout.ts'
import { createLinks } from '../../src/pages/links.ts'
import { commandAddress, patternText } from '../../src/pages/mirror-view.ts'
import { createSite } from '../../src/pages/site.ts'
import { hostileText, inventKiln } from '../support/kiln.ts'
import { copied } from '../support/mirror-pages.ts'
import { createRenderer, listPage } from '../support/preview.ts'

const render = createRenderer()
const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const kiln = inventKiln()
const name = 'codeberg.org/group/tool'
const repositoryOf = (origin: Partial<TrackerOrigin> = {}) => ({ name, tracker: copied(kiln.tracker, origin) })
const list = (origin: Partial<TrackerOrigin> = {}) =>
  render({ template: 'bugs', view: listPage({ site, repository: repositoryOf(origin) }) })
const sinceMs = Date.UTC(2026, 10, 21, 21)
const reasons: readonly OriginFailure[] = [
  'gone',
  'refused',
  'unreachable',
  'slow',
  'forbidden',
  'damaged',
  'large',
  'room',
  'failed',
]
const plain = (html: string) => html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')

describe('a page of a copy', () => {
  test('says below where it is from and how old it is, with a link that hands nothing on', () => {
    const page = list()
    const footer = page.slice(page.indexOf('<footer>'))
    expect(plain(footer)).toContain(
      'A copy of https://codeberg.org/group/tool.git as of 2026-11-21 18:59 UTC · Read-only: how to report · state ',
    )
    expect(footer).toContain('<a href="https://codeberg.org/group/tool.git" rel="nofollow noreferrer">')
    expect(footer).toContain('<time datetime="2026-11-21T18:59:00Z">')
    expect(page).not.toContain('class="notice stale"')
  })

  test.each(['ssh://git@codeberg.org/group/tool.git', 'git://codeberg.org/group/tool', 'javascript:alert(1)'])(
    'has no link to %s, which no browser can follow',
    href => {
      expect(list({ href })).toContain(`A copy of <span class="id">${href}</span>`)
    },
  )

  test('shows an address that is hostile or long as a text, cut', () => {
    const page = list({ href: `https://x/${hostileText}${'y'.repeat(500)}` })
    expect(page).toContain('https://x/&lt;script&gt;')
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="/-/static/viewer.js">'])
    expect(plain(page)).not.toContain('y'.repeat(300))
  })

  test.each(reasons)('that cannot be fetched because of "%s" says above that it is the last state, and why', reason => {
    const page = list({ failure: { reason, sinceMs } })
    const notice = plain(/<p class="notice stale">.*?<\/p>/s.exec(page)![0])
    expect(notice).toMatch(
      /^What you see is the state of 2026-11-21 18:59 UTC\. No newer one could be fetched since 2026-11-21 21:00 UTC from https:\/\/codeberg\.org\/group\/tool\.git: [a-z][a-z ]+\.$/,
    )
    expect(page.indexOf('class="notice stale"')).toBeLessThan(page.indexOf('<h1'))
  })

  test('tells each reason in other words', () => {
    const pages = reasons.map(reason => list({ failure: { reason, sinceMs } }))
    expect(new Set(pages).size).toBe(reasons.length)
  })

  test('names the state of its refs, which does not change when it is only looked at', () => {
    const { state, eventsUrl } = layoutView({ site: { ...site, isLive: true }, title: 'x', repository: repositoryOf() })
    expect(state).toEqual({ digest: kiln.tracker.digest.slice(0, 7), readAt: undefined })
    expect(eventsUrl).toContain(`state=${kiln.tracker.digest.slice(0, 16)}`)
  })

  test('that never changes says nothing of how fetching goes now', () => {
    const repository = repositoryOf({ failure: { reason: 'gone', sinceMs } })
    expect(layoutView({ site, title: 'x', repository, isFinal: true }).origin).toMatchObject({ failure: undefined })
    expect(layoutView({ site, title: 'x', repository }).origin?.failure).toBeDefined()
  })

  test('written as files says it in one place, so that the next run leaves the others', () => {
    const copy = { ...site, isCopy: true }
    const origin = (canonical: string) =>
      layoutView({ site: copy, title: 'x', repository: repositoryOf(), canonical }).origin
    expect(origin(site.links.bugs(name))).toBeDefined()
    expect(origin(site.links.labels(name))).toBeUndefined()
  })
})

test('a page of a repository of this machine says nothing of copies', () => {
  const page = render({ template: 'bugs', view: listPage({ site, repository: { name, tracker: kiln.tracker } }) })
  expect(page).not.toContain('A copy of')
})

describe('the page about a copy', () => {
  const about = (origin: Partial<TrackerOrigin> = {}, cloneUrl?: string) =>
    aboutPage({
      site: { ...site, remotes: { open: [], refreshSeconds: 5400 } },
      repository: repositoryOf(origin),
      details: { description: undefined, owner: undefined, cloneUrl },
      readme: undefined,
      reportHtml: undefined,
    })

  test('has its address, its age, its size and how often it is fetched', () => {
    const page = plain(render({ template: 'about', view: about() }))
    expect(page).toContain(
      'Copied from https://codeberg.org/group/tool.git last fetched 2026-11-21 18:59 UTC fetched again when somebody looks, once in 90 minutes at most 3.2 MB on disk here',
    )
    const failing = plain(render({ template: 'about', view: about({ failure: { reason: 'slow', sinceMs } }) }))
    expect(failing).toContain('UTC not since then: the server there takes too long')
  })

  test('sends those who clone it to where it is from', () => {
    expect(about({}, 'https://elsewhere.example/x')).toMatchObject({
      cloneUrl: 'https://codeberg.org/group/tool.git',
      pullCommands: 'git clone https://codeberg.org/group/tool.git\ngit bug pull',
    })
  })

  test.each(["https://x/a'b", 'https://x/$(id)', 'https://x/a;b', 'https://x/a b', 'ssh://-oProxy/x\n', 'https://x/`'])(
    'puts no address into a command that a shell would act on: %j',
    href => {
      expect(commandAddress(href)).toBeUndefined()
      expect(about({ href }).pullCommands).toBe('git bug pull')
    },
  )
})

describe('the list of repositories', () => {
  const open = ['https://codeberg.org/**', '*://git.example.org/group/*']
  const opening = { ...site, remotes: { open, refreshSeconds: 300 } }
  const repositories = [{ name: 'kiln' }, { name, isAway: true }]
  const html = (input: Partial<Parameters<typeof indexPage>[0]> = {}) =>
    render({ template: 'index', view: indexPage({ site: opening, repositories, ...input }) })

  test('has the form below where visitors may open others, and nowhere else', () => {
    const page = html()
    expect(page.indexOf('action="/-/open" method="post"')).toBeGreaterThan(page.indexOf('</table>'))
    expect(plain(page)).toContain('May be opened: https://codeberg.org/…, git.example.org/group/…')
    expect(html({ site })).not.toContain('method="post"')
    expect(html({ site: { ...opening, isCopy: true } })).not.toContain('method="post"')
  })

  test('without any repository offers the form instead of advice for operators', () => {
    const page = html({ repositories: [] })
    expect(page).toContain('method="post"')
    expect(page).not.toContain('npm start')
    expect(html({ repositories: [], site })).toContain('npm start')
  })

  test('has the form first where an address was typed, with it and what is wrong with it', () => {
    const attempt = { address: 'ftp://x/"y', mistake: 'No.' }
    const page = html({ attempt })
    expect(page.indexOf('method="post"')).toBeLessThan(page.indexOf('<table'))
    expect(page).toContain('value="ftp://x/&quot;y"')
    expect(page).toContain('aria-describedby="mistake allowed" aria-invalid="true"')
    expect(page).toContain('<p class="mistake" id="mistake">No.</p>')
    expect(page).toContain('<meta name="robots" content="noindex">')
    expect(html({ attempt: { address: 'x' } })).not.toMatch(/aria-invalid|class="mistake"/)
  })

  test('says of a copy that is not on disk that it is fetched when it is opened, with dashes for numbers', () => {
    const rows = html().split('<tr>')
    const away = rows.find(row => row.includes('>codeberg.org/group/<'))!
    expect(plain(away)).toMatch(/tool not here now: fetched when it is opened\s*–\s*–\s*–/)
    expect(rows.filter(row => row.includes('not here now'))).toHaveLength(1)
  })

  test('names a few kinds of addresses and counts the rest', () => {
    const many = Array.from({ length: 30 }, (_, n) => `https://host-${n}.example/**`)
    const page = plain(html({ site: { ...site, remotes: { open: many, refreshSeconds: 1 } } }))
    expect(page).toContain('https://host-7.example/…, and 22 more kinds of address')
    expect(page).not.toContain('host-8')
  })
})

test.each([
  ['https://codeberg.org/**', 'https://codeberg.org/…'],
  ['*://git.example.org/group/*', 'git.example.org/group/…'],
  ['https://*.example.org:8443/**', 'https://….example.org:8443/…'],
  ['https://*/**', 'https://…/…'],
  ['ssh://git@host:*/a*/b', 'ssh://git@host:…/a…/b'],
])('the pattern %s is read as %s', (pattern, text) => {
  expect(patternText(pattern)).toBe(text)
})

describe('the page of a failure', () => {
  const href = 'https://codeberg.org/group/tool'

  test.each(reasons)('says what "%s" means', reason => {
    const view = errorPage({ site, status: 502, code: 'REMOTE_UNREACHABLE', remote: { href, reason } })
    expect(view.subject).toBe(href)
    expect([view.heading, view.what, view.next].every(text => text.length > 10)).toBe(true)
    expect(view.what).not.toContain('undefined')
  })

  test('says when another attempt is made', () => {
    const next = (retryAfterSeconds: number) =>
      errorPage({ site, status: 502, code: 'REMOTE_UNREACHABLE', remote: { href, reason: 'slow' }, retryAfterSeconds })
        .next
    expect([next(45), next(230), next(7170)].map(text => /Try again in .*$/.exec(text)?.[0])).toEqual([
      'Try again in 45 seconds.',
      'Try again in 4 minutes.',
      'Try again in 2 hours.',
    ])
  })

  test('says of a remote without bugs that it was asked, and when it will be again', () => {
    const empty = { site, status: 404, code: 'REPOSITORY_EMPTY', retryAfterSeconds: 590 } as const
    const view = errorPage({ ...empty, remote: { href } })
    expect(view.heading).toBe('No bugs over there yet')
    expect(view.next).toMatch(/It is asked again in 10 minutes at the earliest\.$/)
    expect(errorPage(empty).heading).toBe('No bugs here yet')
  })

  test.each(['REMOTE_NOT_ALLOWED', 'REMOTE_REFUSED', 'REMOTE_TOO_LARGE', 'MIRROR_NO_ROOM'] as const)(
    'has words of its own for %s',
    code => {
      const usual = errorPage({ site, status: 507 }).what
      expect(errorPage({ site, status: 507, code }).what).not.toBe(usual)
    },
  )
})
