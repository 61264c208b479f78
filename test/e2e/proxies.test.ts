/** The configurations of docs/operations/proxies.md, in real proxies with the real program behind them. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { docBlocks } from '../support/doc-blocks.ts'
import { type GitClient, openGitClient, refspecs } from '../support/git-client.ts'
import { type RunningProgram, startProgram } from '../support/process.ts'
import { type RunningProxy, startCaddy, startNginx } from '../support/proxy.ts'
import { hasProgram } from '../support/required-programs.ts'
import { applyTo, type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'

const start = 1_700_000_000
const page = 'docs/operations/proxies.md'
const blocks = await docBlocks(page)
const [ownHost = '', path = '', robots = ''] = textsIn('nginx')
const [caddy = ''] = textsIn('caddyfile')

function textsIn(language: string): string[] {
  return blocks.filter(block => block.language === language).map(({ text }) => text)
}

/** With the address of the viewer for the one of the documentation. */
function towards(text: string, viewer: string): string {
  const host = new URL(viewer).host
  return text.replaceAll(/(?<=^\s*(?:proxy_pass http:\/\/|reverse_proxy (?:@\w+ )?))127\.0\.0\.1:3000/gm, host)
}

interface Front {
  readonly name: string
  readonly program: 'nginx' | 'caddy'
  readonly publicUrl: string
  readonly basePath: string
  start(viewer: string): Promise<RunningProxy>
}

const fronts: readonly Front[] = [
  {
    name: 'nginx, a host of its own',
    program: 'nginx',
    publicUrl: 'https://bugs.example.org',
    basePath: '',
    start: viewer =>
      startNginx(port => towards(ownHost, viewer).replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)),
  },
  {
    name: 'nginx, a path of a site',
    program: 'nginx',
    publicUrl: 'https://example.org/bugs',
    basePath: '/bugs',
    start: viewer =>
      startNginx(port => `server { listen 127.0.0.1:${port}; ${towards(path, viewer)} ${towards(robots, viewer)} }`),
  },
  {
    name: 'Caddy, a host of its own',
    program: 'caddy',
    publicUrl: 'https://bugs.example.org',
    basePath: '',
    start: viewer => startCaddy(port => plain(towards(caddy, viewer), port)),
  },
  {
    name: 'Caddy, a path of a site',
    program: 'caddy',
    publicUrl: 'https://example.org/bugs',
    basePath: '/bugs',
    start: viewer => startCaddy(port => plain(towards(caddy, viewer), port)),
  },
]

