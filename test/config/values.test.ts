/** The small rules: sizes, schedules, addresses, names. */
import fc from 'fast-check'
import { validate } from 'node-cron'
import { expect, test } from 'vitest'
import { isHost, isNetwork, parseBasePath, parsePublicUrl, parseRedisUrl } from '../../src/config/address.ts'
import { formatByteSize, parseByteSize } from '../../src/config/byte-size.ts'
import { parseCronSchedule } from '../../src/config/cron-schedule.ts'
import { formatDuration, parseDuration } from '../../src/config/duration.ts'
import { nearestName } from '../../src/config/nearest-name.ts'
import { isRepositoryName } from '../../src/config/repository-name.ts'
import { resolvePath } from '../../src/config/setting-path.ts'

test('sizes are numbers or numbers with a binary unit', () => {
  expect(['64 MiB', '64MiB', '64 mib', '1.5 KiB', '10', '10 B', 7].map(parseByteSize)).toEqual([
    67108864, 67108864, 67108864, 1536, 10, 10, 7,
  ])
  const wrong = [
    '',
    'MiB',
    '64 MB',
    '64M',
    '-1',
    '1e3',
    '0.3 B',
    '1 TiB',
    '9999999999999999 GiB',
    '1\nMiB',
    -1,
    0.5,
    Infinity,
  ]
  expect(wrong.map(parseByteSize)).toEqual(wrong.map(() => undefined))
})

test('every size reads back from how it is shown', () => {
  fc.assert(fc.property(fc.nat(2 ** 50), bytes => parseByteSize(formatByteSize(bytes)) === bytes))
  expect([0, 1, 1000, 1024, 1536, 67108864, 3 * 1024 ** 3].map(formatByteSize)).toEqual([
    '0 B',
    '1 B',
    '1000 B',
    '1 KiB',
    '1536 B',
    '64 MiB',
    '3 GiB',
  ])
})

test('times are seconds or numbers with a unit', () => {
  expect(['300', '90s', '5m', '1.5 h', '2d', ' 7 ', 0, 0.5, '0s'].map(parseDuration)).toEqual([
    300, 90, 300, 5400, 172_800, 7, 0, 0.5, 0,
  ])
  const wrong = [
    '',
    's',
    '5M',
    '5 min',
    '1h30m',
    '1e3',
    '-1s',
    '.5h',
    '5  m',
    '5m\nx',
    '1w',
    '12345678901s',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]
  expect(wrong.map(parseDuration)).toEqual(wrong.map(() => undefined))
})

test('every time in whole seconds reads back from how it is shown', () => {
  fc.assert(fc.property(fc.nat(1_000_000_000), seconds => parseDuration(formatDuration(seconds)) === seconds))
  expect([0, 1, 60, 90, 3600, 5400, 86_400, 31_536_000].map(formatDuration)).toEqual([
    '0s',
    '1s',
    '1m',
    '90s',
    '1h',
    '90m',
    '1d',
    '365d',
  ])
})

test('schedules have five fields of numbers, ranges, lists and steps', () => {
  for (const text of ['* * * * *', '*/5 * * * *', '0,30 0-6 1 */2 0-7', '10-50/20 23 31 12 7']) {
    expect(parseCronSchedule(text)).toBe(text)
  }
  const wrong = [
    '',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    '5/10 * * * *',
    '*/61 * * * *',
    'a * * * *',
    '* * * * MON',
    ', * * * *',
    '1,, * * * *',
    '-1 * * * *',
    '1.5 * * * *',
  ]
  expect(wrong.filter(text => parseCronSchedule(text) !== undefined)).toEqual([])
})

test('every schedule that is accepted is one for the scheduler too', () => {
  const part = fc.oneof(
    fc.constant('*'),
    fc.nat(70).map(String),
    fc.tuple(fc.nat(70), fc.nat(70)).map(range => range.join('-')),
    fc.nat(70).map(step => `*/${step}`),
    fc.tuple(fc.nat(70), fc.nat(70), fc.nat(70)).map(([from, to, step]) => `${from}-${to}/${step}`),
  )
  const field = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join(','))
  fc.assert(
    fc.property(fc.array(field, { minLength: 5, maxLength: 5 }), fields => {
      const parsed = parseCronSchedule(fields.join(' '))
      return parsed === undefined || validate(parsed)
    }),
    { numRuns: 2000 },
  )
})

test('hosts are names or addresses, without port and brackets', () => {
  expect(['localhost', '127.0.0.1', '::', '::1', 'a-b.example.org', '0.0.0.0'].filter(text => !isHost(text))).toEqual(
    [],
  )
  expect(['', 'a:80', '[::1]', 'a b', '-a', 'a..b', 'http://a', 'a/b', `${'a'.repeat(64)}.b`].filter(isHost)).toEqual(
    [],
  )
})

