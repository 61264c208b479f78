/**
 * Where mirrors go that have to leave the disk, and from where they come back: bytes under a key. It promises that what
 * `get` gives is what was put there last, whole; a `put` that fails leaves what was there before or, where nothing but
 * the answer got lost, the new one: never a part of it.
 */
export interface ColdStorage {
  /** False where there is none: then nothing need be made for it. */
  readonly isOn: boolean
  /**
   * Keeps what a stream gives, whose length nobody knows yet. Asks for more only when the last was sent.
   * @param key of letters, digits, `-`, `_` and `.`
   * @throws COLD_STORAGE_FAILED
   */
  put(key: string, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
  /**
   * What was kept; undefined where nothing was. Give up the stream by ending its iteration, or by the signal.
   * @throws COLD_STORAGE_FAILED, also from the stream, where it breaks off early
   */
  get(key: string, signal: AbortSignal): Promise<ColdObject | undefined>
  /** @throws COLD_STORAGE_FAILED */
  delete(key: string, signal: AbortSignal): Promise<void>
}

export interface ColdObject {
  readonly bytes: number
  readonly content: AsyncIterable<Uint8Array>
}

/** Keeps nothing. */
export const noColdStorage: ColdStorage = {
  isOn: false,
  put: async () => {},
  get: async () => undefined,
  delete: async () => {},
}
