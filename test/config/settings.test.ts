/** Where settings come from, which source wins, and what their paths start from. */
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type DecodeLimits, defaultDecodeLimits } from '../../src/base/limits.ts'
import { createSettingsFiles, cwd, homeDir } from './settings-files.ts'

test('without any source every setting has its default', async () => {
  await using files = await createSettingsFiles()
  const settings = await files.read({})
  expect(settings).toEqual({
    server: {
      host: '127.0.0.1',
      port: 3000,
      basePath: '',
      trustedProxies: false,
      maxConnections: 4096,
      sharedCacheSeconds: 0,
    },
    repositories: {
      list: [],
      scan: [],
      include: [],
      exclude: [],
      requireExportOk: false,
      readGitConfig: true,
      pages: [],
    },
    look: { theme: 'system', labelColors: [] },
    text: { images: 'link', autolinks: [] },
    people: { showEmail: false, avatars: 'initials' },
    crawlers: { allow: true, requestsPerMinute: 0 },
    live: { enabled: true, maxListeners: 1000 },
    cache: {
      idleMinutes: 10,
      rebuild: { schedule: '*/5 * * * *', enabled: true, mode: 'refresh' },
      lookMilliseconds: 100,
      maxBytes: 1024 ** 3,
      workers: { fromEntities: 2048 },
      fullBugsMaxBytes: 64 * 1024 ** 2,
      fragmentsMaxBytes: 32 * 1024 ** 2,
      pagesMaxBytes: 64 * 1024 ** 2,
      pagesIdleSeconds: 300,
      maxBuilds: 16,
      progressAfterSeconds: 1,
    },
    store: {
      enabled: true,
      backend: 'sqlite',
      permanent: { maxBytes: 2 * 1024 ** 3 },
      intermediate: { seconds: 21_600, maxBytes: 256 * 1024 ** 2 },
      results: { seconds: 3600, maxBytes: 256 * 1024 ** 2, fromMilliseconds: 20 },
      redis: { prefix: 'git-bug-viewer', timeoutMilliseconds: 500 },
      leaseSeconds: 300,
    },
    streams: {
      enabled: true,
      maxBytes: 4 * 1024 ** 3,
      maxAgeSeconds: 3600,
      aheadBytes: 1024 ** 2,
      runOnBytes: 16 * 1024 ** 2,
      stallSeconds: 60,
      maxProcesses: 4,
    },
    files: { previewMaxBytes: 2 * 1024 ** 2 },
    fetch: {
      enabled: true,
      maxRequestBytes: 32 * 1024 ** 2,
      maxPackBytes: 4 * 1024 ** 3,
      requestSeconds: 60,
      packSeconds: 600,
    },
    mirrors: {
      list: [],
      open: [],
      neverEvict: [],
      refreshInterval: 300,
      refresh: { enabled: true, schedule: '*/15 * * * *' },
      maxBytes: 10 * 1024 ** 3,
      minFreeBytes: 1024 ** 3,
      maxRepositoryBytes: 1024 ** 3,
      maxObjects: 2_000_000,
      timeoutSeconds: 600,
      maxFetches: 2,
      emptySeconds: 600,
      allowAddresses: [],
      ssh: {},
      coldStorage: { region: 'us-east-1', prefix: 'git-bug-viewer' },
    },
    hooks: { enabled: true, mode: 'refresh' },
    metrics: { enabled: true, listen: { host: '127.0.0.1' } },
    logs: { level: 'info', format: 'auto', requests: false },
    limits: {
      ...defaultDecodeLimits,
      maxMarkdownChars: 256 * 1024,
      maxQueryChars: 4096,
      gitTimeoutSeconds: 60,
      maxHookBodyBytes: 1024 ** 2,
      requestSeconds: 30,
      worksPerRepository: 128,
    },
    overload: { delayMilliseconds: 1000, utilization: 0, maxResidentBytes: 0 },
    dataDir: '/home/ann/.local/share/git-bug-viewer',
    paths: [],
    configFile: undefined,
  })
  const limits: DecodeLimits = settings.limits
  expect(limits.maxPacks).toBe(100_000)
})