test('networks are addresses with or without a prefix length', () => {
  expect(
    ['127.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8', '1.2.3.4/32', '::/128'].filter(text => !isNetwork(text)),
  ).toEqual([])
  const wrong = [
    '',
    'localhost',
    '10.0.0.0/0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/a',
    'fe80::1%eth0',
    '10.0.0',
  ]
  expect(wrong.filter(isNetwork)).toEqual([])
})

test('URLs of Redis are told in full, or refused', () => {
  const right = ['redis://h', 'REDISS://Example.org:1/', 'redis://[::1]:6380/15', 'redis://10.0.0.1/007']
  expect(right.map(parseRedisUrl)).toEqual([
    'redis://h:6379/0',
    'rediss://example.org:1/0',
    'redis://[::1]:6380/15',
    'redis://10.0.0.1:6379/7',
  ])
  const wrong = [
    '',
    'redis',
    'redis:',
    'redis://',
    'redis:///0',
    'redis://:6379',
    'redis://h:0',
    'redis://h:65536',
    'redis://h:x',
    'redis://h/x',
    'redis://h/1/2',
    'redis://h/123456',
    'redis://h?db=1',
    'redis://h#1',
    'redis://ann@h',
    'redis://:pass@h',
    'redis://::1/0',
    'redis://[::1',
    'redis://[h]',
    'redis://[fe80::1%eth0]',
    'redis://a b',
    'redis://a_b',
    'redis://h\n',
    ' redis://h',
    'https://h',
    'unix:///run/redis.sock',
    'h:6379',
  ]
  expect(wrong.filter(text => parseRedisUrl(text) !== undefined)).toEqual([])
})

test('base paths are normalised or refused', () => {
  expect(['', '/', 'bugs', '/bugs', '/bugs/', '/a/b_c.d~1'].map(parseBasePath)).toEqual([
    '',
    '',
    '/bugs',
    '/bugs',
    '/bugs',
    '/a/b_c.d~1',
  ])
  const wrong = [
    '//',
    '//a',
    '/a//b',
    '/a//',
    '/../a',
    '/.',
    '/-',
    '/a/-/b',
    '/a b',
    '/ä',
    '/a%2Fb',
    '/a?b',
    '/a#b',
    'http://x/',
    '\\a',
  ]
  expect(wrong.filter(text => parseBasePath(text) !== undefined)).toEqual([])
})

test('public URLs are absolute http URLs of a page', () => {
  expect(parsePublicUrl('https://example.org/')).toBe('https://example.org')
  expect(parsePublicUrl('http://example.org:8080/bugs')).toBe('http://example.org:8080/bugs')
  const wrong = [
    '',
    '/bugs',
    'example.org',
    '//example.org',
    'ftp://a',
    'javascript:alert(1)',
    'https://a@b',
    'https://a:b@c',
    'https://a?b',
    'https://a#',
    'https://a b',
    'https://',
    'https:///a//b',
    'https://a/-/b',
  ]
  expect(wrong.filter(text => parsePublicUrl(text) !== undefined)).toEqual([])
})

test('names of repositories hold nothing that ends or bends a URL', () => {
  expect(['a', 'group/tool', 'a.b', '.x', 'ä ö', 'a-b', '--a'].filter(text => !isRepositoryName(text))).toEqual([])
  const wrong = ['', '/a', 'a/', 'a//b', 'a/./b', '../a', 'a/-/b', '-', 'a.git', 'a\nb', 'a\\b', ' ', 'a'.repeat(256)]
  expect(wrong.filter(isRepositoryName)).toEqual([])
})

test('the nearest name is the least different one, or the one in another group', () => {
  const known = ['server', 'server.port', 'server.host', 'cache.idleMinutes']
  expect(nearestName('server.prot', known)).toBe('server.port')
  expect(nearestName('host', known)).toBe('server.host')
  expect(nearestName('cache.idle', known)).toBe('cache.idleMinutes')
  expect(nearestName('SERVER', known)).toBe('server')
  expect(nearestName('x'.repeat(1_000_000), known)).toBeDefined()
  expect(nearestName('a', [])).toBeUndefined()
})

test('paths start in their folder, in the home folder or at the root', () => {
  const from = { folder: '/f', homeDir: '/h' }
  expect(['a', './a/../b', '/a', '~', '~/a', '~a', 'a/~'].map(path => resolvePath(path, from))).toEqual([
    '/f/a',
    '/f/b',
    '/a',
    '/h',
    '/h/a',
    '/f/~a',
    '/f/a/~',
  ])
})
