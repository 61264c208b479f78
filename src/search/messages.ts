/** What passes between the main thread and the search thread: plain data. */

/** The thread's, from its start on. */
export interface SearchThreadData {
  /** Where the database belongs. */
  readonly folder: string
  /** Counters that the thread keeps and the main thread reads, see `counter`. */
  readonly counters: SharedArrayBuffer
}

/** Places of the counters, 64 bits each. */
export const counter = {
  /** Bytes of the database. */
  database: 0,
  /** Bytes of texts that were taken off the queue since the start. */
  taken: 1,
} as const
export const counterBytes = 16

/** A part of an update; all parts of one come one after the other. */
export interface UpdateMessage {
  readonly kind: 'update'
  readonly repository: string
  /** Grows with every update. */
  readonly number: number
  readonly isWhole: boolean
  readonly isFirst: boolean
  readonly isLast: boolean
  /** One line for each bug that is put: its id, and its tip. */
  readonly ids: string
  readonly tips: string
  /** For each of them the number of its buffer, where its text begins in there, and its bytes. */
  readonly places: Uint32Array
  readonly buffers: readonly ArrayBufferLike[]
  /** With the last part: ids, one in a line. */
  readonly removed: string
}

/** To the thread. */
export type SearchRequest =
  | UpdateMessage
  | { readonly kind: 'match'; readonly number: number; readonly repository: string; readonly term: string }
  /** Nobody waits for that match any more. */
  | { readonly kind: 'cancel'; readonly number: number }
  | { readonly kind: 'drop'; readonly repository: string }
  /** What updates up to that one have replaced is not asked for any more. */
  | { readonly kind: 'purge'; readonly repository: string; readonly upTo: number }
  | { readonly kind: 'wait'; readonly number: number; readonly until: 'stored' | 'indexed' }
  | { readonly kind: 'close' }

/** From the thread. */
export type SearchReply =
  /** The answer of a match: tips, one in a line, some of them more than once. */
  | { readonly kind: 'found'; readonly number: number; readonly tips: string }
  | { readonly kind: 'failed'; readonly number: number; readonly message: string }
  | { readonly kind: 'reached'; readonly number: number }
  /** All texts are gone. */
  | { readonly kind: 'lost' }
  | {
      readonly kind: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly data: object
      readonly message: string
    }