test('the environment wins over the file, and the command line over both', async () => {
  await using files = await createSettingsFiles()
  const settings = await files.read({
    yaml: 'server: { host: file.example, port: 1, title: From the file }\n',
    env: { GIT_BUG_VIEWER_SERVER_HOST: 'env.example', GIT_BUG_VIEWER_SERVER_PORT: '2' },
    options: { port: '3' },
  })
  expect(settings.server).toMatchObject({ host: 'env.example', port: 3, title: 'From the file' })
})

test('a list from a later source replaces the earlier list', async () => {
  await using files = await createSettingsFiles()
  const env = { GIT_BUG_VIEWER_REPOSITORIES_INCLUDE: '[c]' }
  const { repositories } = await files.read({ yaml: 'repositories: { include: [a, b], exclude: [d] }', env })
  expect(repositories).toMatchObject({ include: ['c'], exclude: ['d'] })
})

test('variables give lists and groups as YAML, and texts as they are', async () => {
  await using files = await createSettingsFiles()
  const settings = await files.read({
    env: {
      GIT_BUG_VIEWER_REPOSITORIES_SCAN: '[/srv/git, { path: /home/git, depth: 1, prefix: people/ }]',
      GIT_BUG_VIEWER_REPOSITORIES_LIST: '- /srv/one.git',
      GIT_BUG_VIEWER_SERVER_TRUSTED_PROXIES: '[127.0.0.1, 10.0.0.0/8, "fd00::/8"]',
      GIT_BUG_VIEWER_SERVER_TITLE: '[not]: *a #list',
      GIT_BUG_VIEWER_CACHE_REBUILD_SCHEDULE: '*/10  0-6 * * 1,3',
      GIT_BUG_VIEWER_CACHE_REBUILD_ENABLED: 'false',
      GIT_BUG_VIEWER_CACHE_PAGES_MAX_BYTES: '1.5 GiB',
      GIT_BUG_VIEWER_CACHE_FULL_BUGS_MAX_BYTES: '4096',
    },
  })
  expect(settings.repositories.scan).toEqual([
    { path: '/srv/git', depth: 3 },
    { path: '/home/git', depth: 1, prefix: 'people' },
  ])
  expect(settings.repositories.list).toEqual([{ path: '/srv/one.git', hidden: false }])
  expect(settings.server.trustedProxies).toEqual(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
  expect(settings.server.title).toBe('[not]: *a #list')
  expect(settings.cache).toMatchObject({
    rebuild: { schedule: '*/10 0-6 * * 1,3', enabled: false },
    pagesMaxBytes: 1.5 * 1024 ** 3,
    fullBugsMaxBytes: 4096,
  })
})

test('a variable names the settings file, and --config wins over it', async () => {
  await using files = await createSettingsFiles()
  const other = await files.write('other.yaml', 'server: { port: 8 }')
  const env = { GIT_BUG_VIEWER_CONFIG: other }
  expect(await files.read({ env })).toMatchObject({ configFile: other, server: { port: 8 } })
  const both = await files.read({ yaml: 'server: { port: 9 }', env })
  expect(both).toMatchObject({ configFile: files.configFile, server: { port: 9 } })
})

test('relative paths start in the folder of the file that holds them', async () => {
  await using files = await createSettingsFiles()
  const folder = dirname(files.configFile)
  await files.write('secret', 's3cret')
  await files.write('password', 'p4ssword')
  const settings = await files.read({
    yaml: `
repositories:
  list: [../one.git, { path: ~/two.git, name: two }]
  scan: [., "~"]
hooks: { secretFile: secret }
store: { redis: { url: "rediss://h", passwordFile: password, caFile: ../ca.pem } }
dataDir: data
`,
  })
  expect(settings.repositories.list.map(({ path }) => path)).toEqual([
    join(dirname(folder), 'one.git'),
    '/home/ann/two.git',
  ])
  expect(settings.repositories.scan.map(({ path }) => path)).toEqual([folder, homeDir])
  expect(settings.hooks.secretFile).toBe(join(folder, 'secret'))
  expect(settings.store.redis.passwordFile).toBe(join(folder, 'password'))
  expect(settings.store.redis.caFile).toBe(join(dirname(folder), 'ca.pem'))
  expect(settings.dataDir).toBe(join(folder, 'data'))
})

test('relative paths of variables and options start in the working directory', async () => {
  await using files = await createSettingsFiles()
  const settings = await files.read({
    yaml: 'repositories: { list: [a] }',
    env: { GIT_BUG_VIEWER_REPOSITORIES_SCAN: '[git, ~/git]' },
    options: { 'data-dir': '../data' },
  })
  expect(settings.repositories.scan.map(({ path }) => path)).toEqual([`${cwd}/git`, '/home/ann/git'])
  expect(settings.dataDir).toBe('/data')
})

test('the data folder follows XDG_DATA_HOME where that is absolute', async () => {
  await using files = await createSettingsFiles()
  expect((await files.read({ env: { XDG_DATA_HOME: '/xdg' } })).dataDir).toBe('/xdg/git-bug-viewer')
  const relative = await files.read({ env: { XDG_DATA_HOME: 'xdg' } })
  expect(relative.dataDir).toBe('/home/ann/.local/share/git-bug-viewer')
})

test('the secret of a file loses its final newline and nothing else', async () => {
  await using files = await createSettingsFiles()
  for (const [content, secret] of [
    [' s3cret \n', ' s3cret '],
    ['s3cret\r\n', 's3cret'],
    ['s3cret', 's3cret'],
  ] as const) {
    const env = { GIT_BUG_VIEWER_HOOKS_SECRET_FILE: await files.write('secret', content) }
    expect((await files.read({ env })).hooks.secret).toBe(secret)
  }
})

test('the password of Redis is the same from its file as from the setting', async () => {
  await using files = await createSettingsFiles()
  const url = { GIT_BUG_VIEWER_STORE_REDIS_URL: 'redis://127.0.0.1' }
  const passwordFile = await files.write('password', ' p4ss word\n')
  const fromFile = await files.read({ env: { ...url, GIT_BUG_VIEWER_STORE_REDIS_PASSWORD_FILE: passwordFile } })
  const plain = await files.read({ env: { ...url, GIT_BUG_VIEWER_STORE_REDIS_PASSWORD: ' p4ss word' } })
  expect(fromFile.store.redis).toEqual({ ...plain.store.redis, passwordFile })
  expect(plain.store.redis).toMatchObject({ url: 'redis://127.0.0.1:6379/0', password: ' p4ss word' })
  expect(fromFile.hooks).toEqual({ enabled: true, mode: 'refresh' })
})

test('an empty file, a file of comments and empty groups give the defaults', async () => {
  await using files = await createSettingsFiles()
  const defaults = { ...(await files.read({})), configFile: files.configFile }
  for (const yaml of ['', '# nothing\n', 'server:\ncache:\n  rebuild:\n', '\uFEFFserver: {}\n']) {
    expect(await files.read({ yaml })).toEqual(defaults)
  }
})

test('base path and public URL are normalised', async () => {
  await using files = await createSettingsFiles()
  const yaml = 'server: { basePath: bugs/, publicUrl: "HTTPS://Example.org:443/bugs/" }'
  const { server } = await files.read({ yaml })
  expect(server).toMatchObject({ basePath: '/bugs', publicUrl: 'https://example.org/bugs' })
})

test('settings cannot be changed afterwards', async () => {
  await using files = await createSettingsFiles()
  const settings = await files.read({ yaml: 'repositories: { list: [a] }' })
  const list = settings.repositories.list as unknown as { path: string }[]
  expect(() => list.push({ path: 'b' })).toThrow(TypeError)
  expect(() => Object.assign(list[0]!, { path: 'b' })).toThrow(TypeError)
})
