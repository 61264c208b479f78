/**
 * Where a page of the API's bug list goes on. A cursor names the last bug that was sent and its place; the bug is
 * looked for first, so that a list that has moved meanwhile neither repeats nor leaves out what comes after it.
 */
import { ViewerError } from '../../base/errors.ts'
import { isEntityId } from '../../bug/ids.ts'

/** Makes the cursor after a bug. @param place its index in the list */
export function writeCursor(bugId: string, place: number): string {
  return Buffer.from(`${place} ${bugId}`).toString('base64url')
}

/** The index at which the next page starts. @throws PARAMETER_INVALID for what is no cursor */
export function readCursor(cursor: string, bugs: readonly { readonly id: string }[]): number {
  const [place = '', id = '', more] = Buffer.from(cursor, 'base64url').toString('latin1').split(' ')
  if (more !== undefined || !isEntityId(id) || !/^[0-9]{1,9}$/.test(place)) {
    throw new ViewerError('PARAMETER_INVALID', 'cursor is not one that this server gave')
  }
  const at = Number(place)
  if (bugs[at]?.id === id) return at + 1
  const moved = bugs.findIndex(bug => bug.id === id)
  return moved < 0 ? Math.min(at, bugs.length) : moved + 1
}
