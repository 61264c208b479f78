/** The settings of remote repositories: what they become, what is refused, and addresses on the command line. */
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createSettingsFiles, sentences } from './settings-files.ts'

test('addresses and patterns come out as what they mean, and times in seconds', async () => {
  await using files = await createSettingsFiles()
  const { mirrors } = await files.read({
    yaml: `
mirrors:
  list:
    - HTTPS://Codeberg.org/group/tool.git/
    - { url: "git@h.example:site", name: web/site, description: The site, owner: Ann, hidden: true, neverEvict: true }
  open: ["https://codeberg.org/**", "*://*.example.org:*/bugs/*"]
  neverEvict: [codeberg.org/group/**]
  refreshInterval: 2h
  maxRepositoryBytes: 10 MiB
  allowAddresses: [10.1.2.0/24, "::1"]
`,
  })
  expect(mirrors.list).toEqual([
    {
      url: {
        scheme: 'https',
        user: undefined,
        host: 'codeberg.org',
        port: undefined,
        path: '/group/tool.git',
        href: 'https://codeberg.org/group/tool.git',
        name: 'codeberg.org/group/tool',
      },
      hidden: false,
      neverEvict: false,
    },
    {
      url: expect.objectContaining({ scheme: 'ssh', user: 'git', href: 'ssh://git@h.example/site' }),
      name: 'web/site',
      description: 'The site',
      owner: 'Ann',
      hidden: true,
      neverEvict: true,
    },
  ])
  expect(mirrors.open).toEqual([
    { text: 'https://codeberg.org/**', scheme: 'https', host: 'codeberg.org', path: '**' },
    { text: '*://*.example.org:*/bugs/*', host: '.example.org', port: 'any', path: 'bugs/*' },
  ])
  expect(mirrors).toMatchObject({
    neverEvict: ['codeberg.org/group/**'],
    refreshInterval: 7200,
    maxRepositoryBytes: 10 * 1024 ** 2,
    allowAddresses: ['10.1.2.0/24', '::1'],
  })
})

test('all of it can be given by variables', async () => {
  await using files = await createSettingsFiles()
  const { mirrors } = await files.read({
    env: {
      GIT_BUG_VIEWER_MIRRORS_LIST: '[https://h/a, { url: "ssh://git@h/b", neverEvict: true }]',
      GIT_BUG_VIEWER_MIRRORS_OPEN: '["https://h/**"]',
      GIT_BUG_VIEWER_MIRRORS_REFRESH_INTERVAL: '90s',
      GIT_BUG_VIEWER_MIRRORS_REFRESH_ENABLED: 'false',
      GIT_BUG_VIEWER_MIRRORS_SSH_KEY_FILE: 'id',
      GIT_BUG_VIEWER_MIRRORS_COLD_STORAGE_ENDPOINT: 'https://S3.example.org:443/store/',
      GIT_BUG_VIEWER_MIRRORS_COLD_STORAGE_BUCKET: 'a-bucket',
      GIT_BUG_VIEWER_MIRRORS_COLD_STORAGE_ACCESS_KEY_ID: 'viewer',
      GIT_BUG_VIEWER_MIRRORS_COLD_STORAGE_SECRET_ACCESS_KEY: ' s3cret',
    },
  })
  expect(mirrors.list.map(({ url }) => url.href)).toEqual(['https://h/a', 'ssh://git@h/b'])
  expect(mirrors).toMatchObject({
    open: [{ text: 'https://h/**' }],
    refreshInterval: 90,
    refresh: { enabled: false },
    ssh: { keyFile: '/work-folder/id' },
    coldStorage: {
      endpoint: 'https://s3.example.org/store',
      bucket: 'a-bucket',
      region: 'us-east-1',
      prefix: 'git-bug-viewer',
      accessKeyId: 'viewer',
      secretAccessKey: ' s3cret',
    },
  })
})

test('their files are found from the settings file, and secrets are read from them', async () => {
  await using files = await createSettingsFiles()
  const folder = dirname(files.configFile)
  await files.write('token', ' t0ken\n')
  await files.write('s3', 's3cret\r\n')
  const { mirrors } = await files.read({
    yaml: `
mirrors:
  caFile: ../ca.pem
  ssh: { keyFile: ~/.ssh/id, knownHostsFile: known_hosts }
  coldStorage: { endpoint: "http://127.0.0.1:7070", bucket: bugs, accessKeyId: a, secretAccessKeyFile: s3 }
  list: [https://h/a, { url: "https://h/b", user: ann, passwordFile: token }, { url: "http://h:1/b", user: bo, passwordFile: token }]
`,
  })
  expect(mirrors.caFile).toBe(join(dirname(folder), 'ca.pem'))
  expect(mirrors.ssh).toEqual({ keyFile: '/home/ann/.ssh/id', knownHostsFile: join(folder, 'known_hosts') })
  expect(mirrors.coldStorage).toMatchObject({ secretAccessKey: 's3cret', secretAccessKeyFile: join(folder, 's3') })
  expect(mirrors.list).toMatchObject([
    {},
    { user: 'ann', password: ' t0ken', passwordFile: join(folder, 'token') },
    { user: 'bo', password: ' t0ken' },
  ])
  expect(mirrors.list[0]).not.toHaveProperty('password')
})

