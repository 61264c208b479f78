/** Every wrong setting is one clear sentence that says what, where, and what would be right. */
import { expect, test } from 'vitest'
import { createSettingsFiles, sentences } from './settings-files.ts'

const inFile: readonly (readonly [yaml: string, sentence: string])[] = [
  ['server: { port: abc }', 'server.port in FILE must be a whole number from 0 to 65535, not "abc"'],
  ['server: { port: 70000 }', 'server.port in FILE must be a whole number from 0 to 65535, not 70000'],
  ['server: { port: 80.5 }', 'server.port in FILE must be a whole number from 0 to 65535, not 80.5'],
  ['server: { port: .nan }', 'server.port in FILE must be a whole number from 0 to 65535, not NaN'],
  ['server: { port: }', 'server.port in FILE must be a whole number from 0 to 65535, and is empty'],
  ['server: { host: "a:80" }', 'server.host in FILE must be a host name or an IP address, not "a:80"'],
  ['server: { basePath: /a/../b }', 'server.basePath in FILE must be empty or a path such as /bugs, not "/a/../b"'],
  [
    'server: { publicUrl: "https://ann:pass@example.org" }',
    'server.publicUrl in FILE must be a URL such as https://example.org/bugs, not "https://…@example.org"',
  ],
  [
    'server: { publicUrl: "https://example.org", basePath: /bugs }',
    'server.publicUrl in FILE must end in /bugs, as server.basePath says, not "https://example.org"',
  ],
  [
    'server: { trustedProxies: 10.0.0.0/8 }',
    'server.trustedProxies in FILE must be true, false or a list of IP addresses and networks such as [127.0.0.1, 10.0.0.0/8], not "10.0.0.0/8"',
  ],
  [
    'server: { trustedProxies: [127.0.0.1, 10.0.0.0/33] }',
    'server.trustedProxies[1] in FILE must be an IP address or a network such as 10.0.0.0/8, not "10.0.0.0/33"',
  ],
  ['server: { title: "" }', 'server.title in FILE must be one line of 1 to 200 characters, and is empty'],
  ['server: 5', 'server in FILE must be a group of settings, not a number'],
  ['[server]', 'the settings in FILE must be a group of settings, not a list'],
  ['server: { prot: 1 }', 'server.prot in FILE is not a setting; the nearest is server.port'],
  ['port: 80', 'port in FILE is not a setting; the nearest is server.port'],
  ['sever: { port: 80 }', 'sever in FILE is not a setting; the nearest is server'],
  ['1: 1', '1 in FILE is not a setting; the nearest is look.css'],
  ['"ser\\tver": 1', '"ser\\tver" in FILE is not a setting; the nearest is server'],
  [
    'look: { labelColors: [{ label: a, color: red }] }',
    'look.labelColors[0].color in FILE must be a colour such as #c2185b, not "red"',
  ],
  [
    'look: { textFont: "a; } body { x: y" }',
    'look.textFont in FILE must be names of fonts such as Inter, system-ui, sans-serif, not "a; } body { x: y"',
  ],
  [
    'text: { autolinks: [{ pattern: "(", url: "https://x.example/{0}" }] }',
    'text.autolinks[0].pattern in FILE must be a regular expression of 1 to 200 characters that matches something, not "("',
  ],
  [
    'text: { autolinks: [{ pattern: "a*", url: "https://x.example/{0}" }] }',
    'text.autolinks[0].pattern in FILE must be a regular expression of 1 to 200 characters that matches something, not "a*"',
  ],
  [
    'text: { commitUrl: "https://{hash}.example/" }',
    'text.commitUrl in FILE must be an address such as https://example.org/{hash}, with places for hash, repository, not "https://{hash}.example/"',
  ],
  [
    'text: { commitUrl: "javascript:{hash}" }',
    'text.commitUrl in FILE must be an address such as https://example.org/{hash}, with places for hash, repository, not "javascript:{hash}"',
  ],
  [
    'repositories: { pages: [{ match: "**", queries: [{ name: a }] }] }',
    'repositories.pages[0].queries[0].query in FILE must be one line of 1 to 1000 characters, and is missing',
  ],
  [
    'repositories: { pages: [{ match: "**", columns: high }] }',
    'repositories.pages[0].columns in FILE must be a list of labels such as [priority/high, priority/low], not "high"',
  ],
  [
    'repositories: { list: [{ path: a }, { path: b, ower: Ann }] }',
    'repositories.list[1].ower in FILE is not a setting; the nearest is repositories.list[1].owner',
  ],
  [
    'repositories: { list: [{ name: a }] }',
    'repositories.list[0].path in FILE must be the path of a folder, and is missing',
  ],
  [
    'repositories: { list: [{ path: a, name: a/-/b }] }',
    'repositories.list[0].name in FILE must be a name such as tool or group/tool, not "a/-/b"',
  ],
  [
    'repositories: { list: [{ path: a, name: x }, { path: b, name: x }] }',
    'repositories.list in FILE must use each name once, not "x" twice',
  ],
  ['repositories: { list: [5] }', 'repositories.list[0] in FILE must be a group of settings, not 5'],
  [
    'repositories: { scan: [{ path: a, depth: 0 }] }',
    'repositories.scan[0].depth in FILE must be a whole number from 1 to 32, not 0',
  ],
  [
    'repositories: { include: "*" }',
    'repositories.include in FILE must be a list of patterns such as [group/*, "**/tool"], not "*"',
  ],
  [
    'repositories: { exclude: [a, 1] }',
    'repositories.exclude[1] in FILE must be a pattern of 1 to 255 characters such as group/* or **/tool, not 1',
  ],
  ['repositories: { readGitConfig: yes }', 'repositories.readGitConfig in FILE must be true or false, not "yes"'],
  ['cache: { idleMinutes: -1 }', 'cache.idleMinutes in FILE must be a number from 0 to 10080, not -1'],
  [
    'cache: { rebuild: { schedule: hourly } }',
    'cache.rebuild.schedule in FILE must be a schedule of five fields such as */5 * * * *, not "hourly"',
  ],
  [
    'cache: { pagesMaxBytes: 64 MB }',
    'cache.pagesMaxBytes in FILE must be a size from 1 KiB to 1024 GiB, such as 64 MiB or a number of bytes, not "64 MB"',
  ],
  ['cache: { rebuild: [] }', 'cache.rebuild in FILE must be a group of settings, not a list'],
  [
    'logs: { level: loud }',
    'logs.level in FILE must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
  ],
  [
    'limits: { maxOpsBytes: 1 B }',
    'limits.maxOpsBytes in FILE must be a size from 1 KiB to 1 GiB, such as 64 MiB or a number of bytes, not "1 B"',
  ],
  [
    'store: { redis: { url: "https://h" } }',
    'store.redis.url in FILE must be a URL such as redis://127.0.0.1:6379 or rediss://redis.example.org/0, not "https://h"',
  ],
  [
    'store: { redis: { url: "rediss://ann:pass@redis.example.org:6379" } }',
    'store.redis.url in FILE must be a URL without user and password; store.redis.user and store.redis.passwordFile (or password) are for those, not "rediss://…"',
  ],
  [
    'store: { redis: { url: "redis://h", prefix: "a b" } }',
    'store.redis.prefix in FILE must be 1 to 100 letters, digits and the characters . _ - : /, not "a b"',
  ],
  [
    'store: { redis: { url: "redis://h", timeoutMilliseconds: 1 } }',
    'store.redis.timeoutMilliseconds in FILE must be a whole number from 10 to 60000, not 1',
  ],
  [
    'store: { redis: { url: "redis://h", caFile: ca.pem } }',
    'store.redis.caFile in FILE must come with a URL that starts with rediss://, unlike store.redis.url in FILE',
  ],
  ['store: { redis: { user: ann } }', 'store.redis.user in FILE must come with store.redis.url, which is not set'],
  ['dataDir: {}', 'dataDir in FILE must be the path of a folder, not a group of settings'],
]

