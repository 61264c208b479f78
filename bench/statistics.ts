/** What a bench says about its numbers. Pure. A list without numbers gives NaN, which no bound accepts. */

/** The value below which `share` of the numbers lie (nearest rank). @param share from 0 to 1 */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const rank = Math.max(1, Math.ceil(share * sorted.length))
  return sorted[rank - 1] ?? Number.NaN
}

export function median(numbers: readonly number[]): number {
  return percentile(numbers, 0.5)
}

/** Milliseconds for people: more digits where there are few of them. */
export function printMs(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`
}

/** One line of the result: what it is, the figure, and whether it is what was wanted. */
export function printVerdict(what: string, figure: string, wanted: { readonly text: string; readonly met: boolean }) {
  console.log(`${what}: ${figure}   (wanted: ${wanted.text}; ${wanted.met ? 'reached' : 'MISSED'})`)
}

export interface Verdict {
  readonly what: string
  readonly figure: string
  readonly wanted: string
  readonly met: boolean
}

/** What `printVerdict` wrote, found again among all that a bench has printed. */
export function parseVerdicts(output: string): Verdict[] {
  const lines = output.matchAll(/^ *(.+): (.+?) {3}\(wanted: (.+); (reached|MISSED)\)$/gm)
  return [...lines].map(([, what = '', figure = '', wanted = '', how]) => ({
    what,
    figure,
    wanted,
    met: how === 'reached',
  }))
}