/** Without TLS: nobody vouches for these hosts here. */
function plain(caddyfile: string, port: number): string {
  return caddyfile.replaceAll(/^(\S+\.org) \{/gm, `http://$1:${port} {`)
}

for (const front of fronts) {
  describe.skipIf(!hasProgram(front.program))(front.name, () => {
    const { basePath, publicUrl } = front
    const host = new URL(publicUrl).host
    const t = createTrackerWriter({ seed: 'proxies' })
    const ada = t.identity({ name: 'Ada', at: start })
    const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', at: start + 1 })
    let built: BuiltRepository
    let viewer: RunningProgram
    let proxy: RunningProxy
    let client: GitClient
    beforeAll(async () => {
      built = await buildRepository(t)
      viewer = await startProgram({
        args: [built.path],
        env: {
          GIT_BUG_VIEWER_SERVER_PUBLIC_URL: publicUrl,
          GIT_BUG_VIEWER_SERVER_BASE_PATH: basePath,
          GIT_BUG_VIEWER_SERVER_TRUSTED_PROXIES: '[127.0.0.1]',
          GIT_BUG_VIEWER_METRICS_ENABLED: 'true',
          // Every request looks whether something was pushed.
          GIT_BUG_VIEWER_CACHE_LOOK_MILLISECONDS: '0',
          GIT_BUG_VIEWER_HOOKS_SECRET: 'nobody outside has it',
        },
      })
      proxy = await front.start(viewer.url)
      client = await openGitClient()
    })
    afterAll(async () => {
      await proxy[Symbol.asyncDispose]()
      await viewer[Symbol.asyncDispose]()
      await client[Symbol.asyncDispose]()
      await built[Symbol.asyncDispose]()
    })

    /** Asks the proxy as a browser asks the public host. */
    const ask = async (address: string, method = 'GET'): Promise<IncomingMessage> => {
      const sent = request(`${proxy.origin}${address}`, { method, headers: { host }, agent: false }).end()
      const [answer] = (await once(sent, 'response')) as [IncomingMessage]
      return answer.setEncoding('utf8')
    }
    const read = async (address: string) => {
      const answer = await ask(address)
      return { status: answer.statusCode, text: (await answer.toArray()).join(''), headers: answer.headers }
    }

    test('pages come through, and what is unchanged is told with 304', async () => {
      const { status, text, headers } = await read(`${basePath}/tracker/-/bugs`)
      expect(status).toBe(200)
      expect(text).toContain('It smokes')
      expect(text).toContain(`href="${basePath}/tracker/-/bugs/`)
      const again = request(`${proxy.origin}${basePath}/tracker/-/bugs`, {
        headers: { host, 'if-none-match': headers.etag! },
        agent: false,
      }).end()
      const [answer] = (await once(again, 'response')) as [IncomingMessage]
      expect(answer.statusCode).toBe(304)
      answer.resume()
    })

    test('redirects stay below the public address', async () => {
      const answer = await read(`${basePath}/tracker`)
      expect(answer.status).toBe(302)
      expect(new URL(answer.headers.location!, publicUrl).href).toBe(`${publicUrl}/tracker/-/bugs`)
    })

    test('slashes that are part of a segment come through as they were', async () => {
      const { status } = await read(`${basePath}/api/v1/repos/tracker/bugs`)
      const unknown = await read(`${basePath}/api/v1/repos/group%2Ftracker/bugs`)
      expect([status, unknown.status]).toEqual([200, 404])
      // That of the repository, and not that of an address that does not exist.
      expect(unknown.text).toContain('REPOSITORY_UNKNOWN')
    })

    test('feeds name the public address', async () => {
      expect((await read(`${basePath}/tracker/-/bugs.atom`)).text).toContain(`${publicUrl}/tracker/-/bugs/${bug.id}`)
    })

    test('git fetches through it', async () => {
      await client.init('fetched')
      const config = ['-c', `http.extraHeader=Host: ${host}`]
      await client.git(
        [...config, 'fetch', '--quiet', `${proxy.origin}${basePath}/tracker.git`, ...refspecs],
        'fetched',
      )
      expect(await client.git(['rev-parse', bug.ref], 'fetched')).toBe(`${bug.tip}\n`)
    })

    test('events come at once', async () => {
      const stream = await ask(`${basePath}/tracker/-/events?state=${'0'.repeat(16)}`)
      const [first] = (await once(stream, 'data')) as [string]
      expect(first).toContain('retry: ')
      stream.destroy()
    })

    test('hooks and measures are not for the public', async () => {
      const hook = await ask(`${basePath}/hooks/post-receive`, 'POST')
      hook.resume()
      expect(hook.statusCode).toBe(404)
      expect((await read('/metrics')).text).not.toContain('gitbugviewer_')
      // They are there for the machine itself.
      expect((await fetch(`${new URL(viewer.url).origin}/metrics`)).status).toBe(200)
    })

    test('a push shows through it', async () => {
      t.bug(ada, { title: 'It whistles', message: '', at: start + 2 })
      await applyTo(built.path, t)
      expect((await read(`${basePath}/tracker/-/bugs`)).text).toContain('It whistles')
    })
  })
}

test.skipIf(!hasProgram('nginx'))('below a path, robots.txt of the host is that of the viewer', async () => {
  await using built = await buildRepository(createTrackerWriter({ seed: 'robots' }))
  await using viewer = await startProgram({ args: [built.path], env: { GIT_BUG_VIEWER_SERVER_BASE_PATH: '/bugs' } })
  await using proxy = await fronts[1]!.start(viewer.url)
  const text = await (await fetch(`${proxy.origin}/robots.txt`)).text()
  expect(text).toContain('Disallow: /bugs/')
})
