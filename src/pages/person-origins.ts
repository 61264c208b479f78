/** Where a person was imported from: what bridges leave in the metadata of identities, such as `github-login`. */
import type { Identity } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { webOrigin } from './web-origin.ts'
import { shownText } from './wording.ts'

export interface OriginView {
  readonly text: string
  /** Undefined where no address can be told. */
  readonly url: string | undefined
}

const maxOrigins = 10
const maxChars = 80

/** Where logins of forges have their pages. Other bridges' servers are not in the data. */
const profiles: ReadonlyMap<string, string> = new Map([
  ['github-login', 'https://github.com/'],
  ['launchpad-login', 'https://launchpad.net/~'],
])

/** What may stand in an address of those forges. A program's `name[bot]` has no page there. */
const plainLogin = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/

/** Web addresses and logins, each key once: its first value stays, as with metadata of operations. */
export function originsOf({ versions }: Identity): OriginView[] {
  const metadata = new Map<string, string>()
  for (const version of versions) {
    for (const [key, value] of version.metadata) if (!metadata.has(key)) metadata.set(key, value)
  }
  return [...metadata].flatMap(([key, value]) => originOf(key, value) ?? []).slice(0, maxOrigins)
}

function originOf(key: string, value: string): OriginView | undefined {
  if (key.endsWith('-url')) return webOrigin(value)
  if (!key.endsWith('-login') || value === '') return undefined
  const forge = shownText(key.slice(0, -'-login'.length), maxChars)
  const profile = profiles.get(key)
  return {
    text: strings.person.loginOn(shownText(value, maxChars), forge),
    url: profile !== undefined && plainLogin.test(value) ? profile + value : undefined,
  }
}
