/** Addresses of remote repositories: what they become, and every trick that must not become one. */
import { isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRemoteHost, parseRemoteUrl, type RemoteUrl } from '../../src/base/remote-url.ts'
import { isServableName } from '../../src/cache/registry.ts'
import { processorMs } from '../support/processor-time.ts'

function read(text: string): RemoteUrl {
  const url = parseRemoteUrl(text)
  if ('mistake' in url) throw new Error(`${JSON.stringify(text)} ${url.mistake}`)
  return url
}

function mistakeOf(text: string): string {
  const url = parseRemoteUrl(text)
  if (!('mistake' in url)) throw new Error(`${JSON.stringify(text)} was read as ${url.href}`)
  return url.mistake
}

test('an address is read into its parts', () => {
  expect(read('https://codeberg.org/group/tool.git')).toEqual({
    scheme: 'https',
    user: undefined,
    host: 'codeberg.org',
    port: undefined,
    path: '/group/tool.git',
    href: 'https://codeberg.org/group/tool.git',
    name: 'codeberg.org/group/tool',
  })
  expect(read('ssh://git@[2001:DB8::1]:2222/tool')).toEqual({
    scheme: 'ssh',
    user: 'git',
    host: '2001:db8::1',
    port: 2222,
    path: '/tool',
    href: 'ssh://git@[2001:db8::1]:2222/tool',
    name: '[2001:db8::1]:2222/tool',
  })
})

test.each([
  ['HTTPS://Codeberg.ORG/Group/Tool', 'https://codeberg.org/Group/Tool', 'codeberg.org/Group/Tool'],
  ['https://h.example:443/a', 'https://h.example/a', 'h.example/a'],
  ['https://h.example:0443/a', 'https://h.example/a', 'h.example/a'],
  ['http://h.example:80/a', 'http://h.example/a', 'h.example/a'],
  ['http://h.example:443/a', 'http://h.example:443/a', 'h.example:443/a'],
  ['ssh://h.example:22/a', 'ssh://h.example/a', 'h.example/a'],
  ['git://h.example:9418/a', 'git://h.example/a', 'h.example/a'],
  ['git://h.example:9419/a', 'git://h.example:9419/a', 'h.example:9419/a'],
  ['https://h.example/a/b.git///', 'https://h.example/a/b.git', 'h.example/a/b'],
  ['https://h.example/a.git/b', 'https://h.example/a.git/b', 'h.example/a.git/b'],
  ['https://h.example/a.GIT', 'https://h.example/a.GIT', 'h.example/a.GIT'],
  ['https://h.example/~ann/c++', 'https://h.example/~ann/c++', 'h.example/~ann/c++'],
  ["https://h.example/!$&'()*,;=:@x", "https://h.example/!$&'()*,;=:@x", "h.example/!$&'()*,;=:@x"],
  ['https://h.example/%61%2Bb/%c3%a4', 'https://h.example/a+b/%C3%A4', 'h.example/a+b/ä'],
  ['https://h.example/ä/日本', 'https://h.example/%C3%A4/%E6%97%A5%E6%9C%AC', 'h.example/ä/日本'],
  ['git@codeberg.org:group/tool.git', 'ssh://git@codeberg.org/group/tool.git', 'codeberg.org/group/tool'],
  ['git@codeberg.org:/srv/tool', 'ssh://git@codeberg.org/srv/tool', 'codeberg.org/srv/tool'],
  ['git@[::1]:tool', 'ssh://git@[::1]/tool', '[::1]/tool'],
  ['git@h.example:22/tool', 'ssh://git@h.example/22/tool', 'h.example/22/tool'],
  ['ann.b_c-d+e@h.example:~ann/tool', 'ssh://ann.b_c-d+e@h.example/~ann/tool', 'h.example/~ann/tool'],
  ['http://localhost:8080/tool', 'http://localhost:8080/tool', 'localhost:8080/tool'],
])('%s is %s, and called %s', (text, href, name) => {
  expect(read(text)).toMatchObject({ href, name })
  expect(read(href)).toEqual(read(text))
})

test.each([
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['ｅxample.org', 'example.org'],
  ['example。org', 'example.org'],
  ['example．org', 'example.org'],
  ['раypal.example', 'xn--ypal-43d9g.example'],
  ['a⁄b', 'xn--ab-c6t'],
  ['0x7f.1', '127.0.0.1'],
  ['0X7F000001', '127.0.0.1'],
  ['2130706433', '127.0.0.1'],
  ['017700000001', '127.0.0.1'],
  ['0177.0.0.01', '127.0.0.1'],
  ['127.1', '127.0.0.1'],
  ['127.0.1', '127.0.0.1'],
  ['0', '0.0.0.0'],
  ['①②⑦.⓪.⓪.①', '127.0.0.1'],
  ['127。0。0。1', '127.0.0.1'],
  ['[0:0:0:0:0:0:0:1]', '::1'],
  ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
  ['[::127.0.0.1]', '::7f00:1'],
])('the host %s is %s', (text, host) => {
  expect(read(`https://${text}/tool`).host).toBe(host)
  expect(read(`git@${text}:tool`).host).toBe(host)
})

