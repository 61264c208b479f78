/** A condition variable: those who wait look again whenever something may have changed, and decide for themselves. */

export interface Condition {
  /** Settles at the next change. */
  wait(): Promise<void>
  /** Something has changed. */
  changed(): void
}

export function createCondition(): Condition {
  let next: PromiseWithResolvers<void> | undefined
  return {
    wait() {
      next ??= Promise.withResolvers<void>()
      return next.promise
    },
    changed() {
      const waiting = next
      next = undefined
      waiting?.resolve()
    },
  }
}
