import { expect, test } from 'vitest'
import type { Identity, PackSummary } from '../../src/bug/model.ts'
import { checkPacks, type SignatureSource } from '../../src/signatures/pack-signatures.ts'
import { withSignature } from '../support/signing.ts'

const identity = { id: 'ada', versions: [{ keys: ['a key'], times: new Map() }] } as unknown as Identity
const packs = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ commit: `c${n}`, authorId: 'ada', editLamport: n + 1 }) as PackSummary)

/** Where every signature is good or every one is bad. */
function sourceOf(isGood: boolean): SignatureSource {
  const commit = Buffer.from(withSignature('tree 1\n\n', 'armour'))
  const verdict = isGood ? { isGood, fingerprint: 'F' } : { isGood, reason: 'it does not fit' }
  return { readCommit: async () => commit, known: new Map(), verifier: { verify: async () => verdict } }
}

test('of very many packs the first are looked at, and the others counted', async () => {
  const { byCommit, uncheckedCount } = await checkPacks(sourceOf(true), {
    packs: packs(2100),
    identities: new Map([['ada', identity]]),
  })
  expect([byCommit.size, uncheckedCount]).toEqual([2000, 100])
  expect(byCommit.has('c1999')).toBe(true)
})

test('bad signatures end the work soon, the same way each time', async () => {
  const source = sourceOf(false)
  for (let round = 0; round < 2; round++) {
    const { byCommit, uncheckedCount } = await checkPacks(source, {
      packs: packs(2000),
      identities: new Map([['ada', identity]]),
    })
    expect([byCommit.size, uncheckedCount]).toEqual([256, 1744])
  }
})
