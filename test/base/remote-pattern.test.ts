/** Which addresses visitors may open: patterns by scheme, host and path. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesRemote, parseRemotePattern } from '../../src/base/remote-pattern.ts'
import { parseRemoteUrl } from '../../src/base/remote-url.ts'
import { processorMs } from '../support/processor-time.ts'

function matches(pattern: string, address: string): boolean {
  const url = parseRemoteUrl(address)
  if ('mistake' in url) throw new Error(`${address} ${url.mistake}`)
  const parsed = parseRemotePattern(pattern)
  if (parsed === undefined) throw new Error(`${pattern} is no pattern`)
  return matchesRemote(parsed, url)
}

test.each([
  ['https://codeberg.org/**', 'https://codeberg.org/a'],
  ['https://codeberg.org/**', 'https://codeberg.org/a/b/c.git'],
  ['https://codeberg.org/**', 'HTTPS://CODEBERG.ORG:443/a/'],
  ['https://Codeberg.ORG/**', 'https://codeberg.org/a'],
  ['https://bücher.example/**', 'https://xn--bcher-kva.example/a'],
  ['https://xn--bcher-kva.example/**', 'https://bücher.example/a'],
  ['*://h.example/**', 'https://h.example/a'],
  ['*://h.example/**', 'http://h.example/a'],
  ['*://h.example/**', 'git://h.example/a'],
  ['*://h.example/**', 'git@h.example:a'],
  ['*://h.example/**', 'ssh://h.example/a'],
  ['ssh://h.example/**', 'ssh://git@h.example/a'],
  ['ssh://ann@h.example/**', 'ann@h.example:a'],
  ['https://*.example.org/**', 'https://git.example.org/a'],
  ['https://*.example.org/**', 'https://a.b.example.org/a'],
  ['https://*/**', 'https://anything.example/a'],
  ['https://*/**', 'https://[2001:db8::1]/a'],
  ['https://[2001:DB8:0::1]/**', 'https://[2001:db8::1]/a'],
  ['https://127.1/**', 'https://0x7f000001/a'],
  ['https://h.example:8443/**', 'https://h.example:8443/a'],
  ['https://h.example:443/**', 'https://h.example/a'],
  ['https://h.example/**', 'https://h.example:443/a'],
  ['*://h.example:443/**', 'https://h.example/a'],
  ['*://h.example:443/**', 'http://h.example:443/a'],
  ['https://h.example:*/**', 'https://h.example/a'],
  ['https://h.example:*/**', 'https://h.example:1234/a'],
  ['https://h.example/group/*', 'https://h.example/group/a'],
  ['https://h.example/group/*', 'https://h.example/group/a.git'],
  ['https://h.example/group/tool', 'https://h.example/group/tool.git'],
  ['https://h.example/group/tool.git', 'https://h.example/group/tool'],
  ['https://h.example/*/bugs-*', 'https://h.example/x/bugs-y.git'],
  ['https://h.example/**/bugs', 'https://h.example/a/b/bugs'],
  ['https://h.example/ä/*', 'https://h.example/%c3%a4/x'],
  ['https://h.example/a+b', 'https://h.example/a%2Bb'],
])('%s lets %s in', (pattern, address) => {
  expect(matches(pattern, address)).toBe(true)
})

test.each([
  ['https://codeberg.org/**', 'http://codeberg.org/a'],
  ['https://codeberg.org/**', 'git@codeberg.org:a'],
  ['https://codeberg.org/**', 'https://codeberg.org.evil.example/a'],
  ['https://codeberg.org/**', 'https://evilcodeberg.org/a'],
  ['https://codeberg.org/**', 'https://sub.codeberg.org/a'],
  ['https://codeberg.org/**', 'https://codeberg.org:8443/a'],
  ['https://codeberg.org/**', 'https://evil.example/codeberg.org/a'],
  ['https://codeberg.org/**', 'https://c0deberg.org/a'],
  ['https://*.example.org/**', 'https://example.org/a'],
  ['https://*.example.org/**', 'https://evilexample.org/a'],
  ['https://*.example.org/**', 'https://git.example.org.evil.example/a'],
  ['https://*/**', 'http://anything.example/a'],
  ['https://*/**', 'https://anything.example:8443/a'],
  ['https://h.example:8443/**', 'https://h.example/a'],
  ['*://h.example:443/**', 'http://h.example/a'],
  ['*://h.example/**', 'root@h.example:a'],
  ['*://h.example:*/**', 'ssh://root@h.example:2222/a'],
  ['ssh://h.example/**', 'ssh://ann@h.example/a'],
  ['ssh://ann@h.example/**', 'ssh://git@h.example/a'],
  ['ssh://ann@h.example/**', 'ssh://h.example/a'],
  ['https://h.example/group/*', 'https://h.example/group'],
  ['https://h.example/group/*', 'https://h.example/group/a/b'],
  ['https://h.example/group/*', 'https://h.example/groups/a'],
  ['https://h.example/group/*', 'https://h.example/Group/a'],
  ['https://h.example/group/**', 'https://h.example/other/a'],
  ['https://h.example/tool', 'https://h.example/tool.git/x'],
  ['https://h.example/*', 'https://h.example/a/b'],
])('%s does not let %s in', (pattern, address) => {
  expect(matches(pattern, address)).toBe(false)
})

