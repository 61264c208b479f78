/**
 * Clients of the soak that fetch with git itself: in turn a new copy of a repository's bugs and people, and several
 * times what has moved since then. Each copy is looked at by git and thrown away.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { runGit } from '../test/support/tracker-builder.ts'
import type { Random } from './random.ts'
import type { Tally } from './soak-tally.ts'
import type { SoakSite } from './soak-visitors.ts'

export interface FetchOrder {
  readonly origin: string
  readonly site: SoakSite
  /** For copies; must be there. */
  readonly folder: string
  readonly random: Random
  readonly tally: Tally
  readonly signal: AbortSignal
}

const kind = 'git clients'
const betweenMs = 1000
const fetchesOfCopy = 4
const refspecs = ['refs/bugs/*:refs/bugs/*', 'refs/identities/*:refs/identities/*']

/** Fetches until the signal. */
export async function makeFetches(order: FetchOrder): Promise<void> {
  const { origin, site, folder, random, tally, signal } = order
  for (let copy = 0; !signal.aborted; copy++) {
    const { name } = random.pickUneven(site.toReversed())
    const path = join(folder, `copy-${copy}`)
    await runGit(folder, ['init', '--quiet', '--bare', path])
    for (let count = 0; count < fetchesOfCopy && !signal.aborted; count++) {
      const startMs = performance.now()
      try {
        await runGit(path, ['fetch', '--quiet', '--force', `${origin}/${name}.git`, ...refspecs])
        tally.answered(kind, { status: 200, ms: performance.now() - startMs })
      } catch (error) {
        const isDesigned = /\b(?:429|503)\b/.test(String(error))
        if (isDesigned) tally.answered(kind, { status: 503, ms: performance.now() - startMs })
        else tally.failed(kind, String(error).slice(0, 300))
      }
      await later(betweenMs, undefined, { signal }).catch(() => {})
    }
    await runGit(path, ['fsck', '--connectivity-only']).catch((error: unknown) => tally.failed(kind, String(error)))
    await rm(path, { recursive: true, force: true })
  }
}
