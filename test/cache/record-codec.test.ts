/** Records as they travel from a worker thread: out of the codec comes what went in. */
import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { EntityRecord } from '../../src/cache/entity-record.ts'
import { parseRecord, printRecord, recordVersion } from '../../src/cache/record-codec.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { buildRepository, openGolden } from '../support/tracker-builder.ts'
import { badClocks, badIdentities, badOperations, badRefs } from './bad-bugs.ts'
import { createScene, load, unnumber } from './tracker-scene.ts'

const start = 1_700_000_000

/** There and back, as the two threads do it. */
function travel(record: EntityRecord): EntityRecord {
  const { kind, id, tip } = record
  const arrived = parseRecord(printRecord(record), { kind, id, tip })
  if (!arrived) throw new Error('the record was not taken')
  return arrived
}

function expectUnchanged(records: readonly EntityRecord[]) {
  for (const record of records) expect(travel(record)).toEqual(unnumber(record))
}

test.for(['made', 'concurrent', 'signed'])(
  'every record of the repository “%s” arrives as it was',
  async (name, { skip }) => {
    const opened = await openGolden(name)
    if (!opened) return skip()
    await using built = opened
    const { records } = await load(built.path)
    expect(records.length).toBeGreaterThan(3)
    expectUnchanged(records)
  },
)

describe('a record', () => {
  test('of everything that can be wrong arrives with what is wrong', async () => {
    const scene = createScene(3)
    for (const bad of [...badClocks, ...badOperations, ...badRefs, ...badIdentities]) bad.write(scene)
    await using built = await buildRepository(scene.t)
    const { records } = await load(built.path)
    expect(records.filter(record => record.problems.length > 0).length).toBeGreaterThan(10)
    expectUnchanged(records)
  })

  test('arrives with logical times that no number can hold', async () => {
    const t = createTrackerWriter({ seed: 'clocks' })
    const ada = t.identity({ name: 'Ada', at: start, times: { 'bugs-edit': 2n ** 63n + 1n } })
    const [create, edit] = [2n ** 53n + 1n, 2n ** 64n - 2n]
    t.bug(ada, { title: 'Late', message: '', at: start, createClock: create, editClock: edit })
    await using built = await buildRepository(t)
    const { records } = await load(built.path)
    expectUnchanged(records)
    const arrived = records.map(travel)
    expect(arrived).toContainEqual(
      expect.objectContaining({ bug: expect.objectContaining({ createLamport: create, editLamport: edit }) }),
    )
    expect(arrived).toContainEqual(
      expect.objectContaining({
        identity: expect.objectContaining({
          versions: [expect.objectContaining({ times: new Map([['bugs-edit', 2n ** 63n + 1n]]) })],
        }),
      }),
    )
  })

  test('arrives with metadata, also such whose names mean something to JavaScript', async () => {
    const t = createTrackerWriter({ seed: 'metadata' })
    const ada = t.identity({ name: 'Ada', at: start })
    const metadata = JSON.parse('{"__proto__":"p","constructor":"c","":"empty","é\\n":"\\u2028"}')
    t.bug(ada, { title: 'With', message: '', at: start, metadata })
    t.bug(ada, { title: 'Without', message: '', at: start + 1 })
    await using built = await buildRepository(t)
    const { records } = await load(built.path)
    expectUnchanged(records)
    expect(records.map(travel)).toContainEqual(
      expect.objectContaining({ bug: expect.objectContaining({ metadata: new Map(Object.entries(metadata)) }) }),
    )
  })

  test('of a person arrives with every version, its keys, its times, and what it leaves out', async () => {
    const t = createTrackerWriter({ seed: 'people' })
    const version = JSON.stringify({
      version: 2,
      unix_time: start,
      login: 'ada',
      pub_keys: ['key one', 'key\ntwo'],
      times: { 'bugs-create': 7, 'bugs-edit': 9 },
      metadata: { origin: 'forge' },
      nonce: 'bm9uY2Vub25jZW5vbmNlbm9uY2U=',
    })
    const first = t.versionCommit({ version })
    const next = JSON.stringify({ version: 2, unix_time: start + 1, name: 'Ada', metadata: null, times: null })
    t.versionCommit({ version: next, parents: [first], ref: `refs/identities/${hash('sha256', version)}` })
    await using built = await buildRepository(t)
    const { records } = await load(built.path)
    expect(records).toEqual([
      expect.objectContaining({
        problems: [],
        identity: expect.objectContaining({ name: 'Ada', versions: [expect.anything(), expect.anything()] }),
      }),
    ])
    expectUnchanged(records)
  })
})

/** What records look like, by the version that says so. */
const knownDigests: Readonly<Record<number, string>> = {
  1: '956f19e924919718',
  2: 'd2335079c6d98d8c',
  // Differs only where many commits have something odd: a few lines tell of them.
  3: 'd2335079c6d98d8c',
}

test('records that are made in another way have another version', async () => {
  const scene = createScene(9)
  for (const bad of [...badClocks, ...badOperations, ...badRefs, ...badIdentities]) bad.write(scene)
  await using built = await buildRepository(scene.t)
  const { records } = await load(built.path)
  // Where this fails, raise `recordVersion`, and write down the new digest beside it.
  expect(hash('sha256', records.map(printRecord).join('\n')).slice(0, 16)).toBe(knownDigests[recordVersion])
})

test('what is no record of that entity is not taken for one', async () => {
  const scene = createScene(1)
  await using built = await buildRepository(scene.t)
  const { records } = await load(built.path)
  for (const record of records) {
    const json = printRecord(record)
    expect(parseRecord(json, { ...record, id: 'f'.repeat(64) })).toBeUndefined()
    const wrong = JSON.parse(json) as unknown[]
    const kinds = [null, 7, 'text', [], {}, [null], [[7]]]
    for (const [place] of wrong.entries()) {
      for (const kind of kinds) {
        const changed = JSON.stringify(wrong.with(place, kind))
        const parsed = parseRecord(changed, record)
        // An entity that cannot be read, or has no problems, is a record too.
        expect([undefined, place >= 2 ? expect.objectContaining({ id: record.id }) : undefined]).toContainEqual(parsed)
      }
    }
  }
})

test('a record with numbers that nobody has written is not taken for one', async () => {
  const scene = createScene(1)
  await using built = await buildRepository(scene.t)
  const { records } = await load(built.path)
  const made = records.map(record => ({ record, json: printRecord(record) }))
  // The times of the scene, in a bug and in a person, as somebody might put them into a store; pages show them as dates.
  for (const number of ['1e400', '-1e400', '8640000000001', '1.5', '"1700000000"', 'null']) {
    const changed = made.map(
      ({ record, json }) => [record, json.replace(/(?<=[,:])1[67]\d{8}(?=[,}])/, number)] as const,
    )
    for (const [index, [record, json]] of changed.entries()) {
      expect(json).not.toBe(made[index]?.json)
      expect(parseRecord(json, record)).toBeUndefined()
    }
  }
})
