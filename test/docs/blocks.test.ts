/** Blocks of the documentation are what they say: settings that the program takes, commands that it knows, configurations that nginx and Caddy take. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseCommandLine } from '../../src/config/command-line.ts'
import { readSettings } from '../../src/config/settings.ts'
import { type DocBlock, docBlocks, docPages } from '../support/doc-blocks.ts'
import { projectRoot } from '../support/program.ts'
import { hasProgram, programPath } from '../support/required-programs.ts'

const blocks = (await Promise.all((await docPages()).map(docBlocks))).flat()
const ofLanguage = (...languages: readonly string[]) =>
  blocks.filter(({ language }) => languages.includes(language)).map(block => [placeOf(block), block] as const)

function placeOf({ page, line }: DocBlock): string {
  return `${page}:${line}`
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doc-blocks-'))
  await mkdir(join(folder, 'ssl'))
  for (const name of ['git-bug-viewer.secret', 'git-bug-viewer.redis', 'ssl/redis-ca.pem', 's3'])
    await writeFile(join(folder, name), 'a secret of some length\n')
})
afterAll(() => rm(folder, { recursive: true }))

/** What goes into other programs than this one. */
const otherYaml = /^ *(?:jobs|bugs|services|groups|scrape_configs|authorization):/m

test('every block is in a language that is looked at here, or nothing but text', () => {
  const looked = ['sh', 'yaml', 'json', 'nginx', 'caddyfile']
  const others = ['', 'text', 'ini', 'haproxy', 'promql', 'html', 'css', 'markdown']
  expect(
    [...new Set(blocks.map(({ language }) => language))].filter(one => ![...looked, ...others].includes(one)),
  ).toEqual([])
})

describe('settings', () => {
  const settings = ofLanguage('yaml').filter(([, { text }]) => !otherYaml.test(text))

  test.each(settings)('the program takes those of %s', async (_place, { text }) => {
    const config = join(folder, 'settings.yaml')
    // Files of the machine that they name are here.
    await writeFile(config, text.replaceAll(/\/etc\/(?=git-bug-viewer\.|ssl\/)|\/run\/secrets\//g, `${folder}/`))
    const options = { options: { config }, paths: [], env: {}, cwd: folder, homeDir: folder }
    await expect(readSettings(options)).resolves.toBeDefined()
  })

  test.each(ofLanguage('yaml'))('%s is YAML', (_place, { text }) => {
    expect(parse(text)).toBeTypeOf('object')
  })
})

test.each(ofLanguage('json'))('each line or all of %s is JSON', (_place, { text }) => {
  const lines = text.trimEnd().split('\n')
  const areValues = lines.every(line => line.startsWith('{') && line.endsWith('}'))
  // Some show a field of an object.
  const whole = text.startsWith('"') ? `{${text}}` : text
  for (const part of areValues ? lines : [whole]) expect(JSON.parse(part)).toBeTypeOf('object')
})

describe('commands', () => {
  test.each(ofLanguage('sh'))('the shell takes %s', (_place, { text }) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
    expect([stderr, status]).toEqual(['', 0])
  })

  /** What is said to the program, at the start of a line. */
  const call = /^(?:git-bug-viewer|npm start --|(?:ExecStart\w*=\S+|node) \S*git-bug-viewer\.js) (.*)$/gm
  const own = ofLanguage('sh', 'ini').flatMap(([place, { text }]) =>
    [...text.replaceAll(/\\\n\s*/g, '').matchAll(call)].map(([, words = '']) => [`${place}: ${words}`, words] as const),
  )

  test('there are some of every command', () => {
    const kinds = own.map(([, words]) => words.trim().split(' ')[0])
    expect(kinds).toEqual(expect.arrayContaining(['check', 'warm', 'export', 'hook']))
  })

  test.each(own)('the program knows %s', (_place, words) => {
    const argv = words
      .replace(/ [>|#].*$/, '')
      .trim()
      .split(/ +/)
    expect(() => parseCommandLine(argv)).not.toThrow()
  })
})

describe('proxies', () => {
  test.skipIf(!hasProgram('nginx')).each(ofLanguage('nginx'))('nginx takes %s', async (_place, { text }) => {
    const isServer = /^(?:server|map|upstream) /m.test(text)
    await testNginx(isServer ? text.replace('listen 443 ssl;', 'listen 8443;') : `server { listen 8443; ${text} }`)
  })

  test.skipIf(!hasProgram('nginx'))('nginx takes the configuration of several instances', async () => {
    const text = await readFile(join(projectRoot, 'docs/examples/nginx-balance.conf'), 'utf8')
    // The name is one of the network that containers share.
    await testNginx(text.replace('server viewer:3000;', 'server 127.0.0.1:3000;'))
  })

  async function testNginx(text: string) {
    const config = join(folder, 'nginx.conf')
    await writeFile(config, `pid ${folder}/nginx.pid; events {} http { access_log off; ${text} }`)
    const { status, stderr } = spawnSync(programPath('nginx')!, ['-t', '-e', 'stderr', '-c', config], {
      encoding: 'utf8',
    })
    expect(stderr).not.toMatch(/\[(?:warn|emerg)\]/)
    expect(status).toBe(0)
  }

  test.skipIf(!hasProgram('caddy')).each(ofLanguage('caddyfile'))('Caddy takes %s', async (_place, { text }) => {
    const config = join(folder, 'Caddyfile')
    await writeFile(config, text)
    const { status, stderr } = spawnSync('caddy', ['validate', '--adapter', 'caddyfile', '--config', config], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder },
    })
    expect([status, stderr]).toEqual([0, expect.any(String)])
  })
})

describe('examples', () => {
  test('compose-redis.yaml takes away what the viewer does not need, and shares a Redis server', async () => {
    const text = await readFile(join(projectRoot, 'docs/examples/compose-redis.yaml'), 'utf8')
    const { services } = parse(text) as { services: Record<string, Record<string, unknown>> }
    const alone = parse(await readFile(join(projectRoot, 'compose.yaml'), 'utf8')) as typeof parsed
    const parsed = { services }
    const kept = ['read_only', 'tmpfs', 'cap_drop', 'security_opt', 'init', 'stop_grace_period', 'mem_limit']
    for (const name of kept) expect(services.viewer![name], name).toEqual(alone.services.viewer![name])
    const env = services.viewer!.environment as Record<string, string>
    const settings = await readSettings({ options: {}, paths: [], env, cwd: folder, homeDir: folder })
    expect(settings.store.redis.url).toBeDefined()
    expect(settings.server.trustedProxies).toBe(true)
    // Nobody reaches an instance past the proxy.
    expect([services.viewer!.ports, services.redis!.ports, services.proxy!.ports]).toEqual([
      undefined,
      undefined,
      ['127.0.0.1:8080:8080'],
    ])
  })
})
