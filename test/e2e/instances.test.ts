/** Several instances of the real program behind one Redis server, serving the same repositories. */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeBenchRepository } from '../../bench/generate.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type Exposition, parseExposition } from '../support/exposition.ts'
import { startProgram } from '../support/program.ts'
import { openRedisServer, type RedisServer } from '../support/redis-server.ts'
import { hasProgram } from '../support/required-programs.ts'
import { applyTo, buildRepository } from '../support/tracker-builder.ts'

const start = 1_700_000_000

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'instances-')))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface InstanceOptions {
  readonly redis: RedisServer
  readonly path: string
  readonly settings?: Readonly<Record<string, object>>
}

let instances = 0

/** An instance with a data folder of its own, which looks for nothing by itself. */
async function startInstance({ redis, path, settings = {} }: InstanceOptions) {
  const name = `instance-${++instances}`
  const config = join(folder, `${name}.yaml`)
  const { store, cache, ...others } = settings
  const all = {
    server: { port: 0 },
    repositories: { list: [{ name: 'kiln', path }] },
    cache: { lookMilliseconds: 3_600_000, idleMinutes: 0, rebuild: { enabled: false }, ...cache },
    // A busy machine must not make a server that answers seem one that does not.
    store: { redis: { url: redis.url, timeoutMilliseconds: 10_000 }, ...store },
    ...others,
  }
  await writeFile(config, JSON.stringify(all))
  const program = await startProgram({
    args: ['--config', config, '--data-dir', join(folder, `${name}-data`)],
    cwd: folder,
    ownGroup: true,
  })
  const get = (address: string) => fetch(program.url + address)
  return {
    ...program,
    get,
    text: async (address: string) => await (await get(address)).text(),
    measures: async (): Promise<Exposition> => parseExposition(await (await get('metrics')).text()),
    /** Asks until the page says it; the test's own limit is the end of that. */
    async shows(address: string, text: string) {
      while (!(await (await get(address)).text()).includes(text)) await new Promise(setImmediate)
    },
    push: () => fetch(`${program.url}hooks/post-receive?repo=kiln`, { method: 'POST', body: pushed }),
    /** To it and all that it has started, as a machine ends that loses its power. */
    signal: (signal: NodeJS.Signals) => process.kill(-program.pid, signal),
  }
}

type Instance = Awaited<ReturnType<typeof startInstance>>

/** Lines as git gives them to its hook. */
const pushed = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/bugs/${'a'.repeat(64)}\n`

const entities = async (instance: Instance, result: string) =>
  (await instance.measures()).value('gitbugviewer_entities_total', { result })

describe.skipIf(!hasProgram('redis-server'))('instances behind one Redis server', () => {
  test('of three the one that reads is killed in the middle: another one takes over, and nothing is read twice', async () => {
    const bugs = 4000
    const path = join(folder, 'large.git')
    await writeBenchRepository({ path, bugs, seed: 1, objectFormat: 'sha1' })
    await using redis = await openRedisServer()
    const options = { redis, path, settings: { store: { leaseSeconds: 10 }, cache: { workers: { threads: 1 } } } }
    // It begins while it starts, since it has no other repository.
    await using first = await startInstance(options)
    // Every bug and person is a record, and most have texts.
    while (Number(await redis.ask('DBSIZE')) < bugs / 4) await new Promise(setImmediate)
    // Held still until the others have come, which takes longer than it needs for the rest.
    first.signal('SIGSTOP')
    await using second = await startInstance(options)
    await using third = await startInstance(options)
    const pages = [second, third].map(instance => instance.text('api/v1/repos/kiln/bugs?limit=1'))
    first.signal('SIGKILL')

    for (const page of await Promise.all(pages)) expect(JSON.parse(page)).toMatchObject({ total: bugs })
    const read = await Promise.all([second, third].map(instance => entities(instance, 'read')))
    expect(Math.min(...read)).toBe(0)
    expect(Math.max(...read)).toBeGreaterThan(0)
    expect(Math.max(...read)).toBeLessThan(bugs)
    // At once or after waiting: that depends on how long the two took to start.
    const [one, other] = await Promise.all([second, third].map(instance => instance.measures()))
    const came = (measures: Exposition | undefined, ...results: string[]) =>
      results.reduce((sum, result) => sum + (measures?.value('gitbugviewer_tasks_total', { result }) ?? 0), 0)
    const ways = [one, other].map(measures => [came(measures, 'taken', 'taken_later'), came(measures, 'done_by_other')])
    expect(ways.map(way => way.join(' ')).toSorted()).toEqual(['0 1', '1 0'])
  })

  test('an instance that starts later reads no bug from git, and finds every word', async () => {
    const t = createTrackerWriter({ seed: 'later' })
    const ada = t.identity({ name: 'Ada', at: start })
    t.bug(ada, { title: 'It smokes', message: 'under the wheelhouse', at: start + 1 })
    await using built = await buildRepository(t)
    await using redis = await openRedisServer()
    await using first = await startInstance({ redis, path: built.path })
    expect(await first.text('kiln/-/bugs')).toContain('It smokes')
    while (Number(await redis.ask('DBSIZE')) < 3) await new Promise(setImmediate)
    await using second = await startInstance({ redis, path: built.path })
    expect(await second.text('kiln/-/bugs?q=wheelhouse')).toContain('It smokes')
    expect(await second.text('kiln/-/bugs?q=nowhere')).not.toContain('It smokes')
    expect([await entities(second, 'read'), await entities(second, 'stored')]).toEqual([0, 2])
    const { value } = await second.measures()
    expect(value('gitbugviewer_git_processes_started_total', { command: 'for-each-ref' })).toBe(1)
  })

  test('a hook that one is called by is heard by the others, also by those that missed it', async () => {
    const t = createTrackerWriter({ seed: 'heard' })
    const ada = t.identity({ name: 'Ada', at: start })
    const bug = t.bug(ada, { title: 'It smokes', message: '', at: start + 1 })
    await using built = await buildRepository(t)
    await using redis = await openRedisServer()
    await using first = await startInstance({ redis, path: built.path })
    await using second = await startInstance({ redis, path: built.path })
    for (const instance of [first, second]) await instance.shows('kiln/-/bugs', 'It smokes')

    bug.title(ada, { title: 'It whistles', at: start + 2 })
    await applyTo(built.path, t)
    expect((await first.push()).status).toBe(202)
    await second.shows('kiln/-/bugs', 'It whistles')

    await redis.stop()
    bug.title(ada, { title: 'It hums', at: start + 3 })
    await applyTo(built.path, t)
    expect((await first.push()).status).toBe(202)
    await first.shows('kiln/-/bugs', 'It hums')
    // Nobody has told it.
    expect(await second.text('kiln/-/bugs')).toContain('It whistles')
    await redis.start()
    await second.shows('kiln/-/bugs', 'It hums')
  })

  test('without the server pages and searches go on, and a start too', async () => {
    const t = createTrackerWriter({ seed: 'without' })
    const ada = t.identity({ name: 'Ada', at: start })
    t.bug(ada, { title: 'It smokes', message: 'under the wheelhouse', at: start + 1 })
    await using built = await buildRepository(t)
    await using redis = await openRedisServer({ started: false })
    await using instance = await startInstance({ redis, path: built.path })
    expect(await instance.text('kiln/-/bugs?q=wheelhouse')).toContain('It smokes')
    expect((await instance.get('readyz')).status).toBe(200)
    await redis.start()
    expect(await instance.text('kiln/-/bugs?q=smokes')).toContain('It smokes')
    expect(await instance.stop()).toBe(0)
  })
})