test.each([
  '',
  '*',
  '**',
  'codeberg.org/**',
  'https://codeberg.org',
  'https://codeberg.org/',
  'https://codeberg.org//**',
  'https:///**',
  'https://**/a',
  'https://*.*/a',
  'https://a*.example/**',
  'https://*a.example/**',
  'https://a.*.example/**',
  'https://*./**',
  'https://*.1/**',
  'https://*.0.0.1/**',
  'https://*.[::1]/**',
  'https://h./**',
  'https://::1/**',
  'https://[::1%25a]/**',
  'https://h:/**',
  'https://h:0/**',
  'https://h:65536/**',
  'https://h:8*/**',
  'https://ann@h/**',
  '*://ann@h/**',
  'ssh://ann:pass@h/**',
  'ssh://*@h/**',
  'ssh://@h/**',
  'file://h/**',
  'HTTPS://h/**',
  'https://h/**?x',
  'https://h/**#x',
  'https://h/%61/**',
  'https://h/a\\b',
  'https://h/../**',
  'https://h/.*',
  'https://h/-/*',
  'https://h/a/',
  'https://h/a b',
  'https://h/\u200b*',
  ' https://h/**',
  'https://h/**\n',
  `https://h/${'a'.repeat(1000)}`,
])('%j is no pattern', text => {
  expect(parseRemotePattern(text)).toBeUndefined()
})

const host = fc.constantFrom('a.example', 'b.a.example', 'xa.example', '127.0.0.1', '[::1]', 'h')
const segment = fc.stringMatching(/^[a-z]{1,3}$/)
const remote = fc
  .tuple(
    fc.constantFrom('https', 'http', 'git', 'ssh'),
    host,
    fc.constantFrom('', ':1', ':22', ':80', ':443', ':9418'),
    fc.array(segment, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '.git'),
  )
  .map(([scheme, name, port, path, end]) => `${scheme}://${name}${port}/${path.join('/')}${end}`)

test('an address is a pattern for itself, and for no other repository', () => {
  fc.assert(
    fc.property(remote, remote, (address, other) => {
      const [url, otherUrl] = [parseRemoteUrl(address), parseRemoteUrl(other)]
      const pattern = parseRemotePattern(address)
      if ('mistake' in url || 'mistake' in otherUrl || pattern === undefined) throw new Error(`${address}, ${other}`)
      expect(matchesRemote(pattern, url)).toBe(true)
      expect(matchesRemote(pattern, otherUrl)).toBe(url.scheme === otherUrl.scheme && url.name === otherUrl.name)
    }),
    { numRuns: 5000 },
  )
})

test('what a pattern with a host lets in has that host, however the address is spelled', () => {
  const odd = fc
    .tuple(
      fc.constantFrom('https://', 'http://', 'ssh://git@', 'git@'),
      fc.array(fc.constantFrom('a.example', 'evil.example', '@', '.', ':', '/', '。', '%2f', '-', ':443', 'x'), {
        maxLength: 6,
      }),
    )
    .map(([start, parts]) => `${start}${parts.join('')}/a`)
  const patterns = ['*://a.example:*/**', '*://*.a.example:*/**'].map(text => parseRemotePattern(text)!)
  fc.assert(
    fc.property(odd, address => {
      const url = parseRemoteUrl(address)
      if ('mistake' in url) return
      const seen = new URL(url.href.replace(/^(?:ssh|git):/, 'http:')).hostname
      expect(patterns.map(pattern => matchesRemote(pattern, url))).toEqual([
        seen === 'a.example',
        seen.endsWith('.a.example'),
      ])
    }),
    { numRuns: 5000 },
  )
})

test('reading a pattern never throws, and matching a hostile one takes no time', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => void parseRemotePattern(text)))
  const many = parseRemotePattern(`https://h/${'**/a*a*/'.repeat(120)}x`)!
  const url = parseRemoteUrl(`https://h/${'aa/'.repeat(84)}`)
  if ('mistake' in url) throw new Error(url.mistake)
  const spentMs = processorMs(() =>
    expect(Array.from({ length: 1000 }, () => matchesRemote(many, url)).some(Boolean)).toBe(false),
  )
  expect(spentMs).toBeLessThan(10_000)
})
