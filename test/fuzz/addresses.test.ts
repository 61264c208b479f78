/** Addresses: every path and query, made of what routes are made of and changed at will, on a server that listens. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isServableName } from '../../src/cache/registry.ts'
import { isRepositoryName } from '../../src/config/repository-name.ts'
import { rewriteUrl, shownPattern } from '../../src/http/repository-url.ts'
import { createLinks } from '../../src/pages/links.ts'
import { linksIn, targetsIn } from './page-links.ts'
import { runs } from './runs.ts'
import { type FuzzAnswer, type FuzzRequest, type FuzzSite, openFuzzSite } from './site.ts'

/** Names that folders can have and that mean something else in a URL, in HTML, to a router, to git or to people. */
const oddNames = [
  'tool',
  'a b',
  ' lead and trail ',
  'a+b',
  'a&amp;b',
  '%2F',
  '100%',
  'a%zz',
  'a?b=c',
  'a#b',
  'a;b',
  'a:b',
  'a@b',
  'back\\slash',
  `quotes"'`,
  '<b onclick=x>',
  'é',
  'e\u0301',
  '日本/語',
  '🐞',
  'rtl\u202egnp',
  'zero\u200bwidth',
  'new\nline',
  'tab\there',
  '--help',
  '-x/y-',
  'a,b',
  '[::1]:80',
  '*',
  '**/x',
  '(a|b)',
  '~user',
  '$HOME',
  'constructor',
  '__proto__',
  'healthz',
  'api/v1',
  'hooks/post-receive',
  'robots.txt',
  'bugs.json',
  'in-repository/tool',
  'x.git.git',
  'a/info/refs',
  'b/objects/c',
  'CON',
  'n'.repeat(200),
]

/** What the viewer calls them. */
const names = oddNames.map(folder => folder.replace(/\.git$/, ''))

let site: FuzzSite
beforeAll(async () => {
  site = await openFuzzSite(oddNames)
})
afterAll(() => site[Symbol.asyncDispose]())

/** What holds for every answer, whatever was asked. */
function expectSound(asked: FuzzRequest, { status, headers, body }: FuzzAnswer): void {
  const about = JSON.stringify(asked)
  expect(status, about).toBeGreaterThanOrEqual(200)
  expect(status, `${about}\n${body.toString('utf8', 0, 500)}`).toBeLessThan(500)
  expect(headers['x-content-type-options'], about).toBe('nosniff')
  expect(headers['content-security-policy'], about).toContain("default-src 'none'")
  expect(headers['set-cookie'], about).toBeUndefined()
  for (const [name, value] of Object.entries(headers)) {
    expect([about, name, String(value)]).toEqual([about, name, expect.stringMatching(/^[\t -~]*$/)])
  }
  if (body.length > 0) expect(headers['content-type'], about).toMatch(/^[a-z]+\/[a-z0-9.+-]+(?:; [a-z]+=[a-z0-9.-]+)*$/)
  const { location } = headers
  if (location === undefined) return
  // A path of this site, and nothing that a browser reads as another host.
  expect([about, location]).toEqual([about, expect.stringMatching(/^\/(?![/\\])/)])
  expect(URL.parse(location, 'http://site.invalid/')?.origin, about).toBe('http://site.invalid')
}

