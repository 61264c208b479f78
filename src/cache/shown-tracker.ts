/**
 * A state as pages show it. Of a repository of this machine that is the state itself; of a mirror it says too where it
 * is copied from and how old it is, and its digest changes with that, so that no page says it wrong.
 */
import { hash } from 'node:crypto'
import type { Tracker } from '../bug/model.ts'
import type { MirrorStatus } from '../mirrors/mirror.ts'
import type { RegisteredRepository } from './registry.ts'

/** Makes the states of one repository as they are shown; the same one again while nothing has changed. */
export function createShownTracker({ mirror }: Pick<RegisteredRepository, 'mirror'>): (tracker: Tracker) => Tracker {
  if (!mirror) return tracker => tracker
  let last: { readonly tracker: Tracker; readonly status: MirrorStatus; readonly shown: Tracker } | undefined
  return tracker => {
    const status = mirror.status()
    if (last?.tracker !== tracker || last.status !== status)
      last = { tracker, status, shown: withOrigin(tracker, status) }
    return last.shown
  }
}

function withOrigin(tracker: Tracker, { href, fetchedMs = 0, failure, bytes }: MirrorStatus): Tracker {
  const { digest: refsDigest } = tracker
  const digest = hash('sha256', JSON.stringify([refsDigest, href, fetchedMs, failure, bytes]), 'hex')
  return { ...tracker, digest, origin: { href, fetchedMs, failure, bytes, refsDigest } }
}
