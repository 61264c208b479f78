/** The store in SQLite, used by real processes: several at once, killed, and without room on the disk. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startStoreProcess } from './start-process.ts'

let parent: string
let folder: string
let stack: AsyncDisposableStack

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'store-'))
  folder = join(parent, 'store-v1')
  stack = new AsyncDisposableStack()
  stack.defer(() => rm(parent, { recursive: true, force: true }))
})
afterEach(() => stack.disposeAsync())

const start = () => stack.use(startStoreProcess(folder))

describe('two processes on one folder', () => {
  test('put and get at the same time, and each finds what the other has put', async () => {
    const [one, other] = [start(), start()]
    const put = (store: typeof one, prefix: string) => store.ask({ do: 'put', prefix, count: 4000, bytes: 2000 })
    const both = await Promise.all([put(one, 'one'), put(other, 'other')])
    expect(both.map(({ lines, errors }) => ({ lines, errors }))).toEqual([
      { lines: [], errors: 0 },
      { lines: [], errors: 0 },
    ])
    for (const store of [one, other]) {
      for (const prefix of ['one', 'other']) {
        const found = await store.ask({ do: 'get', prefix, count: 4000, bytes: 2000 })
        expect(found).toEqual({ right: 4000, missing: 0, wrong: 0, lines: [], errors: 0 })
      }
    }
  })

  test('that meet the same damaged file set it aside once, and share the new one', async () => {
    const first = start()
    await first.ask({ do: 'put', count: 100, bytes: 1000 })
    expect(await first.finish()).toBe(0)
    await writeFile(join(folder, 'store.sqlite'), Buffer.alloc(100_000, 'nonsense'))
    const processes = [start(), start(), start(), start()]
    const puts = await Promise.all(
      processes.map((store, n) => store.ask({ do: 'put', prefix: `of-${n}`, count: 50, bytes: 1000 })),
    )
    expect(puts.flatMap(({ lines }) => lines)).toEqual([
      'warn: the file of the store cannot be used: it is set aside and begun anew',
    ])
    for (const store of processes) {
      for (const n of processes.keys()) {
        const found = await store.ask({ do: 'get', prefix: `of-${n}`, count: 50, bytes: 1000 })
        expect(found).toEqual({ right: 50, missing: 0, wrong: 0, lines: [], errors: 0 })
      }
    }
  })

  test('of which one has its file set aside by the other both go on, on the new one', async () => {
    const [one, other] = [start(), start()]
    await one.ask({ do: 'put', prefix: 'before', count: 8000, bytes: 2500 })
    await other.ask({ do: 'get', prefix: 'before', count: 1, bytes: 2500 })
    // More than a process keeps in memory, so that both meet it.
    overwrite(8192, 16_000_000)
    const found = await one.ask({ do: 'get', prefix: 'before', count: 8000, bytes: 2500 })
    expect(found.wrong).toBe(0)
    expect(found.lines).toHaveLength(1)
    await one.ask({ do: 'put', prefix: 'after', count: 100, bytes: 2500 })
    const again = await other.ask({ do: 'get', prefix: 'after', count: 100, bytes: 2500 })
    expect(again).toEqual({ right: 100, missing: 0, wrong: 0, lines: [], errors: 0 })
  })
})

/** Writes nonsense into the file, from a process of its own: one that has it open would lose its locks. */
function overwrite(at: number, bytes: number) {
  const script = `
    const { openSync, writeSync } = require('node:fs')
    writeSync(openSync(process.argv[1], 'r+'), Buffer.alloc(${bytes}, 0xa5), 0, ${bytes}, ${at})`
  execFileSync(process.execPath, ['-e', script, join(folder, 'store.sqlite')])
}

describe('a process', () => {
  test('that is killed while it writes leaves every value that was settled, and no other ones', async () => {
    for (let round = 0; round < 6; round++) {
      const writer = startStoreProcess(folder)
      const prefix = `round-${round}`
      await writer.ask({ do: 'putForever', prefix, bytes: 3000 })
      let settled = 0
      while (settled < 5 + 7 * round) settled = (await writer.next()).right
      await writer.kill()
      const reader = startStoreProcess(folder)
      for (let n = 0; n < settled; n++) {
        const found = await reader.ask({ do: 'get', prefix: `${prefix}-${n}`, count: 20, bytes: 3000 })
        expect(found).toEqual({ right: 20, missing: 0, wrong: 0, lines: [], errors: 0 })
      }
      expect((await reader.ask({ do: 'get', prefix: `${prefix}-${settled}`, count: 20, bytes: 3000 })).wrong).toBe(0)
      await reader.kill()
    }
    expect(readdirSync(folder).filter(name => name.includes('aside'))).toEqual([])
  })

  test('that is killed holds up nobody who writes after it', async () => {
    const [writer, other] = [start(), start()]
    await writer.ask({ do: 'putForever', prefix: 'killed', bytes: 3000 })
    await other.ask({ do: 'get', count: 1, bytes: 1 })
    await writer.kill()
    const put = await other.ask({ do: 'put', count: 100, bytes: 3000 })
    expect(put).toEqual({ right: 0, missing: 0, wrong: 0, lines: [], errors: 0 })
    expect((await other.ask({ do: 'get', count: 100, bytes: 3000 })).right).toBe(100)
  })

  test('ends by itself though the store is open', async () => {
    const store = start()
    await store.ask({ do: 'put', count: 10, bytes: 100 })
    expect(await store.finish()).toBe(0)
  })

  test('without room on the disk goes on reading, says so once, and writes when there is room again', async () => {
    const store = start()
    await store.ask({ do: 'put', prefix: 'before', count: 100, bytes: 2500 })
    const limit = (bytes: string) => execFileSync('prlimit', ['--pid', String(store.pid), `--fsize=${bytes}`])
    limit('1000000:unlimited')
    const lines: string[] = []
    for (let n = 0; n < 10; n++) {
      const put = await store.ask({ do: 'put', prefix: `full-${n}`, count: 2000, bytes: 2500 })
      const found = await store.ask({ do: 'get', prefix: 'before', count: 100, bytes: 2500 })
      expect(found).toMatchObject({ right: 100, missing: 0, wrong: 0 })
      expect((await store.ask({ do: 'get', prefix: `full-${n}`, count: 2000, bytes: 2500 })).wrong).toBe(0)
      lines.push(...put.lines, ...found.lines)
    }
    expect(lines).toEqual(['error: the store fails and is left alone for a while: git is read instead'])
    limit('unlimited:unlimited')
    await store.ask({ do: 'advance', count: 30_000 })
    const put = await store.ask({ do: 'put', prefix: 'after', count: 2000, bytes: 2500 })
    expect(put.lines).toEqual(['info: the store works again'])
    expect(put.errors).toBeGreaterThan(0)
    expect((await store.ask({ do: 'get', prefix: 'after', count: 2000, bytes: 2500 })).right).toBe(2000)
    expect((await store.ask({ do: 'get', prefix: 'before', count: 100, bytes: 2500 })).right).toBe(100)
  })
})
