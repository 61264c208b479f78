/** Bytes made worse: bits, cuts, splices, repetitions, and pieces that decoders are known to stumble over. */
import type { Random } from '../../opinion/random.ts'

/** Parts of JSON, of trees, of commits and of armours. */
const pieces: readonly Buffer[] = [
  ...String.raw`{ } [ ] " \ , : null true - 0 00 -0 0.1 1e-9 1e400 "\ \u \u00 \x \u0000 \ud800 \udfff\ud800 == =`.split(
    ' ',
  ),
  ...'18446744073709551615 18446744073709551616 9007199254740993 -9223372036854775809 8640000000001'.split(' '),
  ...'"__proto__": "constructor": "ops": "type": "author": "id": "files": {"__proto__":{"x":1}}'.split(' '),
  ...'ops\0 version-4\0 edit-clock-1\0 create-clock-0\0 \n \r \0 \n\n \u2028 \ufeff'.split(' '),
  ...'tree |parent |author |gpgsig |40000 |100644 |160000 | blob 5\n| '.split('|'),
  '\0'.repeat(20),
  'a'.repeat(40),
  ...'-----BEGIN PGP SIGNATURE-----\n|-----END PGP SIGNATURE-----'.split('|'),
].map(text => Buffer.from(text))
const broken: readonly Buffer[] = [
  Buffer.of(0xff),
  Buffer.of(0xc0, 0x80),
  Buffer.of(0xed, 0xa0, 0x80),
  Buffer.of(0xf8, 0x88, 0x80, 0x80, 0x80),
  Buffer.of(0xe2, 0x82),
]

/** A worse copy, by one to four changes. `other` is what pieces are taken from. */
export function worsen(random: Random, bytes: Buffer, other: Buffer): Buffer {
  let worse = Buffer.from(bytes)
  for (let changes = 1 + random.int(4); changes > 0; changes -= 1) worse = change(random, worse, other)
  return worse
}

function change(random: Random, bytes: Buffer, other: Buffer): Buffer<ArrayBuffer> {
  const at = random.int(bytes.length + 1)
  const insert = (piece: Buffer) => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
  const copy = Buffer.from(bytes)
  switch (random.int(10)) {
    case 0:
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.int(8))
      return copy
    case 1:
      if (at < copy.length) copy[at] = random.int(256)
      return copy
    case 2:
      return copy.subarray(0, at)
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.int(16))])
    case 4:
    case 5:
      return insert(random.pick(pieces))
    case 6:
      return insert(random.pick(broken))
    case 7: {
      const from = random.int(other.length + 1)
      return insert(other.subarray(from, from + random.int(200)))
    }
    case 8: {
      const part = bytes.subarray(at, at + 1 + random.int(60))
      const times = random.percent(2) ? 5000 : 1 + random.int(20)
      return insert(Buffer.concat(Array.from({ length: times }, () => part)))
    }
    default: {
      const depth = random.percent(5) ? 20_000 : 1 + random.int(50)
      const [open, close] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
        ['[{"a":', '}]'],
      ] as const)
      return insert(Buffer.from(open.repeat(depth) + (random.percent(70) ? `1${close.repeat(depth)}` : '')))
    }
  }
}

/** Random bytes, or some of the pieces in a row. */
export function randomBytes(random: Random, most: number): Buffer {
  if (random.percent(50)) return Buffer.concat(Array.from({ length: random.int(20) }, () => random.pick(pieces)))
  return Buffer.from(Array.from({ length: random.int(most) }, () => random.int(256)))
}
