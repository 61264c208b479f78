/**
 * A person as pages name them: display name, a drawn avatar of initials on the person's colour, and their page. Two
 * people of one name are told apart by their ids. No e-mail address; a picture from elsewhere only where the operator
 * wants those. An author without a readable identity has a name that says so.
 */
import { labelPalette } from '../bug/label-color.ts'
import { humanId, type Identity } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import type { RepositoryInput } from './layout.ts'
import type { Site } from './site.ts'
import { shownText } from './wording.ts'

export interface PersonView {
  readonly name: string
  /** Undefined where there is no identity to show. */
  readonly url: string | undefined
  /** One or two characters. */
  readonly initials: string
  /** Class of the person's colour, `c0` to `c18`. */
  readonly hue: string
  /** The address of their picture; undefined where there is none, or none is to be loaded. */
  readonly avatar: string | undefined
}

const maxChars = 100
const maxAvatarChars = 2000

/** Finds people by id for one page; each is worked out once. */
export function personViews(
  site: Pick<Site, 'links' | 'loadsAvatars'>,
  { name: repository, tracker }: RepositoryInput,
): (identityId: string) => PersonView {
  const known = new Map<string, PersonView>()
  return id => {
    let view = known.get(id)
    if (view === undefined) {
      const identity = tracker.identities.get(id)
      const name = personName(id, identity)
      view = {
        name: tracker.namesakes().has(id) ? `${name} · ${humanId(id)}` : name,
        url: identity === undefined ? undefined : site.links.person(repository, id),
        initials: identity === undefined ? '?' : initials(name),
        hue: personHue(id),
        avatar: site.loadsAvatars ? webAddress(identity?.avatarUrl) : undefined,
      }
      known.set(id, view)
    }
    return view
  }
}

/** The class of a person's colour. An id is a digest already: its first digits are as good as any. */
function personHue(id: string): string {
  return `c${(Number.parseInt(id.slice(0, 8), 16) || 0) % labelPalette.length}`
}

/** What to call the author of that id; `identity` where there is one. */
export function personName(id: string, identity: Identity | undefined): string {
  if (identity === undefined) return strings.person.unknown(humanId(id))
  const name = shownText(identity.displayName, maxChars).trim()
  return name === '' ? strings.person.unnamed(humanId(id)) : name
}

/** The address, where a browser can load it safely: whole, by https, and with nothing for a host to remember. */
function webAddress(address: string | undefined): string | undefined {
  if (address === undefined || address.length > maxAvatarChars || !URL.canParse(address)) return undefined
  const { protocol, href, username, password } = new URL(address)
  return protocol === 'https:' && username === '' && password === '' ? href : undefined
}

/** The first letters of the first and the last word before any bracket: `Ada Marsh (ada)` is AM. */
function initials(name: string): string {
  const words = (name.split('(', 1)[0] ?? '').match(/[\p{L}\p{N}]+/gu) ?? []
  const first = firstCharacter(words[0])
  const last = words.length > 1 ? firstCharacter(words.at(-1)) : ''
  return `${first}${last}` || '·'
}

function firstCharacter(word: string | undefined): string {
  const point = word?.codePointAt(0)
  if (point === undefined) return ''
  const upper = String.fromCodePoint(point).toUpperCase()
  // Some characters have no single upper case: ß would become SS.
  return String.fromCodePoint(upper.codePointAt(0) ?? point)
}
