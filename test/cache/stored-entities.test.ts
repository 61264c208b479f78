/** Entities that were read once and are found in the store: the same as before, or not at all. */
import { expect, test } from 'vitest'
import { type DecodeLimits, defaultDecodeLimits } from '../../src/base/limits.ts'
import { silentLog } from '../../src/base/log.ts'
import { noMeasures } from '../../src/base/measures.ts'
import {
  type EntityRecord,
  type EntityRef,
  type ReadEntity,
  refName,
  toEntityRef,
} from '../../src/cache/entity-record.ts'
import { createEntityKeys } from '../../src/cache/packed-entity.ts'
import { readRefs } from '../../src/cache/read-refs.ts'
import { createStoredEntities, type StoredEntities } from '../../src/cache/stored-entities.ts'
import { openGit } from '../../src/git/git.ts'
import { eachRef } from '../../src/git/refs.ts'
import { createLocalTaskKeys } from '../../src/store/local-task-keys.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { TaskKeys } from '../../src/store/task-keys.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { buildRepository, removeObject } from '../support/tracker-builder.ts'
import { badClocks, badIdentities, badOperations, badRefs } from './bad-bugs.ts'
import { createScene, walkedBugs } from './tracker-scene.ts'

const megabytes = 1 << 24

function openStore(): Store {
  const tier = { seconds: undefined, maxBytes: megabytes }
  const limits = { permanent: tier, intermediate: tier, result: tier }
  return createMemoryStore({ limits, clock: createManualClock(), measures: noMeasures })
}

interface Surroundings {
  readonly store: Store
  readonly tasks?: TaskKeys
  readonly limits?: DecodeLimits
  readonly keepsTexts?: boolean
}

function reader(surroundings: Surroundings): StoredEntities {
  const { store, tasks = createLocalTaskKeys(), limits = defaultDecodeLimits, keepsTexts = true } = surroundings
  return createStoredEntities({ store, tasks, limits, keepsTexts, log: silentLog, measures: noMeasures })
}

/** Entities of a real repository, and how to read them from git. */
async function openEntities(path: string) {
  const git = await openGit()
  const objects = git.openReader(path)
  const listing = await git.listRefs(path, { prefixes: ['refs/bugs', 'refs/identities'] })
  const refs = [...eachRef(listing.bytes)].flatMap(ref => toEntityRef(ref) ?? [])
  const fromGit: EntityRef[] = []
  return {
    refs,
    fromGit,
    async readFromGit(wanted: readonly EntityRef[], onRead: (read: ReadEntity, index: number) => void) {
      fromGit.push(...wanted)
      await readRefs({ git, reader: objects, folder: path, limits: defaultDecodeLimits }, wanted, onRead)
    },
    [Symbol.asyncDispose]: () => objects[Symbol.asyncDispose](),
  }
}

type Entities = Awaited<ReturnType<typeof openEntities>>

interface ReadAll {
  readonly records: ReadonlyMap<string, EntityRecord>
  readonly texts: ReadonlyMap<string, string>
  readonly count: number
}

interface ReadAllOptions {
  readonly isAnew?: boolean
  readonly repository?: string
  readonly signal?: AbortSignal
}

/** Reads all, and takes what comes as a build does: texts are handed on, and nobody here can read them afterwards. */
async function readAll(
  stored: StoredEntities,
  entities: Entities,
  { isAnew = false, repository = 'r', signal = new AbortController().signal }: ReadAllOptions = {},
): Promise<ReadAll> {
  const records = new Map<string, EntityRecord>()
  const texts = new Map<string, string>()
  const count = await stored.read({
    repository,
    refs: entities.refs,
    signal,
    isAnew,
    readFromGit: (wanted, onRead) => entities.readFromGit(wanted, onRead),
    onOthersProgress() {},
    stepAside: wait => wait(),
    onRead({ record, text }, index) {
      expect(refName(record)).toBe(refName(entities.refs[index]!))
      records.set(refName(record), record)
      if (text) texts.set(record.tip, Buffer.from(text).toString())
      text?.fill(0)
    },
  })
  await stored[Symbol.asyncDispose]()
  return { records, texts, count }
}

