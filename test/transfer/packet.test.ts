import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMistake } from '../../src/transfer/mistake.ts'
import { createPacketReader, maxPacketBytes, packetLine } from '../../src/transfer/packet.ts'
import { errorPacket } from '../../src/transfer/refusal.ts'

/** Lines and marks of a whole body, and the mistake that ends it. */
function readAll(body: string): string[] {
  const packets = createPacketReader(Buffer.from(body, 'latin1'))
  const found: string[] = []
  for (;;) {
    const mark = packets.readLines(line => {
      found.push(`line ${line}`)
      return undefined
    })
    found.push(isMistake(mark) ? mark.message : mark)
    if (isMistake(mark) || mark === 'end') return found
  }
}

describe('packet lines', () => {
  test('are read with and without the end of a line, between marks', () => {
    expect(readAll('0006a\n00000005b0001000ahello\n0000')).toEqual([
      'line a',
      'flush',
      'line b',
      'delimiter',
      'line hello',
      'flush',
      'end',
    ])
  })

  test('may be empty, and lose one end of a line at most', () => {
    expect(readAll('00040005\n0006\n\n')).toEqual(['line ', 'line ', 'line \n', 'end'])
  })

  test('have a length in digits of either case', () => {
    expect(readAll(`000A${'x'.repeat(6)}000a${'y'.repeat(6)}`)).toEqual(['line xxxxxx', 'line yyyyyy', 'end'])
  })

  test.each([
    ['0003', 'the packet at byte 0 has a length of 3'],
    ['0002', 'the packet at byte 0 has a length of 2'],
    ['0000fff1', 'the packet at byte 4 has a length of 65521'],
    ['ffff', 'the packet at byte 0 has a length of 65535'],
    ['00zz', "expected the length of a packet at byte 0, not '00zz'"],
    ['0x10', "expected the length of a packet at byte 0, not '0x10'"],
    [' 004', "expected the length of a packet at byte 0, not ' 004'"],
    ['-001', "expected the length of a packet at byte 0, not '-001'"],
    ['00', "expected the length of a packet at byte 0, not '00'"],
    ['\0\0\x1b\xff', "expected the length of a packet at byte 0, not '????'"],
    ['0009want', 'the packet at byte 0 is cut off'],
    ['0005', 'the packet at byte 0 is cut off'],
  ])('are refused as %j', (body, message) => {
    expect(readAll(body).at(-1)).toBe(message)
  })

  test('are as long as git allows, and no longer', () => {
    const longest = packetLine('x'.repeat(maxPacketBytes - 4))
    expect(longest.slice(0, 4)).toBe('fff0')
    expect(readAll(longest)).toEqual([`line ${longest.slice(4)}`, 'end'])
    expect(() => packetLine('x'.repeat(maxPacketBytes - 3))).toThrow(RangeError)
  })

  test('come back as they were written', () => {
    const line = fc.string({ unit: 'binary-ascii', maxLength: 200 }).filter(text => !text.endsWith('\n'))
    fc.assert(
      fc.property(fc.array(line), lines => {
        expect(readAll(lines.map(packetLine).join(''))).toEqual([...lines.map(text => `line ${text}`), 'end'])
      }),
    )
  })

  test('are read from a part of larger memory', () => {
    const whole = Buffer.from('xx0005a0000yy')
    const packets = createPacketReader(whole.subarray(2, 11))
    expect(packets.readLines(() => undefined)).toBe('flush')
    expect(packets.readLines(() => undefined)).toBe('end')
  })

  test('are given up when there are millions of them', () => {
    expect(readAll('0000'.repeat(1_000_001)).at(-1)).toBe('more than 1000000 packets')
  })
})

describe('an error packet', () => {
  test('is one line that no terminal acts on', () => {
    const sent = Buffer.from(errorPacket('not offered: \x1b[2J é\n0000')).toString('latin1')
    expect(sent).toBe('0021ERR not offered: ?[2J ??0000\n'.replace('0021', (0x21).toString(16).padStart(4, '0')))
  })

  test('fits into a packet, whatever there is to say', () => {
    expect(errorPacket('x'.repeat(100_000)).length).toBeLessThan(1100)
  })
})
