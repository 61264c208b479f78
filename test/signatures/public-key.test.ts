import fc from 'fast-check'
import * as openpgp from 'openpgp'
import { describe, expect, test } from 'vitest'
import { parsePublicKey } from '../../src/signatures/public-key.ts'
import { createSigningKey } from '../support/signing.ts'

/** The armour of a packet. */
function armorOf(tag: number, body: Buffer): string {
  const head = Buffer.from([0xc0 | tag, 255, 0, 0, 0, 0])
  head.writeUInt32BE(body.length, 2)
  const text = Buffer.concat([head, body]).toString('base64')
  return `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${text}\n-----END PGP PUBLIC KEY BLOCK-----`
}

const mpi = (bits: number) => {
  const bytes = Buffer.alloc(2 + Math.ceil(bits / 8), 0xff)
  bytes.writeUInt16BE(bits)
  return bytes
}
const keyBody = (algorithm: number, ...material: Buffer[]) =>
  Buffer.concat([Buffer.from([4, 0x88, 0x6e, 9, 0, algorithm]), ...material])

describe('a public key', () => {
  test('has the fingerprint that every program gives it', async () => {
    const made = await createSigningKey({ type: 'curve25519' })
    expect(parsePublicKey(made.armor)).toMatchObject({
      fingerprint: made.fingerprint,
      keyId: made.fingerprint.slice(-16),
      algorithm: 'Ed25519',
      canVerify: true,
    })
  })

  test('of version 6 has a longer one, and is named by its beginning', async () => {
    const { publicKey } = await openpgp.generateKey({
      type: 'curve25519',
      userIDs: [{ name: 'x' }],
      config: { v6Keys: true },
      format: 'object',
    })
    const fingerprint = publicKey.getFingerprint().toUpperCase()
    expect(parsePublicKey(publicKey.armor())).toMatchObject({ fingerprint, keyId: fingerprint.slice(0, 16) })
    expect(fingerprint).toHaveLength(64)
  })

  test('is the first packet of its armour: what follows does not count', async () => {
    const { publicKey } = await openpgp.generateKey({ userIDs: [{ name: 'x' }], format: 'object' })
    expect(publicKey.toPacketList().length).toBeGreaterThan(3)
    expect(parsePublicKey(publicKey.armor())?.fingerprint).toBe(publicKey.getFingerprint().toUpperCase())
  })

  test.each([
    ['RSA 2048', true, keyBody(1, mpi(2048), mpi(17))],
    ['RSA 512', false, keyBody(1, mpi(512), mpi(17))],
    ['RSA 65528', false, keyBody(1, mpi(65_528), mpi(17))],
    ['RSA 4096', false, keyBody(1, mpi(4096), mpi(4096))],
    ['RSA 65535', false, keyBody(1, Buffer.from([0xff, 0xff]))],
    ['RSA', false, keyBody(1, Buffer.from([0]))],
    ['DSA', false, keyBody(17, mpi(1024))],
    ['ECDSA', false, keyBody(19, Buffer.from([3, 1, 2, 3]))],
    ['Ed448', false, keyBody(28, Buffer.alloc(57))],
    ['algorithm 99', false, keyBody(99, Buffer.alloc(9))],
  ])('of %s can be verified: %s', (algorithm, canVerify, body) => {
    expect(parsePublicKey(armorOf(6, body))).toMatchObject({ algorithm, canVerify })
  })

  test.each([
    ['a subkey', armorOf(14, keyBody(1, mpi(2048), mpi(17)))],
    ['a secret key', armorOf(5, keyBody(1, mpi(2048), mpi(17)))],
    ['a user id', armorOf(13, Buffer.from('Ada <ada@example.org>'))],
    ['a key of version 3', armorOf(6, Buffer.concat([Buffer.from([3]), Buffer.alloc(30)]))],
    ['a key that ends early', armorOf(6, Buffer.from([4, 0, 0]))],
    [
      'a key that no fingerprint can say the length of',
      armorOf(6, Buffer.concat([Buffer.from([4]), Buffer.alloc(70_000)])),
    ],
    ['words', 'my key'],
    ['nothing', ''],
  ])('is none where it is %s', (_what, armor) => {
    expect(parsePublicKey(armor)).toBeUndefined()
  })

  test('of any bytes is one or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
        const key = parsePublicKey(armorOf(6, Buffer.concat([Buffer.from([4]), bytes])))
        expect(key === undefined || key.fingerprint.length === 40).toBe(true)
      }),
    )
  })
})
