import fc from 'fast-check'
import { expect, test } from 'vitest'
import { followAnswer } from '../../src/transfer/broken-answer.ts'

const line = (text: string | Uint8Array) => {
  const content = Buffer.from(text as string)
  return Buffer.concat([Buffer.from((content.length + 4).toString(16).padStart(4, '0')), content])
}
const flush = Buffer.from('0000')
const band = (number: number, text: string) => line(Buffer.concat([Buffer.from([number]), Buffer.from(text)]))

/** Takes an answer apart; undefined where it is no row of packets. */
function packetsOf(answer: Buffer): string[] | undefined {
  const packets: string[] = []
  let at = 0
  while (at < answer.length) {
    const digits = answer.toString('latin1', at, at + 4)
    if (!/^[0-9a-f]{4}$/.test(digits)) return undefined
    const length = Number.parseInt(digits, 16)
    if (length === 3 || (length > 4 && at + length > answer.length)) return undefined
    packets.push(answer.toString('latin1', at + 4, at + Math.max(4, length)))
    at += Math.max(4, length)
  }
  return packets
}

function endOf(sent: Buffer, reason = 'it broke') {
  const follower = followAnswer()
  follower.follow(sent)
  const words = follower.lastWords(reason)
  return words && Buffer.concat([sent, words])
}

const answer = Buffer.concat([
  line('acknowledgments\n'),
  line('NAK\n'),
  Buffer.from('0001'),
  line('packfile\n'),
  band(2, 'Counting objects: 12\n'),
  band(1, `PACK${'x'.repeat(3000)}`),
  Buffer.from('0005\x01'),
  band(1, 'y'.repeat(65_515)),
  flush,
])
/** Where the first band begins. */
const banded = answer.indexOf('Counting') - 1

test('an answer that breaks off anywhere in its pack ends as a row of packets, the reason on the band for errors', () => {
  for (const cut of [...Array(3200).keys()].map(n => banded + 1 + n).concat(answer.length - 10, answer.length)) {
    const packets = packetsOf(endOf(answer.subarray(0, cut))!)
    expect([cut, packets?.slice(-2)]).toEqual([cut, ['\x03it broke\n', '']])
    expect(packets?.slice(4, -2).filter(packet => packet !== '' && packet.charCodeAt(0) > 2)).toEqual([])
  }
})

test('behind the word that the pack comes, the reason is on the band for errors, though no other band was there', () => {
  const begun = answer.subarray(0, banded - 4)
  expect(packetsOf(endOf(begun)!)?.slice(-3)).toEqual(['packfile\n', '\x03it broke\n', ''])
  for (const cut of [1, 5]) expect([cut, endOf(begun.subarray(0, -cut))]).toEqual([cut, undefined])
})

test('before the pack the reason is an error packet, and within a packet of words there is no place for it', () => {
  expect(packetsOf(endOf(Buffer.alloc(0))!)).toEqual(['ERR it broke\n'])
  expect(packetsOf(endOf(answer.subarray(0, 20))!)).toEqual(['acknowledgments\n', 'ERR it broke\n'])
  for (const cut of [1, 3, 4, 10, 21]) expect([cut, endOf(answer.subarray(0, cut))]).toEqual([cut, undefined])
})

test('what is no row of packets is left as it is: an old client gets the bytes of the pack themselves', () => {
  expect(endOf(Buffer.concat([line('NAK\n'), Buffer.from('PACK\0\0\0\x02')]))).toBeUndefined()
  expect(endOf(Buffer.from('0003'))).toBeUndefined()
})

test('it does not matter in which pieces the answer was sent', () => {
  fc.assert(
    fc.property(fc.nat(answer.length), fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (cut, steps) => {
      const sent = answer.subarray(0, cut)
      const follower = followAnswer()
      for (let at = 0, turn = 0; at < sent.length; turn++) {
        const step = steps[turn % steps.length]!
        follower.follow(sent.subarray(at, at + step))
        at += step
      }
      const words = follower.lastWords('it broke')
      expect(words && Buffer.concat([sent, words])).toEqual(endOf(sent))
    }),
    { numRuns: 50 },
  )
})

test('any bytes are followed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      const follower = followAnswer()
      follower.follow(bytes)
      follower.lastWords('x'.repeat(5000))
    }),
  )
})
