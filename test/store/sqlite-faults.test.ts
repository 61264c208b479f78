/** What may be wrong with the file of the store, its folder and its thread: nobody who uses the store notices. */
import { execFileSync } from 'node:child_process'
import { mkdir, open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sealValues } from '../../src/store/sealed.ts'
import { hasMoved, openStoreFile, setAside } from '../../src/store/sqlite-file.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import type { Store, StoreEntry, StoreLimits } from '../../src/store/store.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { type createTestLog, isSame, manyEntries, readTexts, type TestMeasures, textEntries } from './contract.ts'
import { createSqliteScene } from './sqlite-scene.ts'

const tier = { seconds: undefined, maxBytes: 1_000_000_000 }
const limits: StoreLimits = { permanent: tier, intermediate: tier, result: tier }

let parent: string
let folder: string
let file: string
let stack: AsyncDisposableStack
let clock: ManualClock
let log: ReturnType<typeof createTestLog>
let measures: TestMeasures

beforeEach(async () => {
  ;({ parent, folder, file, stack, clock, log, measures } = await createSqliteScene())
})
afterEach(() => stack.disposeAsync())

const openStore = () =>
  stack.use(sealValues(openSqliteStore({ folder, limits, clock, log, measures }), { measures, backend: 'sqlite' }))

const messages = () => log.lines.map(({ level, message }) => `${level}: ${message}`)
const isSetAside = 'warn: the file of the store cannot be used: it is set aside and begun anew'
const isLeftAlone = 'error: the store fails and is left alone for a while: git is read instead'
const worksAgain = 'info: the store works again'
const errors = (operation: string) => measures.sum('gitbugviewer_store_errors_total', { operation })

/** Puts, and closes the store. */
async function fill(entries: readonly StoreEntry[]): Promise<void> {
  const store = openStore()
  await store.setMany('permanent', entries)
  await store.settled()
  await store[Symbol.asyncDispose]()
}

/** How many values are right, missing, or something else. */
async function check(store: Store, entries: readonly StoreEntry[]) {
  const keys = entries.map(({ key }) => key)
  const found = await store.getMany('permanent', keys)
  const missing = found.filter(value => !value).length
  const right = found.filter((value, n) => isSame(entries[n]!.value, value)).length
  return { right, missing, wrong: found.length - right - missing }
}

/** Puts everything and finds it. */
async function expectWorking(store: Store, entries: readonly StoreEntry[]): Promise<void> {
  await store.setMany('permanent', entries)
  await store.settled()
  expect(await check(store, entries)).toEqual({ right: entries.length, missing: 0, wrong: 0 })
}

/** Runs a script on the file in a process of its own: one that has it open would lose its locks by closing it. */
function inOtherProcess(script: string) {
  const modules = `const fs = require('node:fs'); const path = process.argv[1];`
  execFileSync(process.execPath, ['-e', modules + script, file])
}

describe('a file that is found when the store is opened', () => {
  const entries = manyEntries(3000, 1000)

  test('with nonsense at its start is set aside and begun anew', async () => {
    await fill(entries)
    const handle = await open(file, 'r+')
    await handle.write(Buffer.alloc(5000, 'nonsense'), 0, 5000, 0)
    await handle.close()
    const damaged = await readFile(file)
    const store = openStore()
    expect(await check(store, entries)).toEqual({ right: 0, missing: 3000, wrong: 0 })
    await expectWorking(store, entries)
    expect(messages()).toEqual([isSetAside])
    expect(damaged.equals(await readFile(`${file}.aside`))).toBe(true)
    expect(errors('read') + errors('write')).toBe(0)
  })

  test.each([
    ['an eighth of it', 1 / 8],
    ['a third of it', 1 / 3],
    ['all but its start', 1],
  ])('of which %s was overwritten gives nothing that is wrong, and works', async (_name, share) => {
    await fill(entries)
    const { length } = await readFile(file)
    const handle = await open(file, 'r+')
    const bytes = Math.floor((length - 8192) * share)
    await handle.write(Buffer.alloc(bytes, 0x5a), 0, bytes, length - bytes)
    await handle.close()
    const store = openStore()
    expect((await check(store, entries)).wrong).toBe(0)
    await expectWorking(store, entries)
    expect(errors('read') + errors('write')).toBe(0)
  })

  test('with one byte of a value turned over gives all values but that one', async () => {
    await fill(entries)
    const bytes = await readFile(file)
    const at = bytes.indexOf(entries[1500]!.value.subarray(20, 900))
    expect(at).toBeGreaterThan(0)
    bytes[at + 300]! ^= 1
    await writeFile(file, bytes)
    const store = openStore()
    expect(await check(store, entries)).toEqual({ right: 2999, missing: 1, wrong: 0 })
    expect(measures.sum('gitbugviewer_store_damaged_total', { backend: 'sqlite' })).toBe(1)
    await expectWorking(store, entries)
    expect(messages()).toEqual([])
  })

  test.each([
    ['is no database', async () => await writeFile(file, 'a text of somebody\n'.repeat(1000))],
    ['is of another program', async () => change('PRAGMA application_id = 1')],
    ['is of an older version', async () => change('PRAGMA user_version = 0')],
    ['is of a newer version', async () => change('PRAGMA user_version = 2')],
    ['has other tables', async () => change('DROP INDEX items_by_use')],
    ['has one table more', async () => change('CREATE TABLE more (x)')],
    ['was cut off', async () => await truncate(file, 50_000)],
  ])('and %s is set aside and begun anew', async (_name, spoil) => {
    await fill(entries)
    await spoil()
    const store = openStore()
    await check(store, entries)
    await expectWorking(store, entries)
    expect(messages()).toEqual([isSetAside])
    expect((await readFile(`${file}.aside`)).length).toBeGreaterThan(10_000)
  })

  function change(sql: string) {
    const db = new DatabaseSync(file)
    db.exec(sql)
    db.close()
  }

  test('and is empty is begun', async () => {
    await mkdir(folder)
    await writeFile(file, '')
    await expectWorking(openStore(), entries)
    expect(messages()).toEqual([])
  })

  test('takes the place of the one that was set aside before it', async () => {
    await mkdir(folder)
    for (const text of ['first ', 'second ']) {
      await writeFile(file, text.repeat(1000))
      await fill(manyEntries(10, 10))
    }
    expect((await readFile(`${file}.aside`)).toString()).toBe('second '.repeat(1000))
    expect(messages()).toEqual([isSetAside, isSetAside])
  })
})

