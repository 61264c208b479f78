/**
 * A bar that is drawn over itself on a terminal, and nothing at all elsewhere. Names come from folders and texts from
 * repositories, so what a terminal would obey is made visible.
 */
import type { Clock } from './clock.ts'

export interface ProgressOutput {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

export interface ProgressBar {
  /** Draws it, a few times a second at most. @param text what stands beside it */
  draw(step: { readonly done: number; readonly known: number; readonly text: string }): void
  /** Takes it away; before anything else is written. */
  clear(): void
}

const drawAfterMs = 100
const barChars = 24

/** Makes a bar. */
export function createProgressBar(output: ProgressOutput, clock: Clock): ProgressBar {
  let drawnMs = Number.NEGATIVE_INFINITY
  let isDrawn = false
  return {
    draw({ done, known, text }) {
      const now = clock.monotonicMs()
      if (output.isTTY !== true || now - drawnMs < drawAfterMs) return
      drawnMs = now
      const filled = Math.round((barChars * Math.min(done, known)) / Math.max(known, 1))
      const line = `[${'#'.repeat(filled).padEnd(barChars, '.')}] ${terminalText(text)}`
      // Some terminals do not say how wide they are, or say 0.
      output.write(`\r\u001b[K${line.slice(0, Math.max(20, (output.columns || 80) - 1))}`)
      isDrawn = true
    },
    clear() {
      if (isDrawn) output.write('\r\u001b[K')
      isDrawn = false
    },
  }
}

/** A text in one line, without what a terminal would obey or hide. */
export function terminalText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

/** A count as people read it: 12,345. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** A count with what is counted: `1 bug`, `12,345 bugs`. */
export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}
