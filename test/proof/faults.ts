/**
 * `npm run proof:faults`: all tests of faults, and how long the program took after each to be right again. Exits with 1
 * when a test fails, or when a recovery took longer than is promised. Faults at random moments print their seed; `--seed N`
 * repeats it.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Recovery } from '../faults/recovery.ts'

const promisedSeconds = 5

const { values } = parseArgs({
  options: { seed: { type: 'string', default: String(Date.now() % 1_000_000_000) } },
})
console.log(`seed ${values.seed}`)

const folder = mkdtempSync(join(tmpdir(), 'fault-report-'))
const report = join(folder, 'recoveries')
const run = spawnSync('npx', ['vitest', 'run', 'test/faults', '--no-file-parallelism'], {
  stdio: 'inherit',
  env: { ...process.env, FAULT_REPORT: report, FAULT_SEED: values.seed },
})
const recoveries = readRecoveries()
rmSync(folder, { recursive: true })

const late = recoveries.filter(({ seconds }) => seconds > promisedSeconds)
console.log('\n seconds | fault\n -------:| -----')
for (const { fault, seconds } of recoveries.toSorted((a, b) => b.seconds - a.seconds)) {
  console.log(`${seconds.toFixed(2).padStart(8)} | ${fault}${seconds > promisedSeconds ? ' (late)' : ''}`)
}
console.log(`\n${recoveries.length} faults, ${late.length} of them not over within ${promisedSeconds} seconds`)
process.exitCode = run.status === 0 && recoveries.length > 0 && late.length === 0 ? 0 : 1

function readRecoveries(): Recovery[] {
  try {
    const lines = readFileSync(report, 'utf8').trimEnd().split('\n')
    return lines.map(line => JSON.parse(line) as Recovery)
  } catch {
    // No test came as far as a recovery.
    return []
  }
}
