/**
 * What is wrong with a store, in words that help who runs it: from the answers of the S3 protocol and from what the
 * system says of a connection. Of the server's own words only its error code and the name of a region get in, when they
 * look like one: its messages may repeat what was signed.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { SilenceError } from './s3-transport.ts'

export interface S3Fault {
  /** Goes on from "cold storage", as in "does not know the access key". */
  readonly reason: string
  /** The same request may succeed a little later. */
  readonly mayPass: boolean
  readonly status?: number
  /** The code of the protocol, as `NoSuchBucket`. */
  readonly code?: string
  /** The server asks to be left alone for so long. */
  readonly afterMs?: number
}

/** Carries a fault from where it was met to where it is decided on. */
export class S3FaultError extends Error {
  override readonly name = 'S3FaultError'
  readonly fault: S3Fault

  constructor(fault: S3Fault, cause?: unknown) {
    super(fault.reason, { cause })
    this.fault = fault
  }
}

/** An answer whose body was read, or as much of it as counts. */
export interface S3Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** The text of the first element of that name in an answer; undefined where there is none. */
export function readElement(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]{1,4096})</${name}>`).exec(xml)?.[1]
  return text?.trim().replaceAll(/&(lt|gt|quot|apos|amp|#34|#39);/g, (_, entity: string) => entities.get(entity) ?? '')
}

const entities = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['#34', '"'],
  ['apos', "'"],
  ['#39', "'"],
  ['amp', '&'],
])

/** The error code of an answer; also of one that says 200 and has an error in its body, as it may after a long work. */
export function codeOf({ text }: Pick<S3Answer, 'text'>): string | undefined {
  const code = /<Error[\s>]/.test(text) ? readElement(text, 'Code') : undefined
  return code !== undefined && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : undefined
}

const webPage = 'answers with a web page: is that the address of an S3 service?'

/** What is wrong with an answer; undefined where nothing is. */
export function faultOfAnswer(answer: S3Answer): S3Fault | undefined {
  const { status, headers } = answer
  const code = codeOf(answer)
  if (status >= 200 && status < 300 && code === undefined) {
    return isWebPage(headers) ? { reason: webPage, mayPass: false, status } : undefined
  }
  const mayPass = status >= 500 ? !lastingStatuses.has(status) : status === 429 || status === 408 || passing(code)
  const afterMs = readRetryAfter(headers)
  return {
    reason: reasonOf(answer, code),
    mayPass,
    status,
    ...(code === undefined ? {} : { code }),
    ...(afterMs === undefined ? {} : { afterMs }),
  }
}

/** Not implemented; a version of HTTP that it does not speak; full. */
const lastingStatuses: ReadonlySet<number> = new Set([501, 505, 507])

function passing(code: string | undefined): boolean {
  return code !== undefined && ['RequestTimeout', 'SlowDown', 'InternalError', 'ServiceUnavailable'].includes(code)
}

function reasonOf(answer: S3Answer, code: string | undefined): string {
  const { status, headers, text } = answer
  const said = reasons.get(code ?? '')
  if (said !== undefined) return `${said} (${code})`
  const region = regionOf(headers['x-amz-bucket-region']) ?? regionOf(readElement(text, 'Region'))
  const isElsewhere = (status >= 300 && status < 400) || code === 'AuthorizationHeaderMalformed'
  if (isElsewhere && region !== undefined) return `has the bucket in the region ${region}: set region to that`
  if (status >= 300 && status < 400)
    return `redirects (${status}), which is not followed: set endpoint to where it leads`
  if (code !== undefined) return `answers ${status} ${code}`
  if (isWebPage(headers)) return status >= 500 ? `answers ${status} with a web page` : webPage
  return `answers ${status}`
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['SignatureDoesNotMatch', 'refuses the signature: the secret does not fit the access key'],
  ['InvalidAccessKeyId', 'does not know the access key'],
  // The same, as versitygw says it.
  ['XAdminUserNotFound', 'does not know the access key'],
  [
    'AccessDenied',
    'does not let this access key do that: it needs to list the bucket, and to get, put and delete objects',
  ],
  ['NoSuchBucket', 'has no such bucket'],
  ['InvalidBucketName', 'does not take the name of the bucket'],
  ['RequestTimeTooSkewed', 'has another time: the clock of one of the machines is wrong'],
])

function regionOf(text: string | string[] | undefined): string | undefined {
  return typeof text === 'string' && /^[a-z0-9-]{1,32}$/.test(text) ? text : undefined
}

function isWebPage(headers: IncomingHttpHeaders): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '')
}

/** Retry-After in seconds (RFC 9110, section 10.2.3); its other form, a date, is left alone. */
function readRetryAfter(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['retry-after']
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined
}

/** What a connection that could not be made, or broke off, means. */
export function faultOfError(error: unknown): S3Fault {
  if (error instanceof SilenceError) return { reason: `does not answer: ${error.message}`, mayPass: false }
  const code = codeOfSystem(error)
  const found = connectionReasons.find(({ codes }) => codes.test(code))
  return found
    ? { reason: `${found.reason} (${code})`, mayPass: found.mayPass }
    : { reason: `cannot be used (${code})`, mayPass: false }
}

const connectionReasons = [
  { codes: /^ECONNREFUSED$/, reason: 'cannot be reached: nobody listens at that address', mayPass: true },
  { codes: /^(ENOTFOUND|EAI_NODATA)$/, reason: 'cannot be reached: its name is not known', mayPass: false },
  { codes: /^EAI_AGAIN$/, reason: 'cannot be reached: its name cannot be looked up now', mayPass: true },
  { codes: /^(EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN|ETIMEDOUT)$/, reason: 'cannot be reached', mayPass: true },
  {
    codes: /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE)$/,
    reason: 'broke off the connection',
    mayPass: true,
  },
  {
    codes: /CERT|^ERR_TLS_|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT)/,
    reason: 'shows a certificate that is not trusted: NODE_EXTRA_CA_CERTS may name a file with its authority',
    mayPass: false,
  },
  {
    codes: /^(EPROTO|ERR_SSL_)/,
    reason: 'does not speak TLS there: is it http:// instead of https://?',
    mayPass: false,
  },
  { codes: /^HPE_/, reason: 'does not speak HTTP there: is it https:// instead of http://?', mayPass: false },
]

/** The code of a system's error; of several, as of a name with several addresses, the first. */
function codeOfSystem(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOfSystem(error.errors[0])
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
