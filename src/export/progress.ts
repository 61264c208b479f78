/**
 * Tells how an export goes: on a terminal a bar that is drawn over itself, elsewhere a line for each repository. Names
 * of repositories come from folders, so what a terminal would obey is made visible.
 */
import type { Clock } from '../base/clock.ts'
import type { ExportSummary, Reporter, RepositoryReport } from './export-site.ts'

export interface ProgressOutput {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

export interface ExportReporter extends Reporter {
  /** Takes the bar away. */
  end(): void
}

const drawAfterMs = 100
const barChars = 24

export function createReporter(output: ProgressOutput, clock: Clock): ExportReporter {
  let drawnMs = Number.NEGATIVE_INFINITY
  let isDrawn = false
  const clear = () => {
    if (isDrawn) output.write('\r\u001b[K')
    isDrawn = false
  }
  return {
    progress({ repository, done, known }) {
      const now = clock.monotonicMs()
      if (output.isTTY !== true || now - drawnMs < drawAfterMs) return
      drawnMs = now
      const filled = Math.round((barChars * Math.min(done, known)) / Math.max(known, 1))
      const bar = '#'.repeat(filled).padEnd(barChars, '.')
      const line = `[${bar}] ${done} of ${known} files  ${shown(repository)}`
      output.write(`\r\u001b[K${line.slice(0, Math.max(20, (output.columns ?? 80) - 1))}`)
      isDrawn = true
    },
    repository(report) {
      clear()
      output.write(`${repositoryLine(report)}\n`)
      for (const failure of report.failures) output.write(`  ${shown(failure)}\n`)
    },
    end: clear,
  }
}

/** What a run has done, in one line. @param seconds that it took */
export function summaryLine(summary: ExportSummary, { folder, seconds }: { folder: string; seconds: number }): string {
  const { files, bytes, written, removed, failures, isComplete } = summary
  const parts = [
    `${grouped(files)} files (${megabytes(bytes)}) in ${folder}`,
    `${grouped(written)} written`,
    `${grouped(files - written)} unchanged`,
    `${grouped(removed)} removed`,
    ...(failures === 0 ? [] : [`${grouped(failures)} failed`]),
    `${seconds.toFixed(1)} s`,
  ]
  return `${isComplete ? '' : 'stopped: '}${parts.join(', ')}`
}

function repositoryLine({ name, outcome, files, written }: RepositoryReport): string {
  if (outcome === 'unchanged') return `${shown(name)}: unchanged, ${grouped(files)} files`
  if (outcome === 'failed') return `${shown(name)}: could not be exported`
  const lack = outcome === 'partly' ? '; some pages are missing' : ''
  return `${shown(name)}: ${grouped(files)} files, ${grouped(written)} written${lack}`
}

function shown(text: string): string {
  return text.replace(/[\p{C}]/gu, '\ufffd')
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
