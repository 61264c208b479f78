/**
 * Task keys: the same heavy work is done by one instance at a time. Whoever gets a key does the work and renews its
 * lease while alive; the others wait until the key is free, which comes with the end of the work or, where its holder
 * was killed, with the end of the lease. Promises never to hold up work because keys cannot be had: without the server
 * that keeps them everybody works.
 */

export interface TaskKeys extends AsyncDisposable {
  /** Whether other instances may hold a key; else this process alone does, and has had no time to do the work before. */
  readonly isShared: boolean
  /**
   * Takes a key where it is free. Never rejects but for the signal.
   * @param task name of the work: up to 512 characters, of any kind
   * @returns undefined where another one holds it
   */
  tryTake(task: string, signal?: AbortSignal): Promise<HeldTask | undefined>
  /**
   * Settles when the key may be free: it was given back, its lease is over, or some time has passed. Whoever waits looks
   * again with `tryTake`.
   */
  changed(task: string, signal?: AbortSignal): Promise<void>
  /** What the holder of a key has told of its work last; undefined where nothing is known. */
  progress(task: string): Promise<TaskProgress | undefined>
}

/** How far work has come. */
export interface TaskProgress {
  readonly done: number
  readonly total: number
}

export interface HeldTask extends AsyncDisposable {
  /** Fires when the lease was lost: another one may have begun the same work. What is done already stays right. */
  readonly lost: AbortSignal
  /** Tells those who wait. Costs nothing: it goes out with the next renewal, or a little earlier. */
  report(progress: TaskProgress): void
}
