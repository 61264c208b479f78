/**
 * The long-lived processes that nobody asks anything at the moment. Each may come in useful again within its idle time;
 * a thousand repositories that were opened one after the other must not leave a thousand of them behind.
 */

export interface IdleProcesses {
  /** A process has nothing to do. @param end ends it; it is called when too many others rest too */
  rest(end: () => void): void
  /** It was asked again, or has ended. */
  leave(end: () => void): void
}

/** @param most processes that may rest at the same time; beyond it the one that rests longest is ended */
export function createIdleProcesses(most: number): IdleProcesses {
  const resting = new Set<() => void>()
  return {
    rest(end) {
      resting.delete(end)
      resting.add(end)
      const [longest] = resting
      if (resting.size <= most || !longest) return
      resting.delete(longest)
      longest()
    },
    leave: end => void resting.delete(end),
  }
}