test('addresses among the PATHs are listed as mirrors, and the others are folders', async () => {
  await using files = await createSettingsFiles()
  const settings = await files.read({
    yaml: 'mirrors: { list: [{ url: "https://h/listed", neverEvict: true }] }',
    paths: [
      'git/tool.git',
      'https://h/listed',
      'https://codeberg.org/group/tool',
      '~/site',
      'git@h.example:a/b',
      'HTTPS://CODEBERG.org/group/tool',
      './git@h.example:a',
      '/srv/a:b',
      'C:/tool',
    ],
  })
  expect(settings.paths).toEqual([
    '/work-folder/git/tool.git',
    '/home/ann/site',
    '/work-folder/git@h.example:a',
    '/srv/a:b',
    '/work-folder/C:/tool',
  ])
  expect(settings.mirrors.list).toMatchObject([
    { url: { href: 'https://h/listed' }, neverEvict: true },
    { url: { href: 'https://codeberg.org/group/tool' }, hidden: false, neverEvict: false },
    { url: { href: 'ssh://git@h.example/a/b' }, hidden: false, neverEvict: false },
  ])
  expect(settings.mirrors.list).toHaveLength(3)
  // What a PATH becomes has no field less than what a list gives.
  const listed = await files.read({ yaml: 'mirrors: { list: [https://codeberg.org/group/tool] }' })
  expect(settings.mirrors.list[1]).toEqual(listed.mirrors.list[0])
})

test.each([
  ['https://ann:hunter2@h/a', '"https://…"', 'holds a password'],
  ['ann:hunter2@h:a', '"…"', 'does not begin with https://, http://, ssh:// or git://'],
  ['https://h/a?token=hunter2', '"https://…"', 'holds a ? or a #'],
  ['file:///srv/git/tool', '"file:///srv/git/tool"', 'does not begin with https://, http://, ssh:// or git://'],
  ['ext::sh -c id', '"ext::sh -c id"', 'holds a space or a character that cannot be seen'],
  ['https://h', '"https://h"', 'names no repository: its path is empty'],
])('the PATH %s is refused', async (path, shown, mistake) => {
  await using files = await createSettingsFiles()
  const error = await files.refuse({ paths: ['a', path] })
  expect(error.message).toBe(`the PATH ${shown} on the command line cannot be used: the address ${mistake}`)
})

test('a PATH whose name another repository has is refused', async () => {
  await using files = await createSettingsFiles()
  const yaml = 'mirrors: { list: [https://h/a] }\nrepositories: { list: [{ path: x, name: h/b }] }'
  const error = await files.refuse({ yaml, paths: ['git@h:a', 'https://h/b.git', 'https://h/c', 'http://h/c'] })
  const sentence = (href: string, name: string) =>
    `the PATH "${href}" on the command line has the name "${name}", and so has another repository; list it with a "name" of its own`
  expect(sentences(error)).toEqual([
    // The user is part of what git is given, and no secret; messages show none all the same.
    sentence('ssh://…@h/a', 'h/a'),
    sentence('https://h/b.git', 'h/b'),
    sentence('http://h/c', 'h/c'),
  ])
})

const remote = 'the address of a repository such as https://codeberg.org/group/tool'
const pattern = 'a pattern such as https://codeberg.org/** or https://*.example.org/group/*'

