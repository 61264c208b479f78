/**
 * One cold build, of a fresh process that has nothing stored: from the request until the list page is there. The
 * process was running before and had answered a request that opens nothing. A list that is not the whole tracker is an
 * error and not a time.
 */
import { addresses, type BenchRepository } from './repository.ts'
import { openViewer, type ServerProcess, waitForPage } from './viewer-process.ts'

export interface ColdBuild {
  /** From the request to the last byte of the list page. */
  readonly pageMs: number
  /** A full text search asked right after it: from request to last byte. */
  readonly searchMs: number
  /** How often it was told to come back later. */
  readonly waits: number
}

/** Long enough for a process to have loaded what it loads after it listens. */
const settleMs = 300

/** @param bugs how many bugs there are */
export async function measureColdBuild(repository: BenchRepository, bugs: number): Promise<ColdBuild> {
  await using viewer = await openViewer({ paths: [repository.path] })
  await viewer.client.get('/healthz')
  await new Promise(resolve => setTimeout(resolve, settleMs))
  const { list } = addresses(repository)
  const startMs = performance.now()
  const { waits } = await waitForPage(viewer.client, list)
  const pageMs = performance.now() - startMs
  const searchStartMs = performance.now()
  await waitForPage(viewer.client, `${list}?q=kiln`)
  const searchMs = performance.now() - searchStartMs
  await checkComplete(viewer, repository, bugs)
  return { pageMs, searchMs, waits }
}

/** From the start of the process, which is asked as soon as it listens, to the last byte of the list page. */
export async function measureFromStart(repository: BenchRepository): Promise<number> {
  await using viewer = await openViewer({ paths: [repository.path] })
  await waitForPage(viewer.client, addresses(repository).list)
  return performance.now() - viewer.startedAtMs
}

/** Every bug is in the list, or said to be unreadable. */
async function checkComplete({ client }: ServerProcess, repository: BenchRepository, bugs: number): Promise<void> {
  const at = addresses(repository)
  const { total } = await client.json<{ total: number }>(`${at.bugs}?limit=1`)
  const { items } = await client.json<{ items: { ref: string }[] }>(at.problems)
  const unreadable = items.filter(({ ref }) => ref.startsWith('refs/bugs/')).length
  if (total + unreadable !== bugs)
    throw new Error(`${total} bugs and ${unreadable} problems, where git has ${bugs} bugs`)
}
