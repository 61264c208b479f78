import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readArmor, readPackets } from '../../src/signatures/armor.ts'

const armor = (body: string) => `-----BEGIN PGP SIGNATURE-----\n${body}\n-----END PGP SIGNATURE-----\n`

describe('an armour', () => {
  test.each([
    ['with headers and a checksum', armor('Version: x\nComment: y\n\nAAEC\n=twTO')],
    ['without either', armor('\nAAEC')],
    ['without an empty line', armor('AAEC')],
    ['with the line ends of other systems', armor('\n AAEC ').replaceAll('\n', '\r\n')],
    ['behind something else', `words\n${armor('\nAAEC')}more`],
  ])('%s gives its bytes', (_what, text) => {
    expect(readArmor(text, 'SIGNATURE')).toEqual(Buffer.from([0, 1, 2]))
  })

  test.each([
    ['of another kind', armor('\nAAEC').replaceAll('SIGNATURE', 'MESSAGE')],
    ['that does not end', armor('\nAAEC').replace('END', '')],
    ['of nothing', armor('\n')],
    ['of something else', armor('\nÄÖÜ')],
    ['that is too long', armor(`\n${'AAEC\n'.repeat(20_000)}`)],
  ])('%s gives none', (_what, text) => {
    expect(readArmor(text, 'SIGNATURE')).toBeUndefined()
  })
})

describe('packets', () => {
  const body = Buffer.alloc(200, 7)
  test.each([
    ['a length of the new format, one byte', Buffer.from([0xc2, 3, 1, 2, 3]), [3]],
    ['two bytes', Buffer.concat([Buffer.from([0xc2, 192, 8]), body]), [200]],
    ['five bytes', Buffer.concat([Buffer.from([0xc2, 255, 0, 0, 0, 200]), body]), [200]],
    ['of the old format, one byte', Buffer.from([0x88, 2, 1, 2]), [2]],
    ['two bytes, and another packet', Buffer.from([0x89, 0, 2, 1, 2, 0xc2, 1, 9]), [2, 1]],
    ['four bytes', Buffer.from([0x8a, 0, 0, 0, 2, 1, 2]), [2]],
    ['no certain length', Buffer.from([0x8b, 1, 2]), []],
    ['parts', Buffer.from([0xc2, 0xe1, 1, 2]), []],
    ['more than there is', Buffer.from([0xc2, 9, 1, 2]), []],
    ['half a length', Buffer.from([0xc2, 255, 0, 0]), []],
    ['no packet', Buffer.from([0x02, 1, 2]), []],
  ])('with %s', (_what, bytes, sizes) => {
    const packets = readPackets(bytes, 10)
    expect(packets.map(packet => packet.body.length)).toEqual(sizes)
    expect(packets.every(({ tag }) => tag === 2)).toBe(true)
  })

  test('are no more than wanted', () => {
    expect(readPackets(Buffer.from([0xc2, 0, 0xc2, 0, 0xc2, 0]), 2)).toHaveLength(2)
  })

  test('of any bytes come to an end, and lie within them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const packets = readPackets(Buffer.from(bytes), 50)
        expect(packets.reduce((sum, packet) => sum + packet.body.length, 0)).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})