describe('names', () => {
  test('that a folder can have are all served, but those that would be cut or hidden in an address', () => {
    expect(names.filter(name => !isServableName(name))).toEqual([])
    const refused = ['', '.a', 'a/.b', '-', 'a/-/b', 'a//b', '/a', 'a/', 'n'.repeat(256)]
    expect(refused.filter(isServableName)).toEqual([])
  })

  test('of any characters come back out of every address that is made of them', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom(...names, '-', '.', '..', '%2f', 'x.git'),
    )
    const name = fc.array(part, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/').toWellFormed())
    const links = createLinks({ basePath: '/base', asset: file => file })
    const inner = (url: string, prefix: string) => {
      const [, encoded = ''] = new RegExp(`^${prefix}([^/]*)`).exec(rewriteUrl(url, '/base')) ?? []
      return decodeURIComponent(encoded)
    }
    fc.assert(
      fc.property(name, one => {
        fc.pre(isServableName(one) || isRepositoryName(one))
        expect(inner(links.bugs(one), '/-/in-repository/')).toBe(one)
        expect(inner(links.file(one, 'a'), '/-/in-repository/')).toBe(one)
        expect(inner(`${links.git(one)}/info/refs?service=git-upload-pack`, '/-/git-of/')).toBe(one)
      }),
      { numRuns: runs(500) },
    )
  })

  test('are found behind the links of the front page, and what their pages link to is there', async () => {
    const links = createLinks({ basePath: '', asset: name => name })
    const get = async (target: string, status = 200) => {
      const answer = await site.get(target)
      expectSound({ method: 'GET', target, headers: {} }, answer)
      expect([target, answer.status]).toEqual([target, status])
      return answer.body.toString()
    }
    const shown = linksIn(await get('/'))
    for (const [index, name] of names.entries()) {
      expect(shown).toContain(links.bugs(name))
      const list = targetsIn(await get(links.bugs(name)), links.bugs(name)).filter(one => one.includes('/-/bugs/'))
      // The same kinds of links are on the pages of all: with each repository others of them are followed.
      const bug = targetsIn(await get(list[index % list.length]!), list[0]!)
      const inside = [links.labels(name), links.people(name), links.about(name), links.activity(name), ...bug]
      for (const step of [0, 1, 2])
        await site
          .get(inside[(index * 3 + step) % inside.length]!)
          .then(({ status }) => expect([name, status]).toEqual([name, expect.toSatisfy(code => code < 400)]))
      expect(JSON.parse(await get(`/api/v1/repos/${encodeURIComponent(name)}`))).toMatchObject({ name })
    }
  })
})

const methods = fc.oneof(
  { weight: 12, arbitrary: fc.constant('GET') },
  { weight: 1, arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND') },
)
/** What may stand in any place of an address and mean something there. */
const pieces = fc.oneof(
  fc.constantFrom(...'/ // . .. ../ ; : @ ! $ & = + , * ~ - -- /-/ ? # % [ ] { } | ^ ` " \' < > \\'.split(' ')),
  fc.constantFrom(
    '%00',
    '%0a',
    '%0d%0a',
    '%20',
    '%22',
    '%2d',
    '%2e%2e',
    '%2f',
    '%5c',
    '%25',
    '%2',
    '%zz',
    '%ff',
    '%c0%af',
  ),
  fc.constantFrom(
    '%e2%80%ae',
    '%ed%a0%80',
    '%f0%9f%90%9e',
    '\u00e9',
    '\u00ff',
    '\u0080',
    '.git',
    '.json',
    '.atom',
    '.txt',
    '.md',
  ),
  fc.constantFrom(
    '/in-repository/',
    '/git-of/',
    '__proto__',
    'constructor',
    '0',
    '-1',
    '1e9',
    '9'.repeat(400),
    'a'.repeat(3000),
  ),
)
const header = fc.oneof(
  fc.tuple(
    fc.constantFrom('accept'),
    fc.constantFrom('*/*', 'text/html', 'application/json', 'a', ',;q=', 'text/html;q=2'),
  ),
  fc.tuple(fc.constant('if-none-match'), fc.constantFrom('*', 'W/"x"', '"', '""', 'x, y', '"a", W/"b"')),
  fc.tuple(
    fc.constant('range'),
    fc.constantFrom('bytes=0-0', 'bytes=-1', 'bytes=9-1', 'bytes=0-,1-', 'rows=1', 'bytes='),
  ),
  fc.tuple(fc.constant('if-modified-since'), fc.constantFrom('Sun, 22 Nov 2026 00:00:00 GMT', 'x', '')),
  fc.tuple(fc.constant('host'), fc.constantFrom('x', '', 'evil.example/', 'a b', '[::1', 'a:99999999', 'a@b')),
  fc.tuple(fc.constant('x-forwarded-host'), fc.constantFrom('evil.example', '"><b>')),
  fc.tuple(fc.constant('x-forwarded-proto'), fc.constantFrom('https', 'javascript')),
  fc.tuple(fc.constant('git-protocol'), fc.constantFrom('version=2', 'version=-1', ':::')),
  fc.tuple(fc.constant('last-event-id'), fc.constantFrom('x', '0')),
)
const queries = fc.constantFrom(
  'status:open',
  'sort:edit-asc',
  'label:"a b"',
  "label:'\"'",
  'label:%',
  'title:"<b title"',
  'author:"a:b \'c\'"',
  '-no:label',
  'id:a',
  'created:2026',
  'open',
  '\u202e',
  'a'.repeat(5000),
  '"',
  'lable:x',
  'metadata:a:b',
  'in:title x',
  '  ',
  '\0',
  '\ud800',
)

/** The routes as people know them, taken from the router's own list. */
function routes(): string[] {
  const above: string[] = []
  const patterns: string[] = []
  for (const line of site.viewer.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = ''] = /^([\s│]*[├└]── )(\S+)/.exec(line) ?? []
    if (part === '') continue
    const depth = indent.length / 4 - 1
    above.length = depth
    above.push(part)
    patterns.push(shownPattern(above.join('')))
  }
  return patterns
}