async function readTexts(stored: StoredEntities, tips: readonly string[]) {
  const texts = new Map<string, string>()
  const { signal } = new AbortController()
  const onText = (text: Uint8Array, index: number) => void texts.set(tips[index]!, Buffer.from(text).toString())
  const missing = await stored.readTexts('r', tips, { onText, signal })
  return { texts, missing }
}

test.for([2, walkedBugs])('%i bugs and their people are found again exactly as they were read', async bugs => {
  await using built = await buildRepository(createScene(bugs).t)
  await using entities = await openEntities(built.path)
  const store = openStore()
  const first = await readAll(reader({ store }), entities)
  expect(first.count).toBe(entities.refs.length)
  expect(first.texts.size).toBe(bugs)

  const again = reader({ store })
  const second = await readAll(again, entities)
  expect(second.count).toBe(0)
  expect(entities.fromGit).toHaveLength(entities.refs.length)
  expect(second.records).toEqual(first.records)
  expect(second.texts.size).toBe(0)
  const tips = [...first.texts.keys()]
  expect(await readTexts(again, tips)).toEqual({ texts: first.texts, missing: [] })
})

test('what cannot be read, and why, is found again too', async () => {
  const scene = createScene(3)
  for (const bad of [...badClocks, ...badOperations, ...badRefs, ...badIdentities]) bad.write(scene)
  await using built = await buildRepository(scene.t)
  await using entities = await openEntities(built.path)
  const store = openStore()
  const first = await readAll(reader({ store }), entities)
  expect([...first.records.values()].filter(({ problems }) => problems.length > 0).length).toBeGreaterThan(20)
  const second = await readAll(reader({ store }), entities)
  expect(second.records).toEqual(first.records)
})

test('what misses an object is not kept: it may arrive', async () => {
  const scene = createScene(3)
  await using built = await buildRepository(scene.t, { loose: true })
  const [bug] = scene.bugs
  await removeObject(built.path, bug!.tip)
  await using entities = await openEntities(built.path)
  const store = openStore()
  await readAll(reader({ store }), entities)
  const { count } = await readAll(reader({ store }), entities)
  expect(count).toBe(1)
  expect(entities.fromGit.at(-1)).toMatchObject({ id: bug!.id })
})

test('other bounds on what is decoded look for other values', async () => {
  await using built = await buildRepository(createScene(2).t)
  await using entities = await openEntities(built.path)
  const store = openStore()
  await readAll(reader({ store }), entities)
  const { count } = await readAll(reader({ store, limits: { ...defaultDecodeLimits, maxPacks: 7 } }), entities)
  expect(count).toBe(entities.refs.length)
})

test.for([
  ['nothing', ''],
  ['no JSON', '{"kind'],
  ['another shape', '["bug",{},[],null]'],
  ['a bug without its fields', 'made below'],
  ['that of another entity', 'made below'],
])('a value that is %s is read from git instead, and put right', async ([what, json]) => {
  await using built = await buildRepository(createScene(2).t)
  await using entities = await openEntities(built.path)
  const store = openStore()
  const first = await readAll(reader({ store }), entities)
  const [ref, other] = entities.refs.filter(({ kind }) => kind === 'bug')
  const keys = createEntityKeys(defaultDecodeLimits)
  const [ofOther] = await store.getMany('permanent', [keys.record('r', other!)])
  const values: Record<string, Uint8Array> = {
    'a bug without its fields': Buffer.from(JSON.stringify(['bug', ref!.id, [], ['open', 'title', []]])),
    'that of another entity': ofOther!,
  }
  await store.setMany('permanent', [{ key: keys.record('r', ref!), value: values[what!] ?? Buffer.from(json!) }])

  const second = await readAll(reader({ store }), entities)
  expect(second.count).toBe(1)
  expect(second.records).toEqual(first.records)
  expect((await readAll(reader({ store }), entities)).count).toBe(0)
})