const begin = 'does not begin with https://, http://, ssh:// or git://'
const hidden = 'holds a space or a character that cannot be seen'
const wrongHost = 'names a host that cannot be used'
const wrongPort = 'names a port that is no number from 1 to 65535'
const wrongPart = 'holds a part that cannot be used in the name of a repository'
const emptyPart = 'holds an empty part between two slashes'
const noPath = 'names no repository: its path is empty'
const user = 'holds the name of a user, as only ssh:// may'
const wrongUser = 'holds a name of a user that cannot be used'
const password = 'holds a password'
const query = 'holds a ? or a #'

test.each([
  // Other ways to make git do something.
  ['', 'is empty'],
  ['file:///etc', begin],
  ['FILE://h/etc', begin],
  ['ext::sh%20-c%20id', begin],
  ['ext::https://h/a', begin],
  ['fd::7', begin],
  ['https::https://h/a', begin],
  ['a::b', begin],
  ['git+ssh://h/a', begin],
  ['ssh+git://h/a', begin],
  ['ftp://h/a', begin],
  ['javascript:alert(1)', begin],
  ['--upload-pack=id', begin],
  ['-oProxyCommand=id', begin],
  ['/srv/git/tool.git', begin],
  ['tool', begin],
  ['h.example:group/tool', begin],
  ['//h/a', begin],
  ['https:/h/a', begin],
  ['https:h/a', begin],
  ['://h/a', begin],
  [' https://h/a', hidden],
  ['https://h/a ', hidden],
  ['https://h/a b', hidden],
  ['ht\ttps://h/a', hidden],
  ['https://h\t/a', hidden],
  ['https://h\n.evil/a', hidden],
  ['https://h/a\0', hidden],
  ['https://h/a\r\nHost: x', hidden],
  ['https:\\\\h\\a', hidden],
  ['https://h\\@evil/a', hidden],
  ['https://h/a\\..\\b', hidden],
  ['https://h/a\u202eb', hidden],
  ['https://h/a\u200bb', hidden],
  ['https://ex\u00adample.org/a', hidden],
  ['https://h/a\u{e0001}', hidden],
  ['https://h/\ufe0fa', hidden],
  ['https://h/\u3164', hidden],
  ['https://h/\u00a0', hidden],
  ['https://h/\ud800', hidden],
  ['\ufeffhttps://h/a', hidden],
  // Users and passwords.
  ['https://ann@h/a', user],
  ['https://h.example@evil/a', user],
  ['http://@h/a', user],
  ['git://ann@h/a', user],
  ['https://ann:pass@h/a', password],
  ['https://:pass@h/a', password],
  ['ssh://ann:pass@h/a', password],
  ['ssh://ann:@h/a', password],
  ['ssh://a@b:c@h/a', password],
  ['ssh://a@b@h/a', wrongUser],
  ['ssh://@h/a', wrongUser],
  ['ssh://-oProxyCommand=id@h/a', wrongUser],
  ['ssh://-l@h/a', wrongUser],
  ['ssh://ann%40b@h/a', wrongUser],
  ['ssh://ann%3Apass@h/a', wrongUser],
  ['ssh://$(id)@h/a', wrongUser],
  [`ssh://${'a'.repeat(65)}@h/a`, wrongUser],
  ['-oProxyCommand=id@h:a', wrongUser],
  // Hosts.
  ['https:///a', wrongHost],
  ['https://', wrongHost],
  ['https://:80/a', wrongHost],
  ['ssh://-oProxyCommand=id/a', wrongHost],
  ['ssh://git@-h/a', wrongHost],
  ['git@-h:a', wrongHost],
  ['https://h-/a', wrongHost],
  ['https://a_b/a', wrongHost],
  ['https://h./a', wrongHost],
  ['https://127.0.0.1./a', wrongHost],
  ['https://h。/a', wrongHost],
  ['https://.h/a', wrongHost],
  ['https://a..b/a', wrongHost],
  ['https://%68/a', wrongHost],
  ['https://h%2f/a', wrongHost],
  ['https://h%00/a', wrongHost],
  ['https://1.2.3.4.5/a', wrongHost],
  ['https://1.2.3.256/a', wrongHost],
  ['https://4294967296/a', wrongHost],
  ['https://h.1/a', wrongHost],
  ['https://0xg.0x/a', wrongHost],
  ['https://[::1/a', wrongHost],
  ['https://::1/a', wrongHost],
  ['https://[::1]x/a', wrongHost],
  ['https://[fe80::1%25eth0]/a', wrongHost],
  ['https://[fe80::1%eth0]/a', wrongHost],
  ['https://[v1.a]/a', wrongHost],
  ['https://[127.0.0.1]/a', wrongHost],
  ['https://[]/a', wrongHost],
  ['https://xn--/a', wrongHost],
  ['https://h*/a', wrongHost],
  ["https://h'/a", wrongHost],
  ['https://$(id)/a', wrongHost],
  ['https://a℀b/a', wrongHost],
  [`https://${'a'.repeat(64)}/a`, wrongHost],
  [`https://${'a.'.repeat(127)}a/a`, wrongHost],
  // Ports.
  ['https://h:/a', wrongPort],
  ['https://h:0/a', wrongPort],
  ['https://h:65536/a', wrongPort],
  ['https://h:-1/a', wrongPort],
  ['https://h:8o/a', wrongPort],
  ['https://h:80:80/a', wrongPort],
  ['https://h:000080/a', wrongPort],
  ['https://h:８０/a', wrongPort],
  // Queries and fragments.
  ['https://h/a?b', query],
  ['https://h?/a', query],
  ['https://h/a#b', query],
  ['https://h#@evil/a', query],
  ['git@h:a?b', query],
  // Paths.
  ['https://h', noPath],
  ['https://h/', noPath],
  ['https://h//', noPath],
  ['git@h:', noPath],
  ['https://h//a', emptyPart],
  ['https://h/a//b', emptyPart],
  ['git@h://a', emptyPart],
  ['https://h/../a', wrongPart],
  ['https://h/a/..', wrongPart],
  ['https://h/./a', wrongPart],
  ['https://h/%2e%2e/a', wrongPart],
  ['https://h/%2E/a', wrongPart],
  ['https://h/.%2e/a', wrongPart],
  ['https://h/a/.git', wrongPart],
  ['https://h/.git', wrongPart],
  ['https://h/.hidden', wrongPart],
  ['https://h/-', wrongPart],
  ['https://h/a/-/b', wrongPart],
  ['https://h/--upload-pack=id', wrongPart],
  ['https://h/%2d', wrongPart],
  ['git@h:-x', wrongPart],
  ['https://h/a%2fb', wrongPart],
  ['https://h/a%2F..%2Fb', wrongPart],
  ['https://h/a%5cb', wrongPart],
  ['https://h/a%00', wrongPart],
  ['https://h/a%0a', wrongPart],
  ['https://h/a%20b', wrongPart],
  ['https://h/a%7f', wrongPart],
  ['https://h/a%3fb', wrongPart],
  ['https://h/a%23b', wrongPart],
  ['https://h/%252e%252e/a', wrongPart],
  ['https://h/a%25b', wrongPart],
  ['https://h/a%e2%80%ae', wrongPart],
  ['https://h/a%e2%80%8b', wrongPart],
  ['https://h/a%ef%b8%8f', wrongPart],
  ['https://h/a|b', wrongPart],
  ['https://h/<b>', wrongPart],
  ['https://h/a"b', wrongPart],
  ['https://h/`id`', wrongPart],
  ['https://h/a^b', wrongPart],
  ['https://h/{a}', wrongPart],
  ['https://h/%E2%80%A5', wrongPart],
  ['https://h/a%', 'holds a % that escapes nothing'],
  ['https://h/a%zz', 'holds a % that escapes nothing'],
  ['https://h/a%c0%ae', 'holds a % that escapes nothing'],
  ['https://h/a%c0%af', 'holds a % that escapes nothing'],
  ['https://h/%ed%a0%80', 'holds a % that escapes nothing'],
  ['https://h/a.git.git', 'ends in .git twice'],
  ['https://h/a.git%2egit', 'ends in .git twice'],
  [`https://h/${'a'.repeat(254)}`, 'gives a name of more than 255 characters'],
  [`https://h/${'a'.repeat(4096)}`, 'is longer than 4096 characters'],
])('the address %j is none', (text, mistake) => {
  expect(mistakeOf(text)).toBe(mistake)
})

