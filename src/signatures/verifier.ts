/**
 * Checks one signature against some keys. It promises an answer for whatever is given, by work that has a bound: of
 * few packets and few keys, each of a size that takes a fraction of a millisecond. It looks at no dates, since those
 * in git-bug's keys mean nothing, and at no user ids, since the keys have none. The library is loaded for the first
 * signature there is.
 */
import { readArmor, readPackets } from './armor.ts'
import type { PublicKey } from './public-key.ts'

export type Verdict =
  | { readonly isGood: true; readonly fingerprint: string }
  /** `reason` completes "bad signature: …". */
  | { readonly isGood: false; readonly reason: string }

export interface Verifier {
  /**
   * @param claim.signature an armour, as the commit has it
   * @param claim.payload what is said to be signed
   * @param claim.keys any of which will do
   */
  verify(claim: SignatureClaim): Promise<Verdict>
}

export interface SignatureClaim {
  readonly signature: string
  readonly payload: Buffer
  readonly keys: readonly PublicKey[]
}

const signatureTag = 2
/** A signature of RSA with 8,192 bits takes about 1,200 bytes. */
const maxSignatureBytes = 8 * 1024
const maxSignatures = 2
/** Keys that are tried for one signature: the one that it names, and some in case that name is wrong. */
const maxKeysTried = 4

type OpenPgp = typeof import('openpgp')

/** Makes a verifier. */
export function createVerifier(): Verifier {
  return {
    async verify({ signature, payload, keys }) {
      const bytes = readArmor(signature, 'SIGNATURE')
      const packets = bytes ? readPackets(bytes, maxSignatures) : []
      const bodies = packets.filter(({ tag, body }) => tag === signatureTag && body.length <= maxSignatureBytes)
      if (bodies.length === 0) return refused('it cannot be read')
      if (keys.length === 0) return refused('no key in force can be read')
      const openpgp = await import('openpgp')
      // It would compute in JavaScript again what Node has refused, which takes twenty milliseconds of everybody's time.
      openpgp.config.useEllipticFallback = false
      let verdict = refused('it cannot be read')
      for (const { body } of bodies) {
        verdict = await tryKeys(openpgp, { body, payload, keys })
        if (verdict.isGood) break
      }
      return verdict
    },
  }
}

interface OneSignature extends Omit<SignatureClaim, 'signature'> {
  /** Content of the packet. */
  readonly body: Buffer
}

async function tryKeys(openpgp: OpenPgp, { body, payload, keys }: OneSignature): Promise<Verdict> {
  const issuer = issuerOf(openpgp, body)
  if (issuer === undefined) return refused('it cannot be read')
  const named = keys.filter(({ keyId }) => keyId === issuer)
  // Whoever made a key anew from its parts has given it another time, and so another name: others are tried as well.
  const others = keys.filter(key => key.canVerify && !named.includes(key))
  for (const key of [...named, ...others].slice(0, maxKeysTried)) {
    if (key.canVerify && (await isBy(openpgp, key, { body, payload }))) {
      return { isGood: true, fingerprint: key.fingerprint }
    }
  }
  const [claimed] = named
  if (!claimed)
    return refused(/^0*$/.test(issuer) ? 'no key in force fits it' : `it names key ${issuer}, which was not in force`)
  if (!claimed.canVerify) return refused(`signatures by keys of its kind (${claimed.algorithm}) are not checked`)
  return refused('it does not fit what was signed')
}

function refused(reason: string): Verdict {
  return { isGood: false, reason }
}

/** The 16 digits of the key that a signature names; zeros where it names none, undefined where it cannot be read. */
function issuerOf(openpgp: OpenPgp, body: Buffer): string | undefined {
  return read(openpgp, body)?.issuerKeyID.toHex().toUpperCase()
}

function read({ SignaturePacket }: OpenPgp, body: Buffer) {
  try {
    const signature = new SignaturePacket()
    signature.read(body)
    return signature
  } catch {
    return undefined
  }
}

async function isBy(
  openpgp: OpenPgp,
  key: PublicKey,
  { body, payload }: Pick<OneSignature, 'body' | 'payload'>,
): Promise<boolean> {
  // A packet is read anew for each key: it remembers what it was verified with.
  const signature = read(openpgp, body)
  const { binary, text } = openpgp.enums.signature
  const type = signature?.signatureType
  if (!signature || (type !== binary && type !== text)) return false
  try {
    const packet = new openpgp.PublicKeyPacket()
    await packet.read(key.body)
    // The name was only a hint: the signature fits or it does not.
    signature.issuerKeyID = packet.getKeyID()
    const [data] = (await openpgp.createMessage({ binary: payload })).packets
    if (!data) return false
    // As of when it was made: no date can be too late or too early then.
    await signature.verify(packet, type, data, signature.created ?? undefined, true)
    return true
  } catch {
    return false
  }
}