/** A request target of a pattern: what its parameters may be, what stands behind `?`, and what was changed in it. */
function targets(): fc.Arbitrary<string> {
  const encoded = (text: string) => encodeURIComponent(text.toWellFormed()).replaceAll('%2F', '/')
  const name = fc.constantFrom(...names)
  const id = fc.oneof(fc.constantFrom(...site.ids), fc.stringMatching(/^[0-9a-f]{1,70}$/), pieces)
  const suffix = fc.constantFrom('', '', '', '.json', '.txt', '.md', '.atom', '.mbox', '.csv', '/')
  const value = fc.oneof(queries, pieces, id, fc.string({ unit: 'binary', maxLength: 12 }), fc.nat(70).map(String))
  const key = fc.constantFrom(
    ...'q page limit group sort from id state service after cursor first v status label author sort terms __proto__'.split(
      ' ',
    ),
    'q[]',
    'q.x',
    '',
  )
  const parameter = fc.oneof(
    fc.tuple(key, value).map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v.toWellFormed())}`),
    fc.tuple(key, pieces).map(([k, v]) => `${k}=${v}`),
    pieces,
  )
  const query = fc.array(parameter, { maxLength: 4 }).map(all => (all.length === 0 ? '' : `?${all.join('&')}`))
  const shape = fc.record({ pattern: fc.constantFrom(...routes()), name, parts: fc.tuple(id, id), suffix, query })
  const sound = shape.map(({ pattern, name: named, parts, suffix: end, query: asked }) => {
    let used = 0
    const path = pattern
      .replaceAll(/\(\^[^)]*\)/g, '')
      .replace(/:name/, () => encoded(named))
      .replace(/:repo/, () => encodeURIComponent(named))
      .replaceAll(/:[a-z]+|\*/g, () => parts[used++ % 2]!)
    return path + end + asked
  })
  const change = fc.record({ at: fc.nat(400), remove: fc.nat(3), put: pieces })
  return fc.tuple(sound, fc.oneof(fc.constant([]), fc.array(change, { maxLength: 3 }))).map(([target, changes]) => {
    let text = target
    for (const { at, remove, put } of changes) {
      const place = 1 + (at % text.length)
      text = text.slice(0, place) + put + text.slice(place + remove)
    }
    // What Node's own client would not send is for the tests that write to a socket.
    return text.replaceAll(/[^!-~]/g, '%3F')
  })
}

describe('every address', () => {
  test('is answered, with sound headers, on this site; and what its page links to is there', async () => {
    const seen = new Set<string>()
    const asked = fc.record({
      method: methods,
      target: targets(),
      headers: fc.array(header, { maxLength: 2 }).map(all => Object.fromEntries(all)),
    })
    const statuses = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(asked, async one => {
        const answer = await site.send(one)
        expectSound(one, answer)
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        if (!answer.headers['content-type']?.startsWith('text/html')) return
        const unseen = targetsIn(answer.body.toString(), one.target).filter(link => !seen.has(link))
        for (const link of unseen.slice(0, 4)) {
          seen.add(link)
          const behind = await site.get(link)
          expectSound({ method: 'GET', target: link, headers: {} }, behind)
          expect([one.target, link, behind.status]).toEqual([
            one.target,
            link,
            expect.toSatisfy(status => status < 400),
          ])
        }
      }),
      { numRuns: runs(500) },
    )
    // All kinds of answers were among them.
    for (const status of [200, 302, 400, 404]) expect(statuses.get(status) ?? 0).toBeGreaterThan(0)
    expect(site.viewer.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })
})