test('a host is nothing but a host', () => {
  expect(['h', '[::1]', '127.1'].map(parseRemoteHost)).toEqual(['h', '::1', '127.0.0.1'])
  const wrong = ['', 'h:80', '::1', '[::1]:80', 'ann@h', 'h/a', 'h?', 'h#', ' h', 'h\n', '[h]', '*', '*.h']
  expect(wrong.filter(text => parseRemoteHost(text) !== undefined)).toEqual([])
})

test('the longest name can be had, and its address read again', () => {
  expect(read(`https://h/${'a'.repeat(253)}`).name).toHaveLength(255)
  const wide = read(`https://h/${'日'.repeat(253)}.git`)
  expect(wide.href.length).toBeGreaterThan(2000)
  expect(read(wide.href)).toEqual(wide)
})

test('a mistake quotes nothing of the address', () => {
  const secret = 'hunter2'
  const texts = [
    `https://ann:${secret}@h/a`,
    `https://${secret}@h/a`,
    `ann:${secret}@h:a`,
    `https://h/a?token=${secret}`,
    `https://h:${secret}/a`,
    `https://${secret}_/a`,
    `https://h/a//${secret}`,
    `${secret}://h/a`,
  ]
  expect(texts.map(mistakeOf).filter(mistake => mistake.includes(secret))).toEqual([])
})

