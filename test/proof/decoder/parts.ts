/** Decoders by themselves, with worse input than they would get from each other. */
import assert from 'node:assert/strict'
import { isViewerError } from '../../../src/base/errors.ts'
import type { EntityRecord, EntityRef } from '../../../src/cache/entity-record.ts'
import { unpackText } from '../../../src/cache/packed-entity.ts'
import { parseRecord, printRecord } from '../../../src/cache/record-codec.ts'
import { AnswerParser } from '../../../src/git/cat-file-answers.ts'
import { findEntries, parseCommit, parseTree } from '../../../src/git/objects.ts'
import { diffListings, parseRefs, type Ref } from '../../../src/git/refs.ts'
import { readArmor, readPackets } from '../../../src/signatures/armor.ts'
import { parsePublicKey } from '../../../src/signatures/public-key.ts'
import { splitSignedCommit } from '../../../src/signatures/signed-commit.ts'
import { createVerifier } from '../../../src/signatures/verifier.ts'
import type { Random } from '../../opinion/random.ts'
import { randomBytes, worsen } from './bytes.ts'
import type { Specimen } from './corpus.ts'
import { rewrite } from './json.ts'

/** Output of `git cat-file --batch`: however it comes in pieces, it says the same or is refused at the same place. */
export function tryAnswers(random: Random, { objects }: Specimen): void {
  const output = Buffer.concat(
    [...objects].slice(0, 20).flatMap(([name, { type, bytes }]) => {
      return [Buffer.from(`${name} ${type} ${bytes.length}\n`), bytes, Buffer.from('\n')]
    }),
  )
  const worse = random.percent(10) ? randomBytes(random, 500) : worsen(random, output, output)
  const maxBytes = random.pick([0, 100, 100_000])
  assert.deepEqual(answersOf(worse, { maxBytes, piece: () => 1 + random.int(300) }), answersOf(worse, { maxBytes }))
  parseCommit(worse)
  for (const hashBytes of [20, 32]) {
    const entries = parseTree(worse, hashBytes)
    const found = findEntries(worse, hashBytes, ['ops'])
    assert.equal(found === undefined, entries === undefined)
    assert.equal(found?.[0], entries?.find(({ name }) => name === 'ops')?.hash)
  }
}

function answersOf(output: Buffer, { maxBytes, piece }: { maxBytes: number; piece?: () => number }) {
  const answers: unknown[] = []
  const parser = new AnswerParser({
    maxBytes: () => maxBytes,
    onAnswer({ name, object }) {
      answers.push([name, object?.type, object?.size, object?.bytes?.toString('latin1')])
      return undefined
    },
  })
  let problem: string | undefined
  for (let at = 0; at < output.length && problem === undefined; ) {
    const end = at + (piece?.() ?? output.length)
    problem = parser.push(output.subarray(at, end))
    at = end
  }
  return { answers, problem }
}

/** Listings of refs are taken apart or refused by the error that says so; what changed, applied, gives the second one. */
export function tryListings(random: Random, corpus: readonly Specimen[]): void {
  const listing = () => {
    const some = Array.from({ length: random.int(30) }, () => random.pick(corpus))
    const lines = new Map(
      some.map(({ kind, id, tip }) => [`refs/${kind === 'bug' ? 'bugs' : 'identities'}/${id}`, tip]),
    )
    return Buffer.from(
      [...lines]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, tip]) => `${tip} ${name}\n`)
        .join(''),
    )
  }
  const [before, after] = [listing(), listing()]
  const refs: Ref[] = parseRefs(before)
  for (const { at, removed, added } of diffListings(before, after).reverse()) refs.splice(at, removed, ...added)
  assert.deepEqual(refs, parseRefs(after))
  const worse = worsen(random, before, after)
  for (const read of [() => parseRefs(worse), () => diffListings(worse, after), () => diffListings(before, worse)]) {
    try {
      read()
    } catch (error) {
      assert.ok(isViewerError(error, 'GIT_PROTOCOL'), String(error))
    }
  }
}

/** Stored records that something has happened to: no record, or one that can be stored again. */
export function tryStoredBytes(random: Random, record: EntityRecord, ref: EntityRef): void {
  const bytes = Buffer.from(printRecord(record))
  const worse = random.percent(50) ? rewrite(random, bytes) : worsen(random, bytes, bytes)
  const read = parseRecord(worse.toString(), ref)
  if (read) assert.deepEqual(parseRecord(printRecord(read), ref), read)
  unpackText(worse)
}

/** Keys, signatures and signed commits: an answer for each, and never a good one for what was not signed. */
export async function trySignatures(random: Random, corpus: readonly Specimen[]): Promise<void> {
  const { armors, commits } = signedOf(corpus)
  const commit = random.pick(commits)
  const armor = random.pick(armors)
  const parts = splitSignedCommit(worsen(random, commit, Buffer.from(armor)))
  assert.ok(parts.payload.length > 0 || commit.length >= 0)
  const worse = worsen(random, Buffer.from(armor), commit).toString('latin1')
  const keys = [worse, armor].flatMap(text => parsePublicKey(text) ?? [])
  readPackets(readArmor(worse, 'SIGNATURE') ?? Buffer.from(worse, 'latin1'), 10)
  const { signature = worse, payload } = splitSignedCommit(commit)
  const changed = Buffer.concat([payload, Buffer.of(random.int(256))])
  const claim = random.percent(50) ? worsen(random, Buffer.from(signature), commit).toString('latin1') : signature
  assert.equal((await createVerifier().verify({ signature: claim, payload: changed, keys })).isGood, false)
}

const known = new WeakMap<
  readonly Specimen[],
  { readonly armors: readonly string[]; readonly commits: readonly Buffer[] }
>()

function signedOf(corpus: readonly Specimen[]) {
  const before = known.get(corpus)
  if (before) return before
  const objects = corpus.flatMap(specimen => [...specimen.objects.values()])
  const commits = objects.flatMap(({ type, bytes }) => (type === 'commit' && bytes.includes('gpgsig ') ? [bytes] : []))
  const armors = objects.flatMap(({ type, bytes }) => {
    const versions = type === 'blob' && bytes.includes('"pub_keys"') ? [JSON.parse(bytes.toString()) as unknown] : []
    return versions.flatMap(version => (version as { readonly pub_keys: readonly string[] }).pub_keys)
  })
  const found = { armors, commits }
  known.set(corpus, found)
  return found
}
