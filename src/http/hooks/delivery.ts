/**
 * What a hook says (`api.md`, "Hooks and operations"): the lines that git gives to post-receive, JSON, or the payload of
 * a forge. It decides by headers how a body is to be read; what does not fit is refused with PARAMETER_INVALID.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { ViewerError } from '../../base/errors.ts'
import { parseForgePayload } from './forge-payload.ts'
import { forgeEvent, type HookSource, hasMediaType, hookSource } from './source.ts'

export interface HookDelivery {
  readonly source: HookSource
  /** Names that the repository may have here, the likeliest first; empty where the body names none. */
  readonly repositories: readonly string[]
  /** Where it can be cloned from or seen, as the body says; empty where it does not. */
  readonly addresses: readonly string[]
  /** The refs that moved. `any` where something was pushed, and nobody says what of it matters. */
  readonly refs: readonly string[] | 'any'
}

/** `<old> <new> <ref>`; a hash of zeros stands for "none". */
const receiveLine = /^[0-9a-f]{40,64} [0-9a-f]{40,64} (\S+)$/

/**
 * Reads a delivery.
 * @returns undefined for an event of a forge that is no push
 * @throws PARAMETER_INVALID
 */
export function parseDelivery(headers: IncomingHttpHeaders, body: Buffer): HookDelivery | undefined {
  const source = hookSource(headers)
  const event = forgeEvent(headers)
  if (event !== undefined) {
    const push = parseForgePayload(event, payloadText(headers, body))
    return push && { source, ...push, refs: 'any' }
  }
  const text = body.toString('utf8')
  return source === 'json' ? parseJson(text) : { source, repositories: [], addresses: [], refs: parseLines(text) }
}

/**
 * The bytes that a signature of this delivery is over. In a form, Gitea, Forgejo and Gogs sign the payload itself; with
 * GitHub it is always the body as it came.
 */
export function signedBytes(headers: IncomingHttpHeaders, body: Buffer): Buffer {
  const signsPayload = ['gitea', 'forgejo'].includes(hookSource(headers))
  return signsPayload && isForm(headers) ? Buffer.from(payloadText(headers, body)) : body
}

/** True where bugs or identities may have moved. */
export function movesEntities({ refs }: HookDelivery): boolean {
  return refs === 'any' || refs.some(ref => ref.startsWith('refs/bugs/') || ref.startsWith('refs/identities/'))
}

/** The payload, which forges can also send as a field of a form. */
function payloadText(headers: IncomingHttpHeaders, body: Buffer): string {
  const text = body.toString('utf8')
  return isForm(headers) ? (new URLSearchParams(text).get('payload') ?? '') : text
}

function isForm(headers: IncomingHttpHeaders): boolean {
  return hasMediaType(headers, 'application/x-www-form-urlencoded')
}

function parseLines(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => line !== '')
    .map(line => {
      const ref = receiveLine.exec(line)?.[1]
      if (ref === undefined) throw new ViewerError('PARAMETER_INVALID', 'each line must be: <old> <new> <ref>')
      return ref
    })
}

function parseJson(text: string): HookDelivery {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ViewerError('PARAMETER_INVALID', 'the body is not valid JSON', { cause })
  }
  const { repo, refs } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  if (repo !== undefined && typeof repo !== 'string')
    throw new ViewerError('PARAMETER_INVALID', '"repo" must be a text')
  if (!Array.isArray(refs) || !refs.every(ref => typeof ref === 'string')) {
    throw new ViewerError('PARAMETER_INVALID', '"refs" must be a list of texts')
  }
  return { source: 'json', repositories: repo === undefined ? [] : [repo], addresses: [], refs }
}
