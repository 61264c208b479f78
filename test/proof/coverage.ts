/**
 * Which lines of `src/` the tests run: `npm run proof:coverage`. It counts what Node itself notes for every process and
 * every thread (NODE_V8_COVERAGE), so that worker threads, children and the real program of the end-to-end tests count
 * as the tests' own processes do. Offsets are those of the sources, because Node runs them with the types blanked out.
 *
 * A line counts where code is left on it when types and comments are gone, and is covered when one process at least has
 * begun it. No file is left out: one that no process has loaded counts with all its lines.
 *
 *   npm run proof:coverage                      runs all tests, prints a table, and exits 1 below 95 %
 *   npm run proof:coverage -- test/query        runs some of them
 *   npm run proof:coverage -- --from FOLDER     only sums up what is in a folder
 *   npm run proof:coverage -- --lines           names the lines that nobody has run
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = join(import.meta.dirname, '../..')
const sources = join(root, 'src')
const wantedPercent = 95

/** What Node writes: functions with ranges inside one another, each with how often it was run. */
interface RawCoverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly Range[] }[]
  }[]
}
interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

interface Source {
  /** From the root of the sources. */
  readonly name: string
  readonly text: string
  /** For each character whether it was run. */
  readonly run: Uint8Array
}

interface FileLines {
  readonly name: string
  readonly total: number
  /** Numbers, from 1. */
  readonly missing: readonly number[]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, lines: { type: 'boolean', default: false } },
})
process.exitCode = await main()

async function main(): Promise<number> {
  const folder = values.from ?? (await mkdtemp(join(tmpdir(), 'coverage-')))
  try {
    const status = values.from === undefined ? await runTests(folder, positionals) : 0
    const files = (await sumUp(folder)).map(linesOf).toSorted((a, b) => b.missing.length - a.missing.length)
    const percent = print(files)
    if (status !== 0) process.stdout.write('tests have failed\n')
    return status === 0 && percent >= wantedPercent ? 0 : 1
  } finally {
    if (values.from === undefined) await rm(folder, { recursive: true, force: true })
  }
}

/** Runs tests. @returns the status with which they end */
async function runTests(folder: string, names: readonly string[]): Promise<number> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--config', 'test/proof/coverage-config.ts', ...names]
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_V8_COVERAGE: folder },
  })
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', status => resolve(status ?? 1))
  })
}

/** Every file of the sources, with what all processes together have run of it. */
async function sumUp(folder: string): Promise<Source[]> {
  const names = (await readdir(sources, { recursive: true })).filter(name => /(?<!\.d)\.ts$/.test(name))
  const byPath = new Map<string, Source>()
  for (const name of names) {
    const text = await readFile(join(sources, name), 'utf8')
    byPath.set(join(sources, name), {
      name: relative(root, join(sources, name)),
      text,
      run: new Uint8Array(text.length),
    })
  }
  for (const name of await readdir(folder)) {
    for (const { url, functions } of await readRaw(join(folder, name))) {
      const source = url.startsWith('file:') ? byPath.get(fileURLToPath(url.replace(/[?#].*/, ''))) : undefined
      if (source)
        note(
          source.run,
          functions.flatMap(({ ranges }) => ranges),
        )
    }
  }
  return [...byPath.values()]
}

/** A process that was killed while it wrote leaves half a file, which says nothing. */
async function readRaw(file: string): Promise<RawCoverage['result']> {
  const text = await readFile(file, 'utf8')
  try {
    return (JSON.parse(text) as RawCoverage).result
  } catch {
    return []
  }
}

/** Marks what one process has run. What is inside another range says more than that. */
function note(run: Uint8Array, ranges: readonly Range[]) {
  const counted = new Uint8Array(run.length)
  const outermostFirst = ranges.toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
  for (const { startOffset, endOffset, count } of outermostFirst)
    counted.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  for (let at = 0; at < run.length; at++) run[at] ||= counted[at] ?? 0
}

function linesOf({ name, text, run }: Source): FileLines {
  const code = withoutComments(stripTypeScriptTypes(text))
  const missing: number[] = []
  let total = 0
  let start = 0
  for (const [index, line] of code.split('\n').entries()) {
    // Brackets alone are no code of their own.
    const first = line.search(/[\w$'"`]/)
    if (first !== -1) {
      total++
      if (run[start + line.search(/\S/)] !== 1) missing.push(index + 1)
    }
    start += line.length + 1
  }
  return { name, total, missing }
}

/** Blanks comments out, without reading strings and patterns: the style of the sources begins a line with each comment. */
function withoutComments(code: string): string {
  const blank = (comment: string) => comment.replaceAll(/[^\n]/g, ' ')
  return code.replaceAll(/^[ \t]*\/\*[\s\S]*?\*\//gm, blank).replaceAll(/^[ \t]*\/\/.*$/gm, blank)
}

/** @returns the percentage of all lines */
function print(files: readonly FileLines[]): number {
  const total = files.reduce((sum, file) => sum + file.total, 0)
  const missing = files.reduce((sum, file) => sum + file.missing.length, 0)
  for (const file of files) {
    const share = file.total === 0 ? 100 : (100 * (file.total - file.missing.length)) / file.total
    const numbers = values.lines ? `  ${file.missing.join(' ')}` : ''
    process.stdout.write(
      `${share.toFixed(1).padStart(6)} %  ${String(file.missing.length).padStart(4)} of ${String(file.total).padStart(4)}  ${file.name}${numbers}\n`,
    )
  }
  const percent = (100 * (total - missing)) / total
  process.stdout.write(
    `${percent.toFixed(2)} % of ${total} lines in ${files.length} files of src are run by the tests\n`,
  )
  return percent
}