test.each(inFile)('the file %j is refused', async (yaml, sentence) => {
  await using files = await createSettingsFiles()
  const error = await files.refuse({ yaml })
  expect(sentences(error)).toEqual([sentence.replaceAll('FILE', files.configFile)])
  expect(error.message).toBe(sentence.replaceAll('FILE', files.configFile))
})

test('a variable is named where it is wrong', async () => {
  await using files = await createSettingsFiles()
  expect((await files.refuse({ env: { GIT_BUG_VIEWER_SERVER_PORT: 'abc' } })).message).toBe(
    'server.port in the variable GIT_BUG_VIEWER_SERVER_PORT must be a whole number from 0 to 65535, not "abc"',
  )
  expect((await files.refuse({ env: { GIT_BUG_VIEWER_SERVER_PORT: '' } })).message).toBe(
    'server.port in the variable GIT_BUG_VIEWER_SERVER_PORT must be a whole number from 0 to 65535, and is empty',
  )
  expect((await files.refuse({ env: { GIT_BUG_VIEWER_REPOSITORIES_SCAN: '[/srv' } })).message).toBe(
    'repositories.scan in the variable GIT_BUG_VIEWER_REPOSITORIES_SCAN is not valid YAML at line 1, column 6: a quote, bracket, comma or colon is missing',
  )
})

