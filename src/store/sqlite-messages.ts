/** What passes between the main thread and the store thread: plain data. */
import type { Log } from '../base/log.ts'
import type { StoreLimits, StoreTier } from './store.ts'

/** The thread's, from its start on. */
export interface StoreThreadData {
  readonly folder: string
  readonly limits: StoreLimits
  /** Wall-clock time; each message brings it anew. */
  readonly nowMs: number
  /** For each tier, in their order, the bytes that it holds: 64 bits each, written by the thread. */
  readonly bytes: SharedArrayBuffer
}

export interface GetMessage {
  readonly kind: 'get'
  readonly number: number
  readonly nowMs: number
  readonly tier: StoreTier
  /** One in a line. */
  readonly keys: string
}

export interface PutMessage {
  readonly kind: 'put'
  readonly number: number
  readonly nowMs: number
  readonly tier: StoreTier
  /** One in a line. */
  readonly keys: string
  /** Of their values, which lie one after the other. */
  readonly lengths: Uint32Array
  readonly values: ArrayBuffer
}

/** To the thread. */
export type StoreRequest =
  | GetMessage
  | PutMessage
  /** Nobody waits for that answer any more. */
  | { readonly kind: 'cancel'; readonly number: number }
  /** Is answered when what was put before is in the file, and every tier within its bound. */
  | { readonly kind: 'wait'; readonly number: number }
  | { readonly kind: 'close' }

/** In the place of a length: there is no value. */
export const noValue = 0xffffffff

/** From the thread. */
export type StoreReply =
  /** Values of the next so many keys of a question; several come where they are large. */
  | {
      readonly kind: 'got'
      readonly number: number
      readonly lengths: Uint32Array
      readonly values: ArrayBuffer
      readonly isLast: boolean
    }
  | { readonly kind: 'done'; readonly number: number }
  | { readonly kind: 'failed'; readonly number: number; readonly message: string }
  | {
      readonly kind: 'evicted'
      readonly tier: StoreTier
      readonly reason: 'size' | 'age'
      readonly count: number
    }
  | { readonly kind: 'log'; readonly level: keyof Log; readonly data: object; readonly message: string }
