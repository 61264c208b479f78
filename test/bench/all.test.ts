/** The one command that repeats the measurements; what it measures takes minutes, and is not run here. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { projectRoot } from '../support/program.ts'

const bench = async (...args: readonly string[]) =>
  await promisify(execFile)(process.execPath, [join(projectRoot, 'bench/all.ts'), ...args])

test('it lists its benches, each of which has a command in docs/performance.md', async () => {
  const names = (await bench('--list')).stdout.trim().split('\n')
  const page = await readFile(join(projectRoot, 'docs/performance.md'), 'utf8')
  expect(names.length).toBeGreaterThan(8)
  for (const name of names) expect(page).toContain(`npx node bench/${name}.ts`)
})

test('a bench that is not there is refused before any is run', async () => {
  await expect(bench('requests', 'nothing')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no bench nothing here; there are requests'),
  })
})