test.each([
  [
    'list: https://h/a',
    `list in FILE must be a list of addresses and of groups with url, name, description, owner, hidden, neverEvict, user, passwordFile, not "https://h/a"`,
  ],
  [
    'list: [h/a]',
    `list[0].url in FILE must be ${remote} (this one does not begin with https://, http://, ssh:// or git://), not "h/a"`,
  ],
  [
    'list: [{ url: "https://h/../a" }]',
    `list[0].url in FILE must be ${remote} (this one holds a part that cannot be used in the name of a repository), not "https://h/../a"`,
  ],
  [
    'list: ["https://ann:hunter2@h/a"]',
    `list[0].url in FILE must be ${remote} (this one holds a password), not "https://…"`,
  ],
  [
    'list: [{ url: "https://h/a", neverevict: true }]',
    'list[0].neverevict in FILE is not a setting; the nearest is mirrors.list[0].neverEvict',
  ],
  ['list: [{ name: a }]', `list[0].url in FILE must be ${remote}, and is missing`],
  ['list: [5]', 'list[0] in FILE must be a group of settings, not 5'],
  [
    'list: [{ url: "https://h/a", name: a.git }]',
    'list[0].name in FILE must be a name such as tool or group/tool, not "a.git"',
  ],
  [
    'list: [{ url: "https://h/a", user: "a:b", passwordFile: c }]',
    'list[0].user in FILE must be one line of 1 to 256 characters without a colon, not "a:b"',
  ],
  [
    'list: [{ url: "https://h/a", user: ann }]',
    'list[0].user in FILE must come with mirrors.list[0].passwordFile, which is not set',
  ],
  [
    'list: [https://h/b, { url: "https://h/a", passwordFile: /run/p }]',
    'list[1].passwordFile in FILE must come with mirrors.list[1].user, which is not set',
  ],
  [
    'list: [{ url: "ssh://h/a", user: ann, passwordFile: /run/p }]',
    'list[0].user in FILE must come with an address that starts with https:// or http://',
  ],
  ['list: [https://h/a, "git@h:a.git"]', 'list in FILE must use each name once, not "h/a" twice'],
  ['list: [https://h/a, { url: "https://h/b", name: h/a }]', 'list in FILE must use each name once, not "h/a" twice'],
  [
    'list: [{ url: "https://h/a", user: ann, passwordFile: /nowhere/p }]',
    'list[0].passwordFile in FILE names /nowhere/p, which cannot be used: there is no such file',
  ],
  [
    'open: https://h/**',
    `open in FILE must be a list of patterns such as [https://codeberg.org/**, "https://*.example.org/group/*"], not "https://h/**"`,
  ],
  ['open: [https://h/**, codeberg.org]', `open[1] in FILE must be ${pattern}, not "codeberg.org"`],
  ['open: ["**"]', `open[0] in FILE must be ${pattern}, not "**"`],
  ['open: [1]', `open[0] in FILE must be ${pattern}, not 1`],
  ['neverEvict: a', 'neverEvict in FILE must be a list of patterns such as [group/*, "**/tool"], not "a"'],
  [
    'refreshInterval: 0',
    'refreshInterval in FILE must be a time from 1s to 365d, such as 90s, 5m, 2h, 1d or a number of seconds, not 0',
  ],
  [
    'refreshInterval: 5 minutes',
    'refreshInterval in FILE must be a time from 1s to 365d, such as 90s, 5m, 2h, 1d or a number of seconds, not "5 minutes"',
  ],
  [
    'refreshInterval: 366d',
    'refreshInterval in FILE must be a time from 1s to 365d, such as 90s, 5m, 2h, 1d or a number of seconds, not "366d"',
  ],
  [
    'refresh: { schedule: hourly }',
    'refresh.schedule in FILE must be a schedule of five fields such as */5 * * * *, not "hourly"',
  ],
  ['maxFetches: 0', 'maxFetches in FILE must be a whole number from 1 to 100, not 0'],
  [
    'allowAddresses: 10.0.0.0/8',
    'allowAddresses in FILE must be a list of IP addresses and networks such as [127.0.0.1, 10.0.0.0/8], not "10.0.0.0/8"',
  ],
  [
    'allowAddresses: [127.0.0.1, localhost]',
    'allowAddresses[1] in FILE must be an IP address or a network such as 10.0.0.0/8, not "localhost"',
  ],
  [
    'allowAddresses: [0.0.0.0/0]',
    'allowAddresses[0] in FILE must be an IP address or a network such as 10.0.0.0/8, not "0.0.0.0/0"',
  ],
  [
    'coldStorage: { endpoint: s3.example.org }',
    'coldStorage.endpoint in FILE must be an address such as https://s3.example.org, not "s3.example.org"',
  ],
  [
    'coldStorage: { bucket: Bugs }',
    'coldStorage.bucket in FILE must be 3 to 63 small letters, digits, dots and hyphens, such as git-bug-mirrors, not "Bugs"',
  ],
  [
    'coldStorage: { bucket: a..b }',
    'coldStorage.bucket in FILE must be 3 to 63 small letters, digits, dots and hyphens, such as git-bug-mirrors, not "a..b"',
  ],
  [
    'coldStorage: { endpoint: "https://h", bucket: bugs, accessKeyId: a }',
    'coldStorage.endpoint in FILE must come with mirrors.coldStorage.secretAccessKeyFile, which is not set',
  ],
  [
    'coldStorage: { endpoint: "https://h", bucket: bugs, secretAccessKey: a }',
    'coldStorage.endpoint in FILE must come with mirrors.coldStorage.accessKeyId, which is not set',
  ],
  [
    'coldStorage: { endpoint: "https://h", accessKeyId: a, secretAccessKey: a }',
    'coldStorage.endpoint in FILE must come with mirrors.coldStorage.bucket, which is not set',
  ],
])('mirrors: { %s } is refused', async (yaml, sentence) => {
  await using files = await createSettingsFiles()
  const error = await files.refuse({ yaml: `mirrors: { ${yaml} }` })
  expect(sentences(error)).toEqual([`mirrors.${sentence.replaceAll('FILE', files.configFile)}`])
})

