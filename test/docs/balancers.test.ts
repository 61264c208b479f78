/** The balancers of docs/scaling.md, in front of servers that say who they are: which one gets what. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docBlocks } from '../support/doc-blocks.ts'
import { type RunningProxy, startCaddy, startNginx } from '../support/proxy.ts'
import { hasProgram } from '../support/required-programs.ts'

const blocks = await docBlocks('docs/scaling.md')
const textIn = (language: string) => blocks.find(block => block.language === language)?.text ?? ''
const names = Array.from({ length: 10 }, (_, at) => `tool-${at}`)

/** Answers everything with its own name. */
async function openInstance(name: string) {
  const server = createServer((_request, reply) => void reply.end(name))
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  return {
    name,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
}

/** With the addresses of our servers for those of the documentation. */
function towards(text: string, hosts: readonly string[]): string {
  return hosts.reduce((changed, host, at) => changed.replaceAll(`10.0.0.${at + 1}:3000`, host), text)
}

interface Balancer {
  readonly program: 'nginx' | 'caddy'
  start(hosts: readonly string[]): Promise<RunningProxy>
}

const balancers: readonly Balancer[] = [
  {
    program: 'nginx',
    start: hosts =>
      startNginx(port => towards(textIn('nginx'), hosts).replace(/^server \{/m, `server { listen 127.0.0.1:${port};`)),
  },
  {
    program: 'caddy',
    start: hosts =>
      startCaddy(port =>
        towards(textIn('caddyfile'), hosts).replace('bugs.example.org {', `http://127.0.0.1:${port} {`),
      ),
  },
]

describe.each(balancers)('$program', ({ program, start }) => {
  describe.skipIf(!hasProgram(program))('in front of three instances', () => {
    let instances: Awaited<ReturnType<typeof openInstance>>[]
    let balancer: RunningProxy
    beforeAll(async () => {
      instances = await Promise.all(['one', 'two', 'three'].map(openInstance))
      balancer = await start(instances.map(({ host }) => host))
    })
    afterAll(async () => {
      await balancer[Symbol.asyncDispose]()
      await Promise.all(instances.map(instance => instance.close()))
    })
    const whoAnswers = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
      const answer = await fetch(balancer.origin + path, { headers })
      expect(answer.status).toBe(200)
      return await answer.text()
    }

    test('all that is asked of a repository goes to one of them, and not every repository to the same', async () => {
      const chosen = new Set<string>()
      for (const name of names) {
        const pages = ['bugs', 'bugs.json?q=a/-/b', 'labels'].map(page => `/${name}/-/${page}`)
        const who = new Set(await Promise.all([...pages, `/api/v1/repos/${name}/bugs`].map(path => whoAnswers(path))))
        expect([...who], name).toHaveLength(1)
        for (const one of who) chosen.add(one)
      }
      expect(chosen.size).toBeGreaterThan(1)
    })

    test('pages of a name with slashes go to one of them', async () => {
      const paths = ['bugs', 'labels', 'identities', 'bugs.atom?q='].map(page => `/group/of/tools/-/${page}`)
      expect(new Set(await Promise.all(paths.map(path => whoAnswers(path)))).size).toBe(1)
    })

    test('a visitor does not choose, whatever the request says', async () => {
      const [usual, ...claims] = await Promise.all(
        ['', ...names].map(name => whoAnswers('/tool/-/bugs', { 'x-repository': name })),
      )
      expect(new Set(claims)).toEqual(new Set([usual]))
    })

    test('what one would get that is gone, another one gets', async () => {
      await instances[0]?.close()
      const who = await Promise.all(names.map(name => whoAnswers(`/${name}/-/bugs`)))
      expect(who).not.toContain('one')
    })
  })
})
