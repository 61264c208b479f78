/**
 * ASCII armour (RFC 9580, section 6.2) taken off, and the packets inside told apart (section 4.2). Pure; linear time.
 * What is no armour, too long or cut short comes back as `undefined` or ends the list, and nothing throws. The checksum
 * is not looked at, as the RFC wants it: what counts is whether a signature fits.
 */

/** One packet: what it is, and its content. */
export interface Packet {
  /** `2` is a signature, `6` a public key. */
  readonly tag: number
  readonly body: Buffer
}

/** Characters of one armour. git-bug's have less than a thousand; a key of 16,384 bits has three thousand. */
const maxArmorChars = 64 * 1024

/**
 * The bytes of the first armour in a text.
 * @param kind `PUBLIC KEY BLOCK` or `SIGNATURE`
 * @returns undefined where there is none of that kind, or its text is too long
 */
export function readArmor(text: string, kind: string): Buffer | undefined {
  if (text.length > maxArmorChars) return undefined
  const lines = text.split('\n').map(line => line.trim())
  const start = lines.indexOf(`-----BEGIN PGP ${kind}-----`)
  const end = lines.indexOf(`-----END PGP ${kind}-----`, start)
  if (start < 0 || end < 0) return undefined
  const inside = lines.slice(start + 1, end)
  // Headers such as `Version:` end with an empty line; some writers leave both out.
  const headersEnd = inside.indexOf('')
  const body = headersEnd < 0 ? inside : inside.slice(headersEnd + 1)
  const encoded = body.filter(line => !line.startsWith('=')).join('')
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : undefined
}

/** The first packets. A packet of no certain length ends the list: keys and signatures have none. */
export function readPackets(bytes: Buffer, maxPackets: number): readonly Packet[] {
  const packets: Packet[] = []
  for (let at = 0; at < bytes.length && packets.length < maxPackets; ) {
    const header = readHeader(bytes, at)
    if (!header || header.end > bytes.length) break
    packets.push({ tag: header.tag, body: bytes.subarray(header.start, header.end) })
    at = header.end
  }
  return packets
}

interface PacketPlace {
  readonly tag: number
  readonly start: number
  readonly end: number
}

function readHeader(bytes: Buffer, at: number): PacketPlace | undefined {
  const first = bytes[at] ?? 0
  if ((first & 0x80) === 0) return undefined
  const isNew = (first & 0x40) !== 0
  const length = isNew ? readNewLength(bytes, at + 1) : readOldLength(bytes, at + 1, first & 3)
  if (!length) return undefined
  const start = at + 1 + length.bytes
  return { tag: isNew ? first & 0x3f : (first & 0x3f) >> 2, start, end: start + length.value }
}

interface Length {
  readonly value: number
  /** Bytes that say it. */
  readonly bytes: number
}

function readNewLength(bytes: Buffer, at: number): Length | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < 192) return { value: first, bytes: 1 }
  if (first < 224) return { value: ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192, bytes: 2 }
  if (first !== 255 || at + 5 > bytes.length) return undefined
  return { value: bytes.readUInt32BE(at + 1), bytes: 5 }
}

function readOldLength(bytes: Buffer, at: number, type: number): Length | undefined {
  const count = [1, 2, 4][type]
  if (count === undefined || at + count > bytes.length) return undefined
  return { value: bytes.readUIntBE(at, count), bytes: count }
}