test('where nobody else needs texts they are not kept, and each is missing', async () => {
  await using built = await buildRepository(createScene(2).t)
  await using entities = await openEntities(built.path)
  const stored = reader({ store: openStore(), keepsTexts: false })
  const { texts } = await readAll(stored, entities)
  expect(await readTexts(stored, [...texts.keys()])).toEqual({ texts: new Map(), missing: [0, 1] })
})

test('a text that does not unpack is not there', async () => {
  const store = openStore()
  const stored = reader({ store })
  const key = createEntityKeys(defaultDecodeLimits).text('r', 'a'.repeat(40))
  await store.setMany('permanent', [{ key, value: Buffer.from('no deflated text') }])
  expect(await readTexts(stored, ['a'.repeat(40)])).toEqual({ texts: new Map(), missing: [0] })
})

test('a build from nothing asks the store for nothing, and puts right what was wrong there', async () => {
  await using built = await buildRepository(createScene(2).t)
  await using entities = await openEntities(built.path)
  const store = openStore()
  const first = await readAll(reader({ store }), entities)
  const [ref] = entities.refs
  const key = createEntityKeys(defaultDecodeLimits).record('r', ref!)
  await store.setMany('permanent', [{ key, value: Buffer.from('wrong') }])
  const anew = await readAll(reader({ store }), entities, { isAnew: true })
  expect(anew).toMatchObject({ count: entities.refs.length, records: first.records })
  expect((await readAll(reader({ store }), entities)).count).toBe(0)
})

test('of two who read the same repository at the same time one does, and the other finds what it has read', async () => {
  await using built = await buildRepository(createScene(walkedBugs).t)
  await using entities = await openEntities(built.path)
  await using others = await openEntities(built.path)
  const surroundings = { store: openStore(), tasks: createLocalTaskKeys() }
  const [a, b] = await Promise.all([readAll(reader(surroundings), entities), readAll(reader(surroundings), others)])
  expect(b.records).toEqual(a.records)
  expect([Math.min(a.count, b.count), Math.max(a.count, b.count)]).toEqual([0, entities.refs.length])
})

test('when the one who reads fails, the next one takes the work over', async () => {
  await using built = await buildRepository(createScene(walkedBugs).t)
  await using entities = await openEntities(built.path)
  const surroundings = { store: openStore(), tasks: createLocalTaskKeys() }
  const begun = Promise.withResolvers<void>()
  const fail = Promise.withResolvers<never>()
  const failing = readAll(reader(surroundings), {
    ...entities,
    readFromGit: async () => {
      begun.resolve()
      await fail.promise
    },
  })
  await begun.promise
  const taking = readAll(reader(surroundings), entities)
  fail.reject(new Error('git is gone'))
  await expect(failing).rejects.toThrow('git is gone')
  expect((await taking).count).toBe(entities.refs.length)
})

test('what one repository has put another one with the same tips does not find', async () => {
  await using built = await buildRepository(createScene(2).t)
  await using entities = await openEntities(built.path)
  const store = openStore()
  await readAll(reader({ store }), entities)
  expect((await readAll(reader({ store }), entities, { repository: 'other' })).count).toBe(entities.refs.length)
  expect((await readAll(reader({ store }), entities)).count).toBe(0)
})

test('whoever leaves just when the key has come gives it back', async () => {
  await using built = await buildRepository(createScene(2).t)
  await using entities = await openEntities(built.path)
  const tasks = createLocalTaskKeys()
  const stop = new AbortController()
  const shared: TaskKeys = {
    ...tasks,
    isShared: true,
    tryTake: async (task, signal) => {
      const held = await tasks.tryTake(task, signal)
      stop.abort(new Error('gone'))
      return held
    },
  }
  const stored = reader({ store: openStore(), tasks: shared })
  await expect(readAll(stored, entities, { signal: stop.signal })).rejects.toThrow('gone')
  await stored[Symbol.asyncDispose]()
  expect(await tasks.tryTake('read r')).toBeDefined()
})
