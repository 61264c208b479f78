/**
 * A person as pages name them: display name, a drawn avatar of initials on the person's colour, and their page. No
 * e-mail address and no picture from elsewhere. An author without a readable identity has a name that says so.
 */
import { labelPaletteIndex } from '../bug/label-color.ts'
import { humanId, type Identity } from '../bug/model.ts'
import type { Links } from './links.ts'
import { shownText } from './wording.ts'

export interface PersonView {
  readonly name: string
  /** Undefined where there is no identity to show. */
  readonly url: string | undefined
  /** One or two characters. */
  readonly initials: string
  /** Class of the person's colour, `c0` to `c18`. */
  readonly hue: string
}

const maxChars = 100

/** Finds people by id for one page; each is worked out once. */
export function personViews(input: {
  identities: ReadonlyMap<string, Identity>
  links: Links
  repository: string
}): (identityId: string) => PersonView {
  const known = new Map<string, PersonView>()
  return id => {
    let view = known.get(id)
    if (view === undefined) {
      const identity = input.identities.get(id)
      const name = personName(id, identity)
      view = {
        name,
        url: identity === undefined ? undefined : input.links.person(input.repository, id),
        initials: identity === undefined ? '?' : initials(name),
        hue: `c${labelPaletteIndex(id)}`,
      }
      known.set(id, view)
    }
    return view
  }
}

/** What to call the author of that id; `identity` where there is one. */
export function personName(id: string, identity: Identity | undefined): string {
  if (identity === undefined) return `unknown (${humanId(id)})`
  const name = shownText(identity.displayName, maxChars).trim()
  return name === '' ? `unnamed (${humanId(id)})` : name
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
