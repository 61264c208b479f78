/** What visitors of the soak were answered, by kind of visitor: how many of each status, how long it took, what failed. */
import { percentile } from './statistics.ts'

export interface Tally {
  /** An answer came whole. @param ms from the request to its last byte */
  answered(kind: string, answer: { readonly status: number; readonly ms: number }): void
  /** No answer, or a wrong one. */
  failed(kind: string, reason: string): void
  report(seconds: number): KindReport[]
  /** What was wrong, each reason once, with how often. */
  failures(): string[]
}

export interface KindReport {
  readonly kind: string
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly statuses: Readonly<Record<string, number>>
  readonly failures: number
}

/** A server that has too much to do says so with these; a client asks again later. */
const designed: ReadonlySet<number> = new Set([429, 503])

/** Whether an answer is one of those that a visitor with a right address may get. */
export function isExpected(status: number): boolean {
  return (status >= 200 && status < 400) || designed.has(status)
}

/** An empty one. */
export function createTally(): Tally {
  const kinds = new Map<string, { statuses: Map<number, number>; ms: number[]; failures: number }>()
  const reasons = new Map<string, number>()
  const of = (kind: string) => {
    const known = kinds.get(kind) ?? { statuses: new Map<number, number>(), ms: [], failures: 0 }
    kinds.set(kind, known)
    return known
  }
  return {
    answered(kind, { status, ms }) {
      const { statuses, ms: all } = of(kind)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      // A refusal is quick and says nothing of how long answers take.
      if (!designed.has(status)) all.push(ms)
    },
    failed(kind, reason) {
      of(kind).failures++
      const text = `${kind}: ${reason}`
      reasons.set(text, (reasons.get(text) ?? 0) + 1)
    },
    report: seconds =>
      [...kinds].map(([kind, { statuses, ms, failures }]) => ({
        kind,
        perSecond: [...statuses.values()].reduce((sum, count) => sum + count, 0) / seconds,
        p50Ms: percentile(ms, 0.5),
        p99Ms: percentile(ms, 0.99),
        statuses: Object.fromEntries(statuses),
        failures,
      })),
    failures: () => [...reasons].map(([reason, count]) => (count === 1 ? reason : `${reason} (${count} times)`)),
  }
}
