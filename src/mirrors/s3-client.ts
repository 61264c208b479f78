/**
 * Requests to one bucket: signed (AWS Signature Version 4, with the digest of the body in it), asked again where that may
 * help, and their failures in words. It promises that what an answer gives as an object has the length that the server
 * named, that no more than a little of any other answer is read, and that no failure has the secret in it.
 */
import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import { waitFor } from '../base/single-flight.ts'
import { codeOf, faultOfAnswer, faultOfError, type S3Answer, type S3Fault, S3FaultError } from './s3-faults.ts'
import { createHttpTransport, type HttpAnswer } from './s3-transport.ts'

/** Where the bucket is, and who asks. */
export interface S3Address {
  /** `https://host[:port][/path]`; the bucket becomes the next part of the path. */
  readonly endpoint: string
  readonly bucket: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface S3Patience {
  /** A server from which nothing comes, and to which nothing goes, for so long is given up. */
  readonly idleMs: number
  /** How long a whole answer may take that is not an object. */
  readonly answerMs: number
  /** Of one request, the first included. */
  readonly attempts: number
  /** Before the second attempt, about; each further pause is twice as long. */
  readonly pauseMs: number
  /** The longest pause, also where a server asks for a longer one. */
  readonly maxPauseMs: number
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Of the object, without a slash in front. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: S3Body
  /** Error codes that are no failure here. */
  readonly accepts?: readonly string[]
  /** Once sent it goes on to its end, whatever the signal says: what it begins has to be known. */
  readonly isUnbroken?: boolean
}

export interface S3Body {
  readonly bytes: Uint8Array
  /** In hexadecimal. */
  readonly sha256: string
}

/** An object that comes. */
export interface S3Object {
  readonly bytes: number
  /** The next piece; undefined when all have come. @throws COLD_STORAGE_FAILED where it breaks off */
  read(): Promise<Uint8Array | undefined>
  close(): void
}

export interface S3Client {
  /** @returns an answer without a fault, or with a code that the request accepts. @throws COLD_STORAGE_FAILED */
  call(request: S3Request, signal: AbortSignal): Promise<S3Answer>
  /** @returns undefined where the bucket has no such object. @throws COLD_STORAGE_FAILED */
  open(key: string, signal: AbortSignal): Promise<S3Object | undefined>
}

interface FailedRequest {
  readonly request: S3Request
  readonly attempts?: number
  readonly cause: unknown
}

/** Of an answer that is not an object. */
const maxAnswerBytes = 256 * 1024
const nothing: S3Body = { bytes: new Uint8Array(), sha256: createHash('sha256').digest('hex') }

export function createS3Client(address: S3Address, patience: S3Patience, deps: { readonly clock: Clock }): S3Client {
  const { clock } = deps
  const transport = createHttpTransport(patience, deps)
  const endpoint = new URL(address.endpoint)
  // Without what else may stand in an address, such as a name and a password.
  const store = `${endpoint.origin}${endpoint.pathname.replace(/\/+$/, '')}`

  const sign = async ({ method, key, query = {}, headers = {}, body = nothing }: S3Request) => {
    const url = new URL(`${store}/${[address.bucket, ...key.split('/')].map(encodeURIComponent).join('/')}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const { accessKeyId, secretAccessKey, region } = address
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': body.sha256 },
      accessKeyId,
      secretAccessKey,
      service: 's3',
      region,
      datetime: new Date(clock.nowMs()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    })
    const signed = await signer.sign()
    return { method, url: signed.url, headers: Object.fromEntries(signed.headers), body: body.bytes }
  }

  const send = async (request: S3Request, signal: AbortSignal): Promise<HttpAnswer> =>
    await transport.send(await sign(request), request.isUnbroken ? new AbortController().signal : signal)

  /** Asks until there is an answer that counts. */
  const insist = async <T>(request: S3Request, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> => {
    for (let attempts = 1; ; attempts++) {
      try {
        signal.throwIfAborted()
        return await attempt()
      } catch (error) {
        if (signal.aborted) throw signal.reason
        const fault = error instanceof S3FaultError ? error.fault : faultOfError(error)
        if (!fault.mayPass || attempts >= patience.attempts) throw failure(fault, { request, attempts, cause: error })
        await pause(pauseBefore(attempts, fault), { clock, signal })
      }
    }
  }

  const pauseBefore = (attempts: number, { afterMs = 0 }: S3Fault) => {
    const pauseMs = patience.pauseMs * 2 ** (attempts - 1)
    // Several that failed at once are not to come back at once.
    return Math.min(patience.maxPauseMs, Math.max(afterMs, pauseMs * (0.75 + Math.random() / 2)))
  }

  const failure = (fault: S3Fault, { request, attempts, cause }: FailedRequest) => {
    const { reason, status, code } = fault
    const data = {
      store,
      bucket: address.bucket,
      reason,
      method: request.method,
      key: request.key,
      ...(attempts === undefined ? {} : { attempts }),
      ...(status === undefined ? {} : { status }),
      ...(code === undefined ? {} : { code }),
    }
    const message = `cold storage at ${store} (bucket ${address.bucket}) ${reason}`
    return new ViewerError('COLD_STORAGE_FAILED', message, { data, cause })
  }

  /** Why a server has no use for what is sent to it, where it says so to somebody who sends nothing. */
  const askWithoutBody = async (key: string, signal: AbortSignal): Promise<S3Fault | undefined> => {
    const request = { method: 'GET', key, headers: { range: 'bytes=0-0' } } as const
    const answer = await send(request, signal).then(head => readWhole(head, patience.answerMs, clock))
    const fault = faultOfAnswer(answer)
    return fault?.code === 'NoSuchKey' ? undefined : fault
  }

  const ask = async (request: S3Request, signal: AbortSignal): Promise<S3Answer> => {
    try {
      return await readWhole(await send(request, signal), patience.answerMs, clock)
    } catch (error) {
      if (!request.body || !faultOfError(error).mayPass || signal.aborted) throw error
      // A server that refuses a body may hang up before its reason was heard.
      const refusal = await askWithoutBody(request.key, signal).catch(() => undefined)
      throw refusal && !refusal.mayPass ? new S3FaultError(refusal, error) : error
    }
  }

  return {
    call: (request, signal) =>
      insist(request, signal, async () => {
        const answer = await ask(request, signal)
        const fault = faultOfAnswer(answer)
        if (fault && !request.accepts?.includes(fault.code ?? '')) throw new S3FaultError(fault)
        return answer
      }),
    open(key, signal) {
      const request: S3Request = { method: 'GET', key, headers: { 'accept-encoding': 'identity' } }
      return insist(request, signal, async () => {
        const answer = await send(request, signal)
        if (answer.status !== 200 || answer.headers['content-type']?.startsWith('text/html')) {
          const read = await readWhole(answer, patience.answerMs, clock)
          if (answer.status === 404 && codeOf(read) === 'NoSuchKey') return undefined
          throw new S3FaultError(faultOfAnswer(read) ?? notAnObject)
        }
        const toFailure = (error: unknown) =>
          signal.aborted ? signal.reason : failure(faultOfError(error), { request, cause: error })
        try {
          return await readObject(answer, toFailure)
        } catch (error) {
          answer.close()
          throw error
        }
      })
    },
  }
}

const notAnObject: S3Fault = { reason: 'answers as no S3 service does', mayPass: false }

/**
 * The object of an answer, when its first piece is there: until then nothing was given away, and it can be asked again.
 * Node holds a body to the length that was named: one that ends early is an error.
 */
async function readObject(answer: HttpAnswer, toFailure: (error: unknown) => unknown): Promise<S3Object> {
  const length = answer.headers['content-length'] ?? ''
  const isEncoded = (answer.headers['content-encoding'] ?? 'identity') !== 'identity'
  if (!/^\d{1,15}$/.test(length) || answer.headers.etag === undefined || isEncoded) throw new S3FaultError(notAnObject)
  let first = await answer.read()
  return {
    bytes: Number(length),
    async read() {
      try {
        const piece = first ?? (await answer.read())
        first = undefined
        return piece
      } catch (error) {
        answer.close()
        throw toFailure(error)
      }
    },
    close: () => answer.close(),
  }
}

/** A short answer; what is too long is cut, and what takes too long is given up. */
async function readWhole(answer: HttpAnswer, answerMs: number, clock: Clock): Promise<S3Answer> {
  const pieces: Uint8Array[] = []
  const late = new AbortController()
  const timer = clock.startTimer(answerMs, () => late.abort(new S3FaultError(tooLate)))
  let bytes = 0
  try {
    for (;;) {
      const piece = await waitFor(answer.read(), late.signal)
      if (piece === undefined) break
      pieces.push(piece)
      bytes += piece.byteLength
      if (bytes > maxAnswerBytes) break
    }
  } finally {
    timer.cancel()
    answer.close()
  }
  return { status: answer.status, headers: answer.headers, text: Buffer.concat(pieces).toString() }
}

const tooLate: S3Fault = { reason: 'does not come to the end of its answer', mayPass: false }

async function pause(forMs: number, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.startTimer(forMs, resolve)
  try {
    await waitFor(promise, signal)
  } finally {
    timer.cancel()
  }
}
