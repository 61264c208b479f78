/**
 * What an open repository costs in memory: heap and buffers after a full collection, with it open and after it was
 * closed, for growing numbers of bugs; full bugs are not counted, since they lie in a cache of fixed size.
 *
 *   node --expose-gc bench/memory.ts [--bugs 1000,5000]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { defaultDecodeLimits } from '../src/base/limits.ts'
import { silentLog } from '../src/base/log.ts'
import { createCacheManager } from '../src/cache/cache-manager.ts'
import { openRegistry } from '../src/cache/registry.ts'
import { openGit } from '../src/git/git.ts'
import { buildBenchRepository } from './repository.ts'

const { values } = parseArgs({ options: { bugs: { type: 'string', default: '1000,5000' } } })
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('start it with: node --expose-gc bench/memory.ts')

async function used(): Promise<{ heap: number; buffers: number }> {
  for (let n = 0; n < 3; n++) {
    collect?.()
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heap: heapUsed, buffers: arrayBuffers }
}

/** Opens a repository, measures, closes it, measures. */
async function measure(path: string) {
  const registry = await openRegistry(
    { list: [{ name: 'r', path }], scan: [], accepts: () => true, requireExportOk: false, rescanAfterMs: 1000 },
    { clock: systemClock, log: silentLog },
  )
  const options = { idleMs: 0, fullBugsMaxBytes: 1024, limits: defaultDecodeLimits }
  const manager = createCacheManager(options, { git, registry, clock: systemClock, log: silentLog })
  const before = await used()
  ;(await manager.acquire('r'))[Symbol.dispose]()
  const open = await used()
  await manager[Symbol.asyncDispose]()
  return { before, open, closed: await used() }
}

const home = await mkdtemp(join(tmpdir(), 'bench-memory-'))
const git = await openGit()
// The first opening also pays for code that is compiled and kept.
await measure(buildBenchRepository(home, 300))
for (const bugs of values.bugs.split(',').map(Number)) {
  const { before, open, closed } = await measure(buildBenchRepository(home, bugs))
  const perBug = (bytes: number) => `${(bytes / bugs).toFixed(0)} bytes`
  console.log(
    `${bugs} bugs: ${perBug(open.heap - before.heap)} of heap and ${perBug(open.buffers - before.buffers)} of search text a bug; ` +
      `after closing ${((closed.heap + closed.buffers - before.heap - before.buffers) / 1024).toFixed(0)} KiB are left`,
  )
}
await rm(home, { recursive: true, force: true })