test('a mirror must not have the name of a local repository', async () => {
  await using files = await createSettingsFiles()
  const error = await files.refuse({
    yaml: 'repositories: { list: [{ path: a, name: h/a }] }',
    env: { GIT_BUG_VIEWER_MIRRORS_LIST: '[https://h/a]' },
  })
  expect(error.message).toBe(
    'mirrors.list in the variable GIT_BUG_VIEWER_MIRRORS_LIST must not use the name "h/a", which repositories.list has',
  )
})

test('parts of an account for cold storage are refused without its endpoint, each by its name', async () => {
  await using files = await createSettingsFiles()
  const error = await files.refuse({
    yaml: 'mirrors: { coldStorage: { bucket: bugs, accessKeyId: a, secretAccessKey: hunter2, region: x, prefix: y } }',
    env: { GIT_BUG_VIEWER_MIRRORS_COLD_STORAGE_SECRET_ACCESS_KEY_FILE: '/run/s' },
  })
  const cold = 'mirrors.coldStorage'
  const variable = 'in the variable GIT_BUG_VIEWER_MIRRORS_COLD_STORAGE_SECRET_ACCESS_KEY_FILE'
  expect(sentences(error)).toEqual([
    `${cold}.secretAccessKey in ${files.configFile} and ${cold}.secretAccessKeyFile ${variable} must not both be set`,
    `${cold}.bucket in ${files.configFile} must come with ${cold}.endpoint, which is not set`,
    `${cold}.accessKeyId in ${files.configFile} must come with ${cold}.endpoint, which is not set`,
    `${cold}.secretAccessKey in ${files.configFile} must come with ${cold}.endpoint, which is not set`,
    `${cold}.secretAccessKeyFile ${variable} must come with ${cold}.endpoint, which is not set`,
  ])
  const harmless = await files.read({ yaml: 'mirrors: { coldStorage: { region: x, prefix: y } }' })
  expect(harmless.mirrors.coldStorage).toEqual({ region: 'x', prefix: 'y' })
})

const secret = 'hunter2'

test.each([
  { yaml: `mirrors: { list: ["https://ann:${secret}@h/a"] }` },
  { yaml: `mirrors: { list: ["https://${secret}@h/a"] }` },
  { yaml: `mirrors: { list: [{ url: "ssh://ann:a@${secret}@h/a" }] }` },
  { yaml: `mirrors: { list: ["https://h/a?private_token=${secret}"] }` },
  { yaml: `mirrors: { list: ["ann:${secret}@h:a"] }` },
  { yaml: `mirrors: { list: ["https:/ann:${secret}@h/a"] }` },
  { yaml: `mirrors: { open: ["https://ann:${secret}@h/**"] }` },
  { yaml: `mirrors: { open: ["https://ann:a/${secret}@h/**"] }` },
  { yaml: `mirrors: { coldStorage: { endpoint: "https://ann:${secret}@h" } }` },
  { yaml: `mirrors: { coldStorage: { endpoint: "https://ann:a/${secret}@h" } }` },
  { yaml: `mirrors: { coldStorage: { endpoint: "https://h/?key=${secret}" } }` },
  { yaml: `mirrors: { coldStorage: { secretAccessKey: [${secret}] } }` },
  { yaml: `mirrors: { coldStorage: { secretAccessKey: "${secret}\\n" } }` },
  { yaml: `mirrors: { coldStorage: { secretAccessKey: ${secret} } }` },
  { paths: [`https://ann:${secret}@h/a`] },
  { paths: [`https://ann:${secret}@h\\a`] },
  { paths: [`http://h/a#${secret}`] },
])('a wrong secret is not shown: %j', async sources => {
  await using files = await createSettingsFiles()
  const error = await files.refuse(sources)
  expect(`${error.message} ${JSON.stringify(error.data)} ${error.stack}`).not.toContain(secret)
})

test("a file for a mirror's password that is empty or no single line is refused", async () => {
  await using files = await createSettingsFiles()
  const path = await files.write('token', 'a\nb\n')
  const yaml = 'mirrors: { list: [https://h/a, { url: "https://h/b", user: ann, passwordFile: token }] }'
  const place = `mirrors.list[1].passwordFile in ${files.configFile}`
  const expected = `${place} must name a file that holds one line of 1 to 4096 characters, and ${path}`
  expect((await files.refuse({ yaml })).message).toBe(`${expected} does not`)
  await files.write('token', '\n')
  expect((await files.refuse({ yaml })).message).toBe(`${expected} is empty`)
})
