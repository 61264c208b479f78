/** A bug that is one of several and not what was asked for: where it cannot be read any more, the others do without it. */
import { isViewerError } from '../base/errors.ts'
import type { Bug, BugSummary } from '../bug/model.ts'
import type { Lease } from '../cache/lease.ts'

/** @returns undefined where its objects are gone since the state was made. @param signal ends the wait */
export async function readableBug(lease: Lease, summary: BugSummary, signal?: AbortSignal): Promise<Bug | undefined> {
  return await unlessUnreadable(lease.readBug(summary, signal))
}

/** The same for those who read all bugs one after the other. */
export async function readablePassingBug(
  lease: Lease,
  summary: BugSummary,
  signal: AbortSignal,
): Promise<Bug | undefined> {
  return await unlessUnreadable(lease.readPassingBug(summary, signal))
}

async function unlessUnreadable(reading: Promise<Bug>): Promise<Bug | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isViewerError(error, 'BUG_UNREADABLE')) return undefined
    throw error
  }
}
