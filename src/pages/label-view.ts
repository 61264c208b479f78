/**
 * A label as a chip: its words, the class of its colour, and the list of bugs that carry it. Labels are text of
 * visitors; what cannot be seen is made visible, and the longest are cut on the chip but not in the link.
 */
import type { Filter } from '../query/ast.ts'
import { createFilter } from '../query/edit.ts'
import { printFilter } from '../query/print.ts'
import type { Links } from './links.ts'
import type { Look } from './site.ts'
import { shownText } from './wording.ts'

export interface LabelView {
  /** What stands before the first slash, with it: `kind/`; empty where there is no such part. */
  readonly scope: string
  readonly value: string
  /** Class of the label's colour. */
  readonly hue: string
  /** The list of its bugs; undefined where no query can say the label. */
  readonly url: string | undefined
}

const maxChars = 80
/** Longer labels have no link: the query would be longer than queries may be. */
const maxLinkedChars = 1000

/**
 * Makes chips for one page; each label is worked out once.
 * @param urlOf where the chip leads; undefined where it leads nowhere
 */
export function labelViews(
  look: Pick<Look, 'labelHue'>,
  urlOf: (label: string) => string | undefined,
): (label: string) => LabelView {
  const known = new Map<string, LabelView>()
  return label => {
    let view = known.get(label)
    if (view === undefined) {
      view = { ...labelParts(label), hue: look.labelHue(label), url: urlOf(label) }
      known.set(label, view)
    }
    return view
  }
}

/** What a link to the bugs with a label asks for; undefined where no query can say it. */
export function labelFilter(label: string): Filter | undefined {
  return label.length > maxLinkedChars ? undefined : createFilter('label', label)
}

/** The list of all bugs with a label; undefined where no query can say it. */
export function labelAddress(links: Links, repository: string): (label: string) => string | undefined {
  return value => {
    const filter = labelFilter(value)
    return filter && links.bugs(repository, { q: printFilter(filter) })
  }
}

/** The label's words, split at its first slash where there is something on both sides. */
export function labelParts(label: string): { scope: string; value: string } {
  const shown = shownText(label, maxChars)
  const slash = shown.indexOf('/')
  if (slash <= 0 || slash === shown.length - 1) return { scope: '', value: shown }
  return { scope: shown.slice(0, slash + 1), value: shown.slice(slash + 1) }
}