test('an unknown variable with our prefix is refused with the nearest name', async () => {
  await using files = await createSettingsFiles()
  expect((await files.refuse({ env: { GIT_BUG_VIEWER_PORT: '80' } })).message).toBe(
    'the variable GIT_BUG_VIEWER_PORT is not a setting; the nearest is GIT_BUG_VIEWER_SERVER_PORT',
  )
  expect((await files.refuse({ env: { GIT_BUG_VIEWER_CONFIG_FILE: 'a' } })).message).toBe(
    'the variable GIT_BUG_VIEWER_CONFIG_FILE is not a setting; the nearest is GIT_BUG_VIEWER_CONFIG',
  )
  expect((await files.refuse({ env: { GIT_BUG_VIEWER_LIMITS_MAXOPSBYTES: '1' } })).message).toContain(
    'the nearest is GIT_BUG_VIEWER_LIMITS_MAX_OPS_BYTES',
  )
})

test('an option is named where it is wrong', async () => {
  await using files = await createSettingsFiles()
  expect((await files.refuse({ options: { port: '99999' } })).message).toBe(
    'server.port in the option --port must be a whole number from 0 to 65535, not 99999',
  )
})

test('a value that a later source replaces is not checked', async () => {
  await using files = await createSettingsFiles()
  const settings = await files.read({ yaml: 'server: { port: abc }', options: { port: '0' } })
  expect(settings.server.port).toBe(0)
})

test('several failures are one message with their number, and all of them in the data', async () => {
  await using files = await createSettingsFiles()
  const error = await files.refuse({
    yaml: 'server: { prot: 1, host: "" }',
    env: { GIT_BUG_VIEWER_CONF: '1', GIT_BUG_VIEWER_SERVER_PORT: 'abc' },
  })
  expect(error.message).toBe(
    `server.prot in ${files.configFile} is not a setting; the nearest is server.port (and 3 more)`,
  )
  expect(error.data.problems).toMatchObject([
    { setting: 'server.prot' },
    { message: 'the variable GIT_BUG_VIEWER_CONF is not a setting; the nearest is GIT_BUG_VIEWER_CONFIG' },
    { setting: 'server.host' },
    { setting: 'server.port' },
  ])
})

test('a settings file that cannot be read is named together with who named it', async () => {
  await using files = await createSettingsFiles()
  const missing = `${files.configFile}.missing`
  expect((await files.refuse({ options: { config: missing } })).message).toBe(
    `the settings file ${missing} in the option --config cannot be used: there is no such file`,
  )
  expect((await files.refuse({ env: { GIT_BUG_VIEWER_CONFIG: '/' } })).message).toBe(
    'the settings file / in the variable GIT_BUG_VIEWER_CONFIG cannot be used: it is a folder',
  )
  expect((await files.refuse({ yaml: '#'.repeat(1024 ** 2 + 1) })).message).toContain('it is larger than 1048576 bytes')
  expect((await files.refuse({ options: { config: '/dev/zero' } })).message).toContain('it is larger than')
  expect((await files.refuse({ yaml: Uint8Array.of(0xff, 0xfe, 0x61, 0) })).message).toContain('it is not UTF-8 text')
})

test('a YAML mistake is told with line and column', async () => {
  await using files = await createSettingsFiles()
  expect((await files.refuse({ yaml: 'server:\n\tport: 80\n' })).message).toBe(
    `${files.configFile} is not valid YAML at line 2, column 1: a tab cannot indent, only spaces can`,
  )
})

test('secret and secretFile together are refused, wherever they come from', async () => {
  await using files = await createSettingsFiles()
  const error = await files.refuse({
    yaml: 'hooks: { secret: hunter2 }',
    env: { GIT_BUG_VIEWER_HOOKS_SECRET_FILE: '/run/s' },
  })
  expect(error.message).toBe(
    `hooks.secret in ${files.configFile} and hooks.secretFile in the variable GIT_BUG_VIEWER_HOOKS_SECRET_FILE must not both be set`,
  )
})

test('password and passwordFile together are refused, wherever they come from', async () => {
  await using files = await createSettingsFiles()
  const error = await files.refuse({
    yaml: 'store: { redis: { url: "redis://h", password: hunter2 } }',
    env: { GIT_BUG_VIEWER_STORE_REDIS_PASSWORD_FILE: '/run/s' },
  })
  expect(error.message).toBe(
    `store.redis.password in ${files.configFile} and store.redis.passwordFile in the variable GIT_BUG_VIEWER_STORE_REDIS_PASSWORD_FILE must not both be set`,
  )
})

test('settings of Redis are refused where its URL is missing, each by its name', async () => {
  await using files = await createSettingsFiles()
  const yaml = 'store: { redis: { user: a, password: hunter2, caFile: c, prefix: p, timeoutMilliseconds: 100 } }'
  const error = await files.refuse({ yaml, env: { GIT_BUG_VIEWER_STORE_REDIS_PASSWORD_FILE: '/run/s' } })
  const places = [
    `store.redis.user in ${files.configFile}`,
    `store.redis.password in ${files.configFile}`,
    'store.redis.passwordFile in the variable GIT_BUG_VIEWER_STORE_REDIS_PASSWORD_FILE',
    `store.redis.caFile in ${files.configFile}`,
  ]
  expect(sentences(error).slice(1)).toEqual(
    places.map(place => `${place} must come with store.redis.url, which is not set`),
  )
  const harmless = await files.read({ yaml: 'store: { redis: { prefix: p, timeoutMilliseconds: 100 } }' })
  expect(harmless.store.redis).toEqual({ prefix: 'p', timeoutMilliseconds: 100 })
})

