/**
 * Badges for pages elsewhere: how many bugs a query finds, or why that cannot be said. Text of visitors may be in them;
 * what cannot be seen in it is made visible, and it is cut.
 */
import type { Status } from '../bug/model.ts'
import { drawBadge } from '../pictures/badge.ts'
import { strings } from '../strings/strings.ts'
import { grouped, shownText } from './wording.ts'

export interface BugsBadge {
  /** Bugs that the query finds. */
  readonly count: number
  /** The one status that it finds; undefined where it finds both. */
  readonly status: Status | undefined
  /** What the badge is about, as whoever shows it wants; `bugs` without it. */
  readonly label: string | undefined
}

const words = strings.badge
const reasons: ReadonlyMap<string, string> = new Map(Object.entries(words.reasons))

const maxLabelChars = 60

/** SVG: `bugs | 12 open`. */
export function bugsBadge({ count, status, label }: BugsBadge): string {
  const shown = shownText(label ?? '', maxLabelChars).trim() || words.bugs
  const message = status === undefined ? grouped(count) : words.count[status](grouped(count))
  return drawBadge({ label: shown, message, tone: status ?? 'neutral' })
}

/** SVG of why there is no number. @param code of the error's catalogue; undefined for any other */
export function failureBadge(code: string | undefined): string {
  return drawBadge({ label: words.bugs, message: reasons.get(code ?? '') ?? words.notAvailable, tone: 'wrong' })
}
