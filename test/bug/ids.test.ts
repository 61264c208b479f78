import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkEntityName, combineIds, idOfBytes, isEntityId, isFileHash, splitCombinedId } from '../../src/bug/ids.ts'

const digits = (length: number) =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }).map(list => list.join(''))

describe('a combined id', () => {
  test('has the operation’s digits at places 1, 3, 5, 9, 14, 19 and so on, and the bug’s at all others', () => {
    const combined = combineIds('b'.repeat(64), '0'.repeat(64))
    expect(combined).toBe(
      Array.from({ length: 64 }, (_, place) => {
        return [1, 3, 5, 9, 14, 19, 24, 29, 34, 39, 44, 49, 54, 59].includes(place) ? '0' : 'b'
      }).join(''),
    )
  })

  test('is what the real client makes of two ids', () => {
    const id = '11b01124e7a808371b646e7ba2f3f648a14f69b92d761243c15a6fc318ecd0a6'
    expect(combineIds(id, id)).toBe('1111bb011024e71a8081371b2646e47ba2ef3f6748a1a4f698b92d07612843c1')
  })

  test('comes apart into the first 50 digits of the bug and the first 14 of the operation', () => {
    fc.assert(
      fc.property(digits(64), digits(64), (bugId, operationId) => {
        const combined = combineIds(bugId, operationId)
        expect(combined).toHaveLength(64)
        expect(splitCombinedId(combined)).toEqual({
          bugPrefix: bugId.slice(0, 50),
          operationPrefix: operationId.slice(0, 14),
        })
      }),
    )
  })

  test('gives by any prefix a prefix of both', () => {
    fc.assert(
      fc.property(digits(64), digits(64), fc.nat(64), (bugId, operationId, length) => {
        const { bugPrefix, operationPrefix } = splitCombinedId(combineIds(bugId, operationId).slice(0, length))
        expect(bugPrefix.length + operationPrefix.length).toBe(length)
        expect(bugId.startsWith(bugPrefix)).toBe(true)
        expect(operationId.startsWith(operationPrefix)).toBe(true)
      }),
    )
  })

  test('that is too long is cut, not misread', () => {
    const combined = combineIds('a'.repeat(64), '1'.repeat(64))
    expect(splitCombinedId(`${combined}ffff`)).toEqual(splitCombinedId(combined))
  })
})

describe('names', () => {
  test.each(['', 'foo', 'a/b', 'A'.repeat(64), 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(64)}\n`])(
    '%j is no id',
    name => {
      expect(isEntityId(name)).toBe(false)
      expect(checkEntityName(name)).toMatch(/not named by an id/)
    },
  )

  test('64 lower-case hex digits are an id', () => {
    expect(isEntityId('0123456789abcdef'.repeat(4))).toBe(true)
    expect(checkEntityName('0123456789abcdef'.repeat(4))).toBeUndefined()
  })

  test('40 digits are told to be an outdated format', () => {
    expect(checkEntityName('a'.repeat(40))).toMatch(/outdated/)
  })

  test('a file hash has 40 or 64 lower-case hex digits', () => {
    const lengths = Array.from({ length: 70 }, (_, length) => length).filter(length => isFileHash('a'.repeat(length)))
    expect(lengths).toEqual([40, 64])
    expect(['A'.repeat(40), `${'a'.repeat(40)}\n`, `../${'a'.repeat(37)}`].filter(isFileHash)).toEqual([])
  })

  test('an id is the SHA-256 of bytes', () => {
    expect(idOfBytes(Buffer.from('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})
