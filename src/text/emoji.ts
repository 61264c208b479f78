/** Codes such as `:tada:` and what they stand for. Knows GitHub's names; unknown ones are nobody's. */
import characters from 'markdown-it-emoji/lib/data/full.mjs'

/** The character of a code without its colons; undefined where there is none. */
export function emojiOf(name: string): string | undefined {
  return Object.hasOwn(characters, name) ? characters[name] : undefined
}
