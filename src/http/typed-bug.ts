/**
 * The bug that somebody means who types nothing but its id or number into the box. Promises to mean one bug or none:
 * whatever might be a word is looked for as a word, and quotes around an id look for texts that mention it.
 */
import { findBug, findImported } from '../bug/find.ts'
import type { BugSummary, Tracker } from '../bug/model.ts'

/**
 * @param text the query as the visitor wrote it: seven or more digits of an id, which is what pages and the command line
 *   show of it, or `#` and the number that the bug had where it was imported from
 */
export function findTypedBug(tracker: Tracker, text: string): BugSummary | undefined {
  const typed = text.trim()
  const found = /^[0-9a-f]{7,64}$/i.test(typed)
    ? findBug(tracker, typed)
    : /^#[0-9]{1,12}$/.test(typed)
      ? findImported(tracker, typed)
      : undefined
  return found && 'one' in found ? found.one : undefined
}
