/** Words of badges, which are shown elsewhere. */
import type { ErrorCode } from '../base/errors.ts'

/** Why there is no number; for all other reasons it is “not available”. */
const reasons: Readonly<Partial<Record<ErrorCode, string>>> = {
  QUERY_INVALID: 'bad query',
  PARAMETER_INVALID: 'bad address',
  REPOSITORY_UNKNOWN: 'unknown repository',
  REPOSITORY_EMPTY: 'no bugs yet',
  LOAD_TIMEOUT: 'being read',
}

export const badgeStrings = {
  bugs: 'bugs',
  count: {
    open: (count: string) => `${count} open`,
    closed: (count: string) => `${count} closed`,
  },
  reasons,
  notAvailable: 'not available',
} as const
