/**
 * Which people are programs. git-bug has no mark for it, so the name tells: bridges write `dependabot[bot]`, or only
 * `github-actions`, as their forge calls it. A person who is taken for a program loses nothing but room on the page.
 */
import type { Identity } from '../bug/model.ts'

/** Names that end so, where there is something before it. */
const botEnding = /.(?:\[bot\]|[-_. ]bot)$/i

/** Programs of forges that bridges import without any mark. */
const knownBots: ReadonlySet<string> = new Set([
  'codecov',
  'dependabot',
  'dependabot-preview',
  'github-actions',
  'greenkeeper',
  'renovate',
  'stale',
])

/** Whether login or name say that the person is a program. Someone unknown is none. */
export function isBot(identity: Pick<Identity, 'name' | 'login'> | undefined): boolean {
  return [identity?.login, identity?.name].some(
    name => name !== undefined && (botEnding.test(name) || knownBots.has(name.toLowerCase())),
  )
}