test('a file for the password that is missing or empty is refused', async () => {
  await using files = await createSettingsFiles()
  const path = await files.write('password', '\n')
  const yaml = 'store: { redis: { url: "redis://h", passwordFile: password } }'
  const place = `store.redis.passwordFile in ${files.configFile}`
  expect((await files.refuse({ yaml })).message).toBe(
    `${place} must name a file that holds one line of 1 to 4096 characters, and ${path} is empty`,
  )
  expect((await files.refuse({ yaml: yaml.replace('password }', 'gone }') })).message).toBe(
    `${place} names ${path.replace(/password$/, 'gone')}, which cannot be used: there is no such file`,
  )
})

test("a secret's file that is missing, empty or no single line is refused", async () => {
  await using files = await createSettingsFiles()
  const env = { GIT_BUG_VIEWER_HOOKS_SECRET_FILE: '/nowhere/secret' }
  expect((await files.refuse({ env })).message).toBe(
    'hooks.secretFile in the variable GIT_BUG_VIEWER_HOOKS_SECRET_FILE names /nowhere/secret, which cannot be used: there is no such file',
  )
  const path = await files.write('secret', '\n')
  const yaml = 'hooks: { secretFile: secret }'
  const place = `hooks.secretFile in ${files.configFile} must name a file that holds one line of 1 to 4096 characters`
  expect((await files.refuse({ yaml })).message).toBe(`${place}, and ${path} is empty`)
  await files.write('secret', 'hunter2\nhunter3\n')
  expect((await files.refuse({ yaml })).message).toBe(`${place}, and ${path} does not`)
})

const secretText = 'hunter2'
const secretPlaces = [
  { yaml: `hooks: ${secretText}` },
  { yaml: `hooks: { secret: [${secretText}] }` },
  { yaml: `hooks: { secret: { a: ${secretText} } }` },
  { yaml: `hooks: { secret: "${secretText}\\n" }` },
  { yaml: `hooks:\n  secret: |${secretText}\n    x` },
  { yaml: `hooks:\n  secret: "${secretText}" ${secretText}` },
  { yaml: `hooks:\n  secret: "${secretText}\\q"` },
  { yaml: `hooks:\n  secret: *${secretText}` },
  { yaml: `hooks:\n  secret: !${secretText} x` },
  { yaml: `hooks:\n  secret: @${secretText}` },
  { env: { GIT_BUG_VIEWER_HOOKS_SECRET: `${secretText}\n` } },
  { env: { GIT_BUG_VIEWER_STORE_REDIS_PASSWORD: `${secretText}\n` } },
  ...[
    `redis://:${secretText}@h`,
    `redis://ann:a/${secretText}/b@h`,
    `redis://ann:a?${secretText}#b@h`,
    `redis://h?password=${secretText}`,
    `redis://h?password=a@${secretText}`,
    `ann:${secretText}@h`,
    `redis://ann:a\n${secretText}@h`,
    `redis:/ann:${secretText}@h`,
  ].map(url => ({ env: { GIT_BUG_VIEWER_STORE_REDIS_URL: url } })),
]

test.each(secretPlaces)('a wrong secret is not shown: %j', async sources => {
  await using files = await createSettingsFiles()
  const error = await files.refuse(sources)
  expect(`${error.message} ${JSON.stringify(error.data)} ${error.stack}`).not.toContain(secretText)
})

test('a value is shown shortened and without characters that act on a terminal', async () => {
  await using files = await createSettingsFiles()
  const long = await files.refuse({ yaml: `logs: { level: ${'x'.repeat(1000)} }` })
  expect(long.message).toMatch(/, not "x{59}…"$/)
  const active = await files.refuse({ yaml: 'logs: { level: "a\\e[2J\\u009b\\u202e" }' })
  expect(active.message).toMatch(/, not "a\\u001b\[2J\\u009b\\u202e"$/)
})

test('a password in a URL is not shown, however long it is', async () => {
  await using files = await createSettingsFiles()
  for (const password of ['p@ss', 'p'.repeat(100)]) {
    const { message } = await files.refuse({
      env: { GIT_BUG_VIEWER_SERVER_PUBLIC_URL: `https://ann:${password}@a.b/` },
    })
    expect(message).toMatch(/, not "https:\/\/…@a\.b\/"$/)
  }
})
