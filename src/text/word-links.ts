/**
 * Links that the operator wants on words of texts (`text.autolinks`): a pattern, tried where words start, and an address
 * with places for what it matched. The pattern is the operator's and may be as slow as it likes on what it is given, so
 * it is given little: a piece of the text, and only so often in one text.
 */
import { outgoing, outgoingRel } from './markdown-attributes.ts'

/** Words of texts that become links. */
export interface WordLink {
  /** Source of a regular expression with the flag `u`; never matches nothing. */
  readonly pattern: string
  /** Where it leads: `{0}` is what was matched, `{1}` to `{3}` are its groups. */
  readonly url: string
}

/** A link on a stretch of text. */
export interface FoundWord {
  readonly length: number
  readonly href: string
  readonly rel: string
}

/** Finds the link that begins at a place of a text; undefined where none does. */
export type WordLinks = (text: string, at: number) => FoundWord | undefined

/** No pattern sees more than this at once. */
const maxWordChars = 256

function fill(url: string, match: RegExpExecArray): string | undefined {
  const filled = url.replace(/\{([0-3])\}/g, (_place, group: string) =>
    encodeURIComponent((match[Number(group)] ?? '').toWellFormed()),
  )
  return outgoing(filled)?.href
}

/** Makes the finder; the first pattern that matches counts. */
export function createWordLinks(links: readonly WordLink[]): WordLinks {
  const rules = links.map(({ pattern, url }) => ({ pattern: new RegExp(`^(?:${pattern})`, 'u'), url }))
  return (text, at) => {
    const piece = text.slice(at, at + maxWordChars)
    for (const { pattern, url } of rules) {
      const match = pattern.exec(piece)
      if (match === null || match[0] === '') continue
      const href = fill(url, match)
      if (href !== undefined) return { length: match[0].length, href, rel: outgoingRel }
    }
    return undefined
  }
}
