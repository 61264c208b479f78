/** What tests of the store in a file begin with: a folder of their own, a clock, a log and measures. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock } from '../support/manual-clock.ts'
import { createTestLog, createTestMeasures } from './contract.ts'

/** Makes it; what is opened goes on its stack, and the folder goes last. */
export async function createSqliteScene() {
  const parent = await mkdtemp(join(tmpdir(), 'store-'))
  const stack = new AsyncDisposableStack()
  stack.defer(() => rm(parent, { recursive: true, force: true }))
  const folder = join(parent, 'store-v1')
  const file = join(folder, 'store.sqlite')
  const shared = { clock: createManualClock(), log: createTestLog(), measures: createTestMeasures() }
  return { parent, folder, file, stack, ...shared }
}
