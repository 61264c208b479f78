/** What passes between the main thread and the search thread: plain data. */

/** The thread's, from its start on. */
export interface SearchThreadData {
  /** Where the database belongs; undefined: in memory. */
  readonly folder: string | undefined
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
  readonly session: number
  readonly repository: string
  /** Grows with every update. */
  readonly number: number
  /** Wall clock. */
  readonly nowMs: number
  readonly isWhole: boolean
  readonly isFirst: boolean
  readonly isLast: boolean
  /** One line for each bug that is put: its id, and its tip. */
  readonly ids: string
  readonly tips: string
  /** What each of them is called in answers. */
  readonly numbers: Uint32Array
  /** For each of them the number of its buffer (`noBuffer`: none), where its text begins in there, and its bytes. */
  readonly places: Uint32Array
  readonly buffers: readonly ArrayBufferLike[]
  /** With the last part: ids, one in a line. */
  readonly removed: string
}

/** Some texts one after the other. */
export interface PackedTexts {
  /** One in a line. */
  readonly tips: string
  readonly lengths: Uint32Array<ArrayBuffer>
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Texts that the thread has asked for. */
export interface TextsMessage extends PackedTexts {
  readonly kind: 'texts'
  readonly session: number
}

export interface MatchMessage {
  readonly kind: 'match'
  readonly number: number
  readonly session: number
  /** Folded by `foldText`, without lone surrogates. */
  readonly term: string
  readonly ranked: boolean
}

/** To the thread. */
export type SearchRequest =
  | UpdateMessage
  | TextsMessage
  /** The source has given what it has of the texts that were asked for, or has failed. */
  | { readonly kind: 'given'; readonly session: number; readonly failure: string | undefined }
  | MatchMessage
  /** Nobody waits for that match any more. */
  | { readonly kind: 'cancel'; readonly number: number }
  /** Nobody will ask that session any more. */
  | { readonly kind: 'leave'; readonly session: number }
  /** The source of that session has failed a while ago, and may be asked again. */
  | { readonly kind: 'again'; readonly session: number }
  | { readonly kind: 'drop'; readonly repository: string }
  /** What updates up to that one have replaced is not asked for any more. */
  | { readonly kind: 'purge'; readonly session: number; readonly repository: string; readonly upTo: number }
  /** Repositories that nobody has opened since then are forgotten. */
  | { readonly kind: 'sweep'; readonly nowMs: number; readonly beforeMs: number }
  | { readonly kind: 'wait'; readonly number: number; readonly until: 'stored' | 'indexed' }
  | { readonly kind: 'close' }

/** The answer of a match. */
export interface FoundMessage {
  readonly kind: 'found'
  readonly number: number
  readonly count: number
  /** One bit for each number of the session, the lowest first; what is beyond its end is 0. */
  readonly bits: Uint8Array<ArrayBuffer>
  /** Of a ranked match: by number. */
  readonly scores: Float32Array<ArrayBuffer> | undefined
}

/** From the thread. */
export type SearchReply =
  | FoundMessage
  | { readonly kind: 'failed'; readonly number: number; readonly message: string }
  | { readonly kind: 'reached'; readonly number: number }
  /** Texts that are not in the database: ids and tips, one in a line. Answered by `texts`, and `given` at last. */
  | { readonly kind: 'wanted'; readonly session: number; readonly ids: string; readonly tips: string }
  /** All texts are gone. */
  | { readonly kind: 'lost' }
  | {
      readonly kind: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly data: object
      readonly message: string
    }
