/**
 * Requests to `git-upload-pack` over HTTP (gitprotocol-http, gitprotocol-v2), as the bytes of a whole body. Each is read
 * to its last byte: what is not understood is a mistake and is never handed on. What is handed on to git is written
 * anew from what was understood, so that clients who want the same make the same bytes.
 */
import { readCommand } from './command-request.ts'
import type { TermsContext } from './fetch-terms.ts'
import type { Mistake } from './mistake.ts'
import { createPacketReader } from './packet.ts'
import { readUploadRequest } from './upload-request.ts'

/** A list of refs (version 2), which is answered without git: see `Offer.list`. */
export interface LsRefsRequest {
  readonly kind: 'ls-refs'
  /** Only refs that start with one of them; none means all. One character for each byte. */
  readonly prefixes: readonly string[]
}

/** Objects, which `git upload-pack --stateless-rpc` sends. Whether they may be sent is for whoever asks git. */
export interface FetchRequest {
  readonly kind: 'fetch'
  /** Of the protocol that `body` is written in; 1 is 0 but for its advertisement. */
  readonly version: 0 | 2
  /** Distinct full object names, sorted; at least one. They need not be tips. */
  readonly wants: readonly string[]
  /**
   * Where the client's history ends, if it is to be deepened from there. git sends what is behind such a commit, wanted or
   * not, so each must be one that may be wanted. Distinct, sorted.
   */
  readonly deepened: readonly string[]
  /** Refs whose history is not wanted. Only if all are offered may git be asked: see `Offer.has`. One character for each byte. */
  readonly deepenNot: readonly string[]
  /** What goes to git: equal requests, equal bytes. */
  readonly body: Uint8Array
}

/** Somebody who looks whether they may ask (git does before a long request). The answer is an empty body. */
export interface EmptyRequest {
  readonly kind: 'empty'
}

export type UploadPackRequest = LsRefsRequest | FetchRequest | EmptyRequest

export interface RequestContext extends TermsContext {
  /** What the client's header asks for: see `readProtocolVersion`. */
  readonly version: 0 | 1 | 2
}

/**
 * Reads the body of a POST to `git-upload-pack`.
 * @param body all of it, decompressed; how long it may be is for the caller
 */
export function readUploadPackRequest(body: Uint8Array, context: RequestContext): UploadPackRequest | Mistake {
  const packets = createPacketReader(body)
  return context.version === 2 ? readCommand(packets, context) : readUploadRequest(packets, context)
}
