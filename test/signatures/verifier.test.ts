import * as openpgp from 'openpgp'
import { beforeAll, describe, expect, test } from 'vitest'
import { readArmor } from '../../src/signatures/armor.ts'
import { type PublicKey, parsePublicKey } from '../../src/signatures/public-key.ts'
import { createVerifier } from '../../src/signatures/verifier.ts'
import { createSigningKey, type SigningKey } from '../support/signing.ts'

const payload = Buffer.from('tree 123\n\nmessage\n')
const verifier = createVerifier()
let key: SigningKey
let parsed: PublicKey
let signature: Buffer

/** The armour of packets. */
const armorOf = (...packets: Uint8Array[]) =>
  `-----BEGIN PGP SIGNATURE-----\n\n${Buffer.concat(packets).toString('base64')}\n-----END PGP SIGNATURE-----`
const bytesOf = (armor: string) => readArmor(armor, 'SIGNATURE')!
const verify = (armor: string, keys: readonly PublicKey[] = [parsed]) =>
  verifier.verify({ signature: armor, payload, keys })

beforeAll(async () => {
  key = await createSigningKey({ type: 'curve25519' })
  parsed = parsePublicKey(key.armor)!
  signature = bytesOf(await key.sign(payload))
})

describe('a signature', () => {
  test('is good by the key that made it', async () => {
    expect(await verify(armorOf(signature))).toEqual({ isGood: true, fingerprint: key.fingerprint })
  })

  test('is good where another stands before it', async () => {
    const other = await (await createSigningKey({ type: 'curve25519' })).sign(payload)
    const bytes = bytesOf(other)
    expect((await verify(armorOf(bytes, signature))).isGood).toBe(true)
    // But not behind any number of them.
    expect((await verify(armorOf(bytes, bytes, bytes, signature))).isGood).toBe(false)
  })

  test('is bad with any byte of it changed', async () => {
    const good: number[] = []
    for (let at = 2; at < signature.length; at++) {
      const changed = Buffer.from(signature)
      changed[at] = changed[at]! ^ 1
      if ((await verify(armorOf(changed))).isGood) good.push(at)
    }
    // What names the key is but a hint where it is not signed itself; nothing else may change.
    const unsigned = signature.length - 2 - 64 - 2
    expect(good.filter(at => at >= unsigned)).toEqual([])
    expect(good.length).toBeLessThan(12)
  })

  test('of something that is no document is bad', async () => {
    const certificate = await openpgp.generateKey({ userIDs: [{ name: 'x' }], format: 'object' })
    const [, , selfSignature] = certificate.publicKey.toPacketList()
    const bytes = (selfSignature as openpgp.SignaturePacket).write()
    expect(await verify(armorOf(Buffer.from([0xc2, 255, 0, 0, 0, bytes.length]), bytes))).toMatchObject({
      isGood: false,
    })
  })

  test('by a key of a kind that is not looked at says so', async () => {
    const verdict = await verify(armorOf(signature), [{ ...parsed, canVerify: false, algorithm: 'DSA' }])
    expect(verdict).toEqual({ isGood: false, reason: 'signatures by keys of its kind (DSA) are not checked' })
  })

  test('is not tried with more than four keys', async () => {
    const other = parsePublicKey((await createSigningKey({ type: 'curve25519' })).armor)!
    const nameless = { ...parsed, keyId: '0'.repeat(16) }
    expect((await verify(armorOf(signature), [other, other, other, nameless])).isGood).toBe(true)
    expect((await verify(armorOf(signature), [other, other, other, other, nameless])).isGood).toBe(false)
  })

  test('is never computed in JavaScript, which takes everybody’s time', async () => {
    await verify(armorOf(signature))
    expect(openpgp.config.useEllipticFallback).toBe(false)
  })

  test('without a key that can be read is bad', async () => {
    expect(await verify(armorOf(signature), [])).toEqual({ isGood: false, reason: 'no key in force can be read' })
  })
})

describe('what nobody would write', () => {
  const subpackets = (bytes: Buffer) => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const packet = (body: Buffer) => {
    const head = Buffer.from([0xc2, 255, 0, 0, 0, 0])
    head.writeUInt32BE(body.length, 2)
    return Buffer.concat([head, body])
  }
  /** A signature inside a signature inside a signature. */
  const nested = (depth: number): Buffer => {
    let body = Buffer.from([4, 0, 22, 8])
    for (let level = 0; level < depth; level++) {
      const inside = Buffer.concat([Buffer.from([255, 0, 0, 0, 0, 32]), body])
      inside.writeUInt32BE(body.length + 1, 1)
      body = Buffer.concat([Buffer.from([4, 0, 22, 8]), subpackets(inside.subarray(0, 0xffff))])
    }
    return body
  }
  test.each<[string, () => Uint8Array]>([
    ['an empty packet', () => packet(Buffer.alloc(0))],
    ['a packet of zeros', () => packet(Buffer.alloc(4000))],
    ['a version from the future', () => packet(Buffer.from([9, 0, 1, 8, 0, 0]))],
    ['a megabyte', () => packet(Buffer.alloc(40_000, 4))],
    [
      'subpackets of no length',
      () => packet(Buffer.concat([Buffer.from([4, 0, 22, 8]), subpackets(Buffer.alloc(8000))])),
    ],
    ['signatures inside signatures', () => packet(nested(700))],
    ['thousands of packets', () => Buffer.concat(Array.from({ length: 4000 }, () => packet(Buffer.from([4]))))],
  ])('%s is a bad signature', async (_what, make) => {
    expect(await verify(armorOf(make()))).toMatchObject({ isGood: false })
  })
})
