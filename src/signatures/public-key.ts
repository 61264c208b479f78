/**
 * A public key as git-bug keeps it: an armoured OpenPGP key packet without a user id (`format.md`, "Signatures"). Only
 * the first packet counts; user ids and subkeys after it are nobody's word but the armour's, and the creation time in
 * the packet says nothing. Pure; what is no key is `undefined`, and a key is read in the time that its few bytes take.
 */
import { hash } from 'node:crypto'
import { readArmor, readPackets } from './armor.ts'

export interface PublicKey {
  /** Hex digits, upper case: 40, or 64 of a version 6 key. RFC 9580, section 5.5.4. */
  readonly fingerprint: string
  /** The 16 of them by which signatures name the key. */
  readonly keyId: string
  /** Such as `RSA 2048` or `Ed25519`. */
  readonly algorithm: string
  /** False where no signature of it is looked at: the algorithm is unknown, weak, or takes too long. */
  readonly canVerify: boolean
  /** Content of the packet. */
  readonly body: Buffer
}

const publicKeyTag = 6
/** Version, creation time, algorithm. */
const headBytes = 6

/** RSA moduli below are broken by anybody; above, each look at a signature takes long. */
const minRsaBits = 1024
const maxRsaBits = 8192
/** Everybody's is 65537, of 17 bits. */
const maxExponentBits = 64

/** Reads an armoured public key. */
export function parsePublicKey(armor: string): PublicKey | undefined {
  const bytes = readArmor(armor, 'PUBLIC KEY BLOCK')
  const [packet] = bytes ? readPackets(bytes, 1) : []
  if (packet?.tag !== publicKeyTag || packet.body.length <= headBytes) return undefined
  const { body } = packet
  const version = body[0]
  if (version !== 4 && version !== 6) return undefined
  const fingerprint = fingerprintOf(body, version)
  if (fingerprint === undefined) return undefined
  return {
    fingerprint,
    keyId: version === 4 ? fingerprint.slice(-16) : fingerprint.slice(0, 16),
    ...describe(body[5] ?? 0, body.subarray(version === 4 ? headBytes : headBytes + 4)),
    body,
  }
}

function fingerprintOf(body: Buffer, version: 4 | 6): string | undefined {
  if (version === 4 && body.length > 0xffff) return undefined
  const head = Buffer.alloc(version === 4 ? 3 : 5)
  head[0] = version === 4 ? 0x99 : 0x9b
  head.writeUIntBE(body.length, 1, head.length - 1)
  return hash(version === 4 ? 'sha1' : 'sha256', Buffer.concat([head, body]), 'hex').toUpperCase()
}

type Description = Pick<PublicKey, 'algorithm' | 'canVerify'>

/**
 * RFC 9580, section 9.1. DSA and Ed448 are rare, and the library computes them in JavaScript, which takes a hundred
 * times as long; for curves that browsers do not know it needs a package that is not there.
 */
function describe(algorithm: number, material: Buffer): Description {
  switch (algorithm) {
    case 1:
    case 3:
      return describeRsa(material)
    case 17:
      return { algorithm: 'DSA', canVerify: false }
    case 19:
      return describeEcdsa(material)
    case 22:
    case 27:
      return { algorithm: 'Ed25519', canVerify: true }
    case 28:
      return { algorithm: 'Ed448', canVerify: false }
    default:
      return { algorithm: `algorithm ${algorithm}`, canVerify: false }
  }
}

function describeRsa(material: Buffer): Description {
  if (material.length < 2) return { algorithm: 'RSA', canVerify: false }
  const bits = material.readUInt16BE(0)
  const exponentAt = 2 + Math.ceil(bits / 8)
  const exponentBits = exponentAt + 2 <= material.length ? material.readUInt16BE(exponentAt) : 0
  const isUsual = bits >= minRsaBits && bits <= maxRsaBits && exponentBits > 0 && exponentBits <= maxExponentBits
  return { algorithm: `RSA ${bits}`, canVerify: isUsual }
}

/** Curves by their object identifiers in hex (RFC 9580, section 9.2). */
const curves: ReadonlyMap<string, Description> = new Map([
  ['2a8648ce3d030107', { algorithm: 'ECDSA P-256', canVerify: true }],
  ['2b81040022', { algorithm: 'ECDSA P-384', canVerify: true }],
  ['2b81040023', { algorithm: 'ECDSA P-521', canVerify: true }],
  ['2b8104000a', { algorithm: 'ECDSA secp256k1', canVerify: false }],
])

function describeEcdsa(material: Buffer): Description {
  const curve = material.subarray(1, 1 + (material[0] ?? 0)).toString('hex')
  return curves.get(curve) ?? { algorithm: 'ECDSA', canVerify: false }
}