/** Texts that are nearly addresses: parts that mean something, in any order, and some of everything else. */
const nearlyAddress = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          'https://',
          'http://',
          'ssh://',
          'git://',
          'file://',
          'ext::',
          'git@',
          'a:b@',
          'h.example',
          'bücher.example',
          '127.1',
          '0x7f.1',
          '[::1]',
          '[fe80::1%25a]',
          ':22',
          ':443',
          ':99999',
          '/',
          '//',
          ':',
          '@',
          '\\',
          '?',
          '#',
          '%',
          '%2f',
          '%2e%2e',
          '%252e',
          '%c3%a4',
          '%00',
          '..',
          '.',
          '-',
          '.git',
          'a',
          'tool',
          'ä',
          '\t',
          '\u202e',
          '\u3002',
          '\ud800',
        ),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    ),
    { maxLength: 12 },
  )
  .map(parts => parts.join(''))

/** The same with a beginning that lets more of them be addresses. */
const address = fc.oneof(
  nearlyAddress,
  fc
    .tuple(fc.constantFrom('https://h.example/', 'ssh://git@h:22/', 'git@h:', 'HTTP://127.1/'), nearlyAddress)
    .map(parts => parts.join('')),
  fc.webUrl({ withQueryParameters: false, withFragments: false }),
)

test('whatever is read is spelled the same way when it is read again', () => {
  fc.assert(
    fc.property(address, text => {
      const url = parseRemoteUrl(text)
      if ('mistake' in url) return url.mistake !== ''
      return JSON.stringify(parseRemoteUrl(url.href)) === JSON.stringify(url)
    }),
    { numRuns: 20_000 },
  )
})

test('whatever is read has a name that can be served, and shows all that is in it', () => {
  const seen = { read: 0 }
  fc.assert(
    fc.property(address, text => {
      const url = parseRemoteUrl(text)
      if ('mistake' in url) return
      seen.read++
      expect(isServableName(url.name)).toBe(true)
      expect(url.name).not.toMatch(/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\\%]|\.git$|(?:^|\/)[.-]/u)
      expect(url.href).toMatch(/^(?:https|http|ssh|git):\/\/[!-~]+$/)
      expect(url.href).not.toMatch(/[?#\\"<>`{}|^]|%(?:2[ef5]|5c|[01].|7f)/i)
      expect(url.href.slice(0, url.href.indexOf(url.path, 8))).not.toMatch(/:[^/]*@/)
      expect(isIP(url.host) > 0 || /^[a-z0-9][a-z0-9.-]*[a-z0-9]$|^[a-z0-9]$/.test(url.host)).toBe(true)
      expect(url.scheme === 'ssh' || url.user === undefined).toBe(true)
    }),
    { numRuns: 20_000 },
  )
  expect(seen.read).toBeGreaterThan(1000)
})

test('a browser and this program see the same host in an address', () => {
  fc.assert(
    fc.property(address, text => {
      const url = parseRemoteUrl(text)
      if ('mistake' in url) return
      // Those that browsers know; the other schemes have no rules of their own there.
      const seen = new URL(url.href.replace(/^(?:ssh|git):/, 'http:'))
      expect(seen.hostname.replace(/^\[|\]$/g, '')).toBe(url.host)
      expect(seen.username).toBe(url.user ?? '')
      expect(seen.password + seen.search + seen.hash).toBe('')
      expect(seen.pathname).toBe(url.path)
    }),
    { numRuns: 10_000 },
  )
})

test('long and hostile texts take no time', () => {
  const texts = ['https://', 'a@', 'a'.repeat(2000), '%2', '/', ':', '[', '@', 'ä', '\u0301', '//@'].map(part =>
    part.repeat(Math.floor(4_000_000 / part.length)),
  )
  const spentMs = processorMs(() => {
    for (const text of texts) {
      expect(parseRemoteUrl(text)).toHaveProperty('mistake')
      expect(parseRemoteUrl(`https://${text.slice(0, 4000)}`)).toBeDefined()
      expect(parseRemoteUrl(`git@h:${text.slice(0, 4000)}`)).toBeDefined()
    }
  })
  expect(spentMs).toBeLessThan(5000)
})
