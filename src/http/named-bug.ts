/** The bug that an address names by its id, and what the reader is told where there is none. */
import { ViewerError } from '../base/errors.ts'
import type { Tracker } from '../bug/model.ts'

/** A bug that is not there, or is there and could not be read: the reader is told which. */
export function unknownBug({ problems }: Tracker, typed: string): ViewerError {
  const prefix = typed.toLowerCase()
  const data = { subject: typed }
  const problem = problems.find(({ ref }) => ref.startsWith(`refs/bugs/${prefix}`) && prefix.length >= 4)
  if (problem) return new ViewerError('BUG_UNREADABLE', `the bug could not be read: ${problem.reason}`, { data })
  return new ViewerError('BUG_UNKNOWN', 'no bug has that id', { data })
}
