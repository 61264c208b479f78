/**
 * Whether a delivery is believed where `hooks.secret` is set. The rule, with docs/hooks.md: **every proof that it
 * carries has to be right, and one of them has to be of the kind that its source gives.** So none is let in by the
 * weakest of several, and none by a proof that belongs to another. Empty headers count as not there (Gitea sends them
 * where it has no secret), SHA-1 is no proof, and comparisons take the same time whatever is sent.
 *
 * It refuses no repetition: a delivery that is sent again makes the viewer look again, and does nothing else.
 */
import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { bearerOf, equalTexts } from '../secret.ts'
import type { HookSource } from './source.ts'

/** What a proof is about. */
export interface SignedCall {
  readonly source: HookSource
  readonly headers: IncomingHttpHeaders
  /** The bytes that the source signs, see `delivery.ts`. */
  readonly signed: Buffer
}

type Proof =
  | 'authorization'
  | 'x-hub-signature-256'
  | 'x-gitea-signature'
  | 'x-gogs-signature'
  | 'x-forgejo-signature'
  | 'x-gitlab-token'
  | 'webhook-signature'

/** The kinds of proof that each source gives. */
const ownProofs: Readonly<Record<HookSource, readonly Proof[]>> = {
  git: ['authorization', 'x-hub-signature-256'],
  json: ['authorization', 'x-hub-signature-256'],
  github: ['x-hub-signature-256'],
  gitlab: ['webhook-signature', 'x-gitlab-token'],
  gitea: ['x-gitea-signature', 'x-gogs-signature'],
  forgejo: ['x-forgejo-signature'],
}

const proofs: Readonly<Record<Proof, (value: string, call: SignedCall, secret: string) => boolean>> = {
  authorization: (value, _call, secret) => equalTexts(value, secret),
  'x-hub-signature-256': (value, call, secret) => equalTexts(value.toLowerCase(), `sha256=${hexDigest(call, secret)}`),
  'x-gitea-signature': isHexDigest,
  'x-gogs-signature': isHexDigest,
  'x-forgejo-signature': isHexDigest,
  'x-gitlab-token': (value, _call, secret) => equalTexts(value, secret),
  'webhook-signature': isStandardSignature,
}

/** True where a delivery proves that its sender knows the secret. */
export function provesSecret(call: SignedCall, secret: string): boolean {
  const carried = (Object.keys(proofs) as Proof[]).flatMap(name => {
    const value = readProof(call.headers, name)
    return value === undefined ? [] : [{ name, isRight: proofs[name](value, call, secret) }]
  })
  return carried.every(({ isRight }) => isRight) && carried.some(({ name }) => ownProofs[call.source].includes(name))
}

function readProof(headers: IncomingHttpHeaders, name: Proof): string | undefined {
  // Other schemes are between the sender and a proxy.
  if (name === 'authorization') return bearerOf(headers)
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function hexDigest({ signed }: SignedCall, secret: string): string {
  return createHmac('sha256', secret).update(signed).digest('hex')
}

function isHexDigest(value: string, call: SignedCall, secret: string): boolean {
  return equalTexts(value.toLowerCase(), hexDigest(call, secret))
}

/** More signatures than this are not looked at: a sender has one for each key that it is about to replace. */
const maxSignatures = 10

/**
 * The scheme of Standard Webhooks, which GitLab calls a signing token: `v1,<base64>`, or several of them with spaces
 * between, of which one has to be right. The secret is `whsec_` and the key in base64; a secret of another form is no
 * such key.
 */
function isStandardSignature(value: string, { headers, signed }: SignedCall, secret: string): boolean {
  const key = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1]
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers
  if (key === undefined || typeof id !== 'string' || typeof timestamp !== 'string') return false
  const hmac = createHmac('sha256', Buffer.from(key, 'base64')).update(`${id}.${timestamp}.`).update(signed)
  const expected = `v1,${hmac.digest('base64')}`
  return value
    .split(' ', maxSignatures)
    .map(signature => equalTexts(signature, expected))
    .includes(true)
}
