/**
 * The main comparisons one after the other, small enough for about five minutes, and one table of what they say. Each is
 * a bench of this folder in a process of its own; the sizes that docs/performance.md speaks of take longer, and its
 * commands are there. With 2,000 instead of 10,000 bugs, what is paid once weighs more, so ratios are rather worse.
 *
 *   npm run bench                 all
 *   npm run bench -- NAME…        some of them
 *   npm run bench -- --list       their names
 *
 * Status 1: a bench has failed. That a figure is not what was wanted is a line of the table, and no failure: machines
 * differ.
 */
import { execFileSync, spawn } from 'node:child_process'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import { parseVerdicts } from './statistics.ts'

/** Arguments by name of the bench. */
const benches: Readonly<Record<string, readonly string[]>> = {
  requests: ['--seconds', '2', '--rounds', '3'],
  refresh: ['--bugs', '2000', '--rounds', '11'],
  'cold-build': ['--bugs', '2000', '--rounds', '3'],
  'cold-start': ['--rounds', '5'],
  'warm-start': ['--bugs', '2000', '--rounds', '3'],
  neighbours: ['--bugs', '2000', '--rounds', '2'],
  queries: ['--bugs', '2000', '--queries', '300'],
  'list-page': ['--bugs', '2000', '--pages', '500'],
  'bug-page': [],
  memory: ['--bugs', '2000', '--repositories', '50', '--passes', '3', '--rounds', '3'],
  fetch: ['--bugs', '2000', '--clients', '20', '--real', '2'],
  attachment: ['--bytes', '200MB', '--rounds', '1'],
}

interface Outcome {
  readonly name: string
  readonly command: string
  readonly output: string
  readonly failed: boolean
  readonly seconds: number
}

async function runBench(name: string, folder: string): Promise<Outcome> {
  const args = [`bench/${name}.ts`, ...(benches[name] ?? [])]
  const startMs = performance.now()
  const child = spawn(process.execPath, [...args, '--keep', folder], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((settle, fail) => child.on('error', fail).on('close', settle))
  const output = await text(child.stdout)
  const failed = (await ended) !== 0
  return { name, command: `node ${args.join(' ')}`, output, failed, seconds: (performance.now() - startMs) / 1000 }
}

function machineFacts(): string {
  const processors = cpus()
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim()
  return [
    `${processors.length} × ${processors[0]?.model.trim() || 'unknown processor'}`,
    `${(totalmem() / 1024 ** 3).toFixed(1)} GiB`,
    `${platform()} ${release()} ${arch()}`,
    `Node ${process.versions.node}`,
    git,
    `load ${loadavg()[0]?.toFixed(2)} at the start`,
  ].join(', ')
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  console.log([line(head), `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n'))
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { list: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const names = Object.keys(benches)
  if (values.list) return console.log(names.join('\n'))
  const unknown = positionals.filter(name => !names.includes(name))
  if (unknown.length > 0) throw new Error(`there is no bench ${unknown.join(', ')} here; there are ${names.join(', ')}`)

  const facts = machineFacts()
  await using folder = await openBenchFolder()
  const rows = [['what', 'wanted', 'measured', '', 'command']]
  for (const name of positionals.length > 0 ? positionals : names) {
    const { command, output, failed, seconds } = await runBench(name, folder.path)
    console.log(`=== ${command}   (${seconds.toFixed(0)} s)\n${output}`)
    const verdicts = parseVerdicts(output)
    if (failed || verdicts.length === 0) {
      process.exitCode = 1
      rows.push([name, '', '', 'FAILED', command])
    }
    for (const { what, figure, wanted, met } of verdicts) {
      rows.push([what, wanted, figure, met ? 'reached' : 'missed', command])
    }
  }
  console.log(`${facts}\n`)
  printTable(rows)
}

await main()
