/**
 * One input for everything that decodes. Most inputs are entities that go the server's way: objects as git hands them
 * out, histories, trees, packs, operations, a record, and the record as it is stored. What must hold of each is said
 * here; whatever does not is thrown.
 */
import assert from 'node:assert/strict'
import { type DecodeLimits, defaultDecodeLimits } from '../../../src/base/limits.ts'
import { type EntityRef, type ReadEntity, toEntityRef } from '../../../src/cache/entity-record.ts'
import { packRecord, packText, unpackRecord, unpackText } from '../../../src/cache/packed-entity.ts'
import { createEntitySource, readBug, readRecord, readRecordNow } from '../../../src/cache/read-entity.ts'
import { parseRecord, printRecord } from '../../../src/cache/record-codec.ts'
import { parseCommit } from '../../../src/git/objects.ts'
import { createRandom, type Random } from '../../opinion/random.ts'
import type { Specimen } from './corpus.ts'
import { createMemoryReader } from './memory-reader.ts'
import { mutate } from './mutate.ts'
import { tryAnswers, tryListings, trySignatures, tryStoredBytes } from './parts.ts'

/** What became of an input. */
export type Outcome = 'readable' | 'with problems' | 'unreadable' | 'a part'

const tight: DecodeLimits = {
  maxOpsBytes: 2000,
  maxEntityBytes: 5000,
  maxTreeBytes: 1000,
  maxOperations: 6,
  maxPacks: 8,
  maxNesting: 4,
}

/** The input of a number; the same number gives the same input. */
export async function tryInput(corpus: readonly Specimen[], seed: number): Promise<Outcome> {
  const random = createRandom(seed)
  const specimen = random.pick(corpus)
  const part = random.int(20)
  if (part === 0) tryAnswers(random, specimen)
  else if (part === 1) tryListings(random, corpus)
  else if (part === 2) await trySignatures(random, corpus)
  else return await tryEntity(random, random.percent(2) ? specimen : mutate(random, specimen, random.pick(corpus)))
  return 'a part'
}

/** A record keeps so much of these and says so; the whole bug has all of it. */
const recordCut = /^(?:its metadata is longer|only the last of its changes|only its first)/

async function tryEntity(random: Random, specimen: Specimen): Promise<Outcome> {
  const limits = random.percent(10) ? tight : defaultDecodeLimits
  const { kind, id, tip, objects } = specimen
  const ref: EntityRef = { kind, id, tip }
  const source = (isLong = false) => createEntitySource(createMemoryReader(objects, random), limits, { isLong })

  const first = await readRecord(source(), ref)
  assert.deepEqual(await readRecord(source(random.percent(50)), ref), first, 'reading twice gives the same')
  const ahead = await readAhead(source(), specimen, ref)
  // Of several things that are wrong another one may be told of: the packs come in another order.
  if (ahead) assert.deepEqual(told(ahead), told(first), 'reading ahead gives the same')

  const { record, text } = first
  assert.deepEqual([record.kind, record.id, record.tip], [kind, id, tip])
  for (const { reason, commit } of record.problems) {
    assert.ok(reason.length > 0 && reason.length < 1000, `a reason of ${reason.length} characters`)
    assert.ok(commit === undefined || objects.has(commit), 'a problem of a commit that is not there')
  }
  const content = record.kind === 'bug' ? record.bug : record.identity
  if (!content) assert.ok(record.problems.length > 0, 'unreadable without a reason')
  checkStored(first, ref)
  if (random.percent(20)) tryStoredBytes(random, record, ref)
  if (record.kind === 'bug') {
    const whole = await readBug(source(), ref)
    const cuts = record.problems.filter(({ reason }) => recordCut.test(reason))
    const problems = record.problems.filter(problem => !cuts.includes(problem))
    assert.deepEqual(whole.problems, problems, 'the whole bug has the same problems')
    assert.equal(whole.bug === undefined, record.bug === undefined, 'the whole bug is readable where its record is')
    if (whole.bug && record.bug) {
      const { textNumber: _, files: _files, ...summary } = record.bug
      for (const [key, value] of Object.entries(summary)) {
        if (cuts.length > 0 && (key === 'metadata' || key === 'statusChanges')) continue
        assert.deepEqual(whole.bug[key as keyof typeof summary], value, `the whole bug has the same ${key}`)
      }
      assert.equal(whole.bug.comments.length, record.bug.commentCount)
      assert.ok(text !== undefined)
      assert.doesNotThrow(() => JSON.stringify(whole.bug?.timeline))
    }
  }
  return content ? (record.problems.length > 0 ? 'with problems' : 'readable') : 'unreadable'
}

function told({ record, text }: ReadEntity) {
  const isReadable = (record.kind === 'bug' ? record.bug : record.identity) !== undefined
  return isReadable ? { record, text } : { kind: record.kind, isTold: record.problems.length > 0 }
}

/** As after a bulk walk, which brings every commit before anybody asks. */
async function readAhead(
  source: ReturnType<typeof createEntitySource>,
  { objects, tip }: Specimen,
  ref: EntityRef,
): Promise<ReadEntity | undefined> {
  const seen = new Set<string>()
  const waiting = [tip]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const object = objects.get(name)
    const commit = object?.type === 'commit' ? parseCommit(object.bytes) : undefined
    if (!commit) continue
    source.commits.add({ hash: name, ...commit })
    source.contents.announce({ hash: name, ...commit })
    waiting.push(...commit.parents)
  }
  await source.contents.settled()
  return readRecordNow(source, ref)
}

/** What is stored comes back as it was. */
function checkStored({ record, text }: ReadEntity, ref: EntityRef): void {
  assert.deepEqual(unpackRecord(packRecord(record), ref), record, 'a stored record is the record')
  assert.deepEqual(parseRecord(printRecord(record), ref), record)
  if (text) assert.deepEqual(Buffer.from(unpackText(packText(text)) ?? ''), Buffer.from(text))
  assert.equal(parseRecord(printRecord(record), { ...ref, id: `${ref.id}0` }), undefined, 'not that of another entity')
  const folder = ref.kind === 'bug' ? 'bugs' : 'identities'
  assert.deepEqual(toEntityRef({ name: `refs/${folder}/${ref.id}`, hash: ref.tip }), ref)
}
