/**
 * What is said of the packs of a bug: signed, not signed though the author had a key, badly signed, or nothing, where
 * no key was in force (`format.md`, "Signatures"). Only packs of people with keys are looked at: of a repository where
 * nobody has one, nothing is read at all. The same packs, commits and keys give the same answer.
 */
import { hash } from 'node:crypto'
import { once } from '../base/once.ts'
import type { Identity, PackSummary } from '../bug/model.ts'
import { createKeysInForce, hasKeys, type KeysInForce } from './keys-in-force.ts'
import { type PublicKey, parsePublicKey } from './public-key.ts'
import { splitSignedCommit } from './signed-commit.ts'
import type { Verifier } from './verifier.ts'

export type PackSignature =
  /** `fingerprint` is that of the key, in upper-case hex digits. */
  | { readonly state: 'signed'; readonly fingerprint: string }
  | { readonly state: 'unsigned' }
  | { readonly state: 'bad'; readonly reason: string }

/** What was found out of one bug. */
export interface SignatureReport {
  /** By commit; those of which nothing is to be said are not there. */
  readonly byCommit: ReadonlyMap<string, PackSignature>
  /** Packs that should be signed and were left out, because there are too many. */
  readonly uncheckedCount: number
}

export interface SignatureSource {
  /** @returns the bytes of a commit object; undefined where it cannot be read, or is too large */
  readCommit(commit: string): Promise<Buffer | undefined>
  /** Answers of before, by commit and keys. */
  readonly known: { get(key: string): PackSignature | undefined; set(key: string, value: PackSignature): unknown }
  readonly verifier: Verifier
}

/** More packs of one bug are not checked: a page of them is not shown either. */
const maxPacks = 2000
/** Commits that are read at once. */
const batch = 64
/** After so many bad ones the rest is left out: whoever writes signatures to keep a server busy writes bad ones. */
const maxBad = 256

/**
 * Checks the packs of a bug.
 * @param packs in the order of the data
 * @param identities everybody's, by id
 * @param signal ends the work
 */
export async function checkPacks(
  source: SignatureSource,
  { packs, identities, signal }: PacksToCheck,
): Promise<SignatureReport> {
  const wanted = packsWithKeys(packs, identities)
  const byCommit = new Map<string, PackSignature>()
  let [checked, bad] = [0, 0]
  while (checked < Math.min(wanted.length, maxPacks) && bad < maxBad) {
    signal?.throwIfAborted()
    const next = wanted.slice(checked, Math.min(checked + batch, maxPacks))
    const answers = await Promise.all(next.map(async pack => [pack.commit, await findOrCheck(source, pack)] as const))
    for (const [commit, answer] of answers) {
      if (answer) byCommit.set(commit, answer)
      if (answer?.state === 'bad') bad++
    }
    checked += next.length
  }
  return { byCommit, uncheckedCount: wanted.length - checked }
}

export interface PacksToCheck {
  readonly packs: readonly PackSummary[]
  readonly identities: ReadonlyMap<string, Identity>
  readonly signal?: AbortSignal | undefined
}

interface PackWithKeys {
  readonly commit: string
  readonly keys: KeySet
}

/** Keys that packs share; read when the first of those packs is looked at. */
interface KeySet {
  readonly isRequired: boolean
  digest(): string
  parsed(): readonly PublicKey[]
}

function packsWithKeys(packs: readonly PackSummary[], identities: PacksToCheck['identities']): PackWithKeys[] {
  const people = new Map<string, ReturnType<typeof createKeysInForce> | undefined>()
  const sets = new Map<KeysInForce, KeySet>()
  const found: PackWithKeys[] = []
  for (const { commit, authorId, editLamport } of packs) {
    if (!people.has(authorId)) {
      const author = identities.get(authorId)
      people.set(authorId, author && hasKeys(author) ? createKeysInForce(author) : undefined)
    }
    const inForce = people.get(authorId)?.(editLamport)
    if (!inForce || inForce.keys.length === 0) continue
    const keys = sets.get(inForce) ?? toKeySet(inForce)
    sets.set(inForce, keys)
    found.push({ commit, keys })
  }
  return found
}

function toKeySet(inForce: KeysInForce): KeySet {
  return {
    isRequired: inForce.isRequired,
    digest: once(() => hash('sha256', JSON.stringify(inForce), 'base64')),
    parsed: once(() => inForce.keys.flatMap(key => parsePublicKey(key) ?? [])),
  }
}

async function findOrCheck(source: SignatureSource, pack: PackWithKeys): Promise<PackSignature | undefined> {
  const key = `${pack.commit} ${pack.keys.digest()}`
  const known = source.known.get(key)
  if (known) return known
  const bytes = await source.readCommit(pack.commit)
  // It may come back, so nothing is remembered of it.
  if (!bytes) return { state: 'bad', reason: 'its commit cannot be read, or is too large' }
  const answer = await check(source.verifier, bytes, pack.keys)
  if (answer) source.known.set(key, answer)
  return answer
}

async function check(verifier: Verifier, bytes: Buffer, keys: KeySet): Promise<PackSignature | undefined> {
  const { payload, signature } = splitSignedCommit(bytes)
  if (signature === undefined) return keys.isRequired ? { state: 'unsigned' } : undefined
  const verdict = await verifier.verify({ signature, payload, keys: keys.parsed() })
  return verdict.isGood
    ? { state: 'signed', fingerprint: verdict.fingerprint }
    : { state: 'bad', reason: verdict.reason }
}
