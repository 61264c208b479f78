/**
 * OpenPGP keys and signatures for tests, as git-bug writes them: bare key packets without a user id, made at a time that
 * may lie in the future, and commits with a `gpgsig` header. It signs what is in a repository already, by writing its
 * commits anew, so nothing has to know how trees are made.
 */
import * as openpgp from 'openpgp'
import { runGit } from './tracker-builder.ts'

export interface SigningKey {
  /** The armour that stands in an identity. */
  readonly armor: string
  /** Upper-case hex digits. */
  readonly fingerprint: string
  /** An armoured signature of these bytes. */
  sign(payload: Uint8Array): Promise<string>
}

type KeyKind =
  | { readonly type: 'rsa'; readonly rsaBits: number }
  | { readonly type: 'curve25519' }
  | { readonly type: 'ecc'; readonly curve: 'ed25519Legacy' | 'nistP256' | 'nistP521' }

/** Years after any test, as the time in git-bug's keys. */
const madeAt = new Date('2042-07-14T00:00:00Z')

/** Makes a key. */
export async function createSigningKey(kind: KeyKind): Promise<SigningKey> {
  const { privateKey } = await openpgp.generateKey({
    ...kind,
    userIDs: [{ name: 'nobody' }],
    date: madeAt,
    format: 'object',
  })
  const list = new openpgp.PacketList<openpgp.PublicKeyPacket>()
  list.push(privateKey.toPublic().keyPacket as openpgp.PublicKeyPacket)
  return {
    armor: openpgp.armor(openpgp.enums.armor.publicKey, list.write()),
    fingerprint: privateKey.getFingerprint().toUpperCase(),
    async sign(payload) {
      const message = await openpgp.createMessage({ binary: payload })
      return String(await openpgp.sign({ message, signingKeys: privateKey, detached: true, date: madeAt }))
    },
  }
}

/** What becomes of a commit: the armour that it gets; undefined leaves it unsigned. */
export type Signer = (payload: Buffer, index: number) => Promise<string | undefined>

/**
 * Writes the commits of a ref anew, each with a signature, and moves the ref. The first has index 0.
 * @returns the new names, the first first
 */
export async function signCommits(path: string, ref: string, signer: Signer): Promise<readonly string[]> {
  const listed = await runGit(path, ['rev-list', '--reverse', '--topo-order', ref])
  const names = new Map<string, string>()
  for (const [index, old] of listed.trim().split('\n').entries()) {
    const text = await runGit(path, ['cat-file', 'commit', old])
    const payload = text.replace(/^parent (.*)$/gm, (_line, parent: string) => `parent ${names.get(parent) ?? parent}`)
    const armor = await signer(Buffer.from(payload), index)
    names.set(old, await writeCommit(path, armor === undefined ? payload : withSignature(payload, armor)))
  }
  const renewed = [...names.values()]
  await runGit(path, ['update-ref', ref, renewed.at(-1) ?? ''])
  return renewed
}

/** The commit with a header more. */
export function withSignature(payload: string, armor: string): string {
  const header = `gpgsig ${armor.replaceAll('\r', '').trimEnd().replaceAll('\n', '\n ')}`
  return payload.replace('\n\n', `\n${header}\n\n`)
}

/** Writes a commit object as it is. */
export async function writeCommit(path: string, text: string): Promise<string> {
  const args = ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally']
  return (await runGit(path, args, { input: text })).trim()
}
