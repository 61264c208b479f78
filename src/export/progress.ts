/**
 * Tells how an export goes: on a terminal a bar that is drawn over itself, elsewhere a line for each repository. Names
 * of repositories come from folders, so what a terminal would obey is made visible.
 */
import type { Clock } from '../base/clock.ts'
import { createProgressBar, grouped, type ProgressOutput, terminalText } from '../base/progress-bar.ts'
import type { ExportSummary, Reporter, RepositoryReport } from './export-site.ts'

export interface ExportReporter extends Reporter {
  /** Takes the bar away. */
  end(): void
}

export function createReporter(output: ProgressOutput, clock: Clock): ExportReporter {
  const bar = createProgressBar(output, clock)
  return {
    progress({ repository, done, known }) {
      bar.draw({ done, known, text: `${done} of ${known} files  ${repository}` })
    },
    repository(report) {
      bar.clear()
      output.write(`${repositoryLine(report)}\n`)
      for (const failure of report.failures) output.write(`  ${terminalText(failure)}\n`)
    },
    end: () => bar.clear(),
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
  if (outcome === 'unchanged') return `${terminalText(name)}: unchanged, ${grouped(files)} files`
  if (outcome === 'failed') return `${terminalText(name)}: could not be exported`
  const lack = outcome === 'partly' ? '; some pages are missing' : ''
  return `${terminalText(name)}: ${grouped(files)} files, ${grouped(written)} written${lack}`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