describe('a file in use', () => {
  /** More than a thread keeps in memory. */
  const entries = manyEntries(8000, 2500)

  test.each([
    ['is overwritten', `fs.writeSync(fs.openSync(path, 'r+'), Buffer.alloc(16000000, 0xa5), 0, 16000000, 8192)`],
    ['is overwritten from its start', `fs.writeSync(fs.openSync(path, 'r+'), Buffer.alloc(16000000, 0xa5))`],
    ['is cut off', `fs.truncateSync(path, 1000000)`],
  ])('that %s is set aside and begun anew', async (_name, script) => {
    const store = openStore()
    await expectWorking(store, entries)
    inOtherProcess(script)
    expect((await check(store, entries)).wrong).toBe(0)
    await expectWorking(store, entries)
    expect(messages()).toEqual([isSetAside])
  })

  test('that is deleted with its folder is begun anew', async () => {
    const store = openStore()
    await expectWorking(store, manyEntries(100, 100))
    await rm(folder, { recursive: true })
    await expectWorking(store, manyEntries(100, 100, 'after'))
    expect(await check(openStore(), manyEntries(100, 100, 'after'))).toMatchObject({ right: 100 })
    expect(messages()).toEqual([])
  })

  test('is not set aside where it is another one by now than the one that is damaged', async () => {
    const place = { folder, log }
    const damaged = openStoreFile(place)
    await rename(file, join(folder, 'elsewhere'))
    const healthy = openStoreFile(place)
    stack.defer(() => healthy.db.close())
    expect([hasMoved(damaged, folder), hasMoved(healthy, folder)]).toEqual([true, false])
    setAside(damaged, new Error('damaged'), place)
    expect(hasMoved(healthy, folder)).toBe(false)
    expect(messages()).toEqual([])
    setAside(openStoreFile(place), new Error('damaged'), place)
    expect(hasMoved(healthy, folder)).toBe(true)
    expect(messages()).toEqual([isSetAside])
  })
})

describe('a folder', () => {
  test('that cannot be made costs one line, and is made when that is possible', async () => {
    await writeFile(join(parent, 'blocked'), '')
    folder = join(parent, 'blocked', 'store-v1')
    const store = openStore()
    for (let n = 0; n < 20; n++) {
      await store.setMany('permanent', textEntries({ a: 'first' }))
      expect(await readTexts(store, 'permanent', ['a'])).toEqual([undefined])
      await store.settled()
    }
    expect(messages()).toEqual([isLeftAlone])
    expect(errors('read')).toBe(1)
    expect(measures.read('gitbugviewer_store_breaker_open', { backend: 'sqlite' })).toBe(1)
    await rm(join(parent, 'blocked'))
    clock.advance(1000)
    await expectWorking(store, manyEntries(100, 100))
    expect(messages()).toEqual([isLeftAlone, worksAgain])
    expect(measures.read('gitbugviewer_store_breaker_open', { backend: 'sqlite' })).toBe(0)
  })

  test('with a folder in the place of the file costs one line', async () => {
    await mkdir(file, { recursive: true })
    const store = openStore()
    for (let n = 0; n < 5; n++) expect(await readTexts(store, 'permanent', ['a'])).toEqual([undefined])
    expect(messages()).toEqual([isLeftAlone])
    await rm(file, { recursive: true })
    clock.advance(1000)
    await expectWorking(store, manyEntries(100, 100))
  })
})

describe('a thread', () => {
  test('that dies takes nothing with it but what was under way, and is started again', async () => {
    const threads: Worker[] = []
    const remember = (thread: Worker) => void threads.push(thread)
    process.on('worker', remember)
    stack.defer(() => void process.off('worker', remember))
    const store = openStore()
    // Too many for an answer before the thread is at its end.
    const entries = manyEntries(8000, 5000)
    await expectWorking(store, entries)
    const underWay = [check(store, entries), store.setMany('permanent', manyEntries(5000, 2000, 'lost'))]
    await threads[0]!.terminate()
    await Promise.all(underWay)
    expect(await underWay[0]).toEqual({ right: 0, missing: 8000, wrong: 0 })
    expect(messages()).toEqual([isLeftAlone])
    expect(errors('read')).toBe(1)
    clock.advance(1000)
    expect(await check(store, entries)).toEqual({ right: 8000, missing: 0, wrong: 0 })
    await expectWorking(store, manyEntries(100, 100, 'after'))
    expect(messages()).toEqual([isLeftAlone, worksAgain])
    expect(threads).toHaveLength(2)
  })
})
