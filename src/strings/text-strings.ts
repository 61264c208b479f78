/** Words that stand in the texts of comments, beside what people wrote. */

/** Characters that are shown as their code, by that code. */
const hiddenCharacters: Readonly<Record<string, string>> = {
  'U+00AD': 'soft hyphen',
  'U+061C': 'Arabic letter mark',
  'U+200B': 'zero width space',
  'U+200C': 'zero width non-joiner',
  'U+200D': 'zero width joiner',
  'U+200E': 'left-to-right mark',
  'U+200F': 'right-to-left mark',
  'U+2028': 'line separator',
  'U+2029': 'paragraph separator',
  'U+202A': 'left-to-right embedding',
  'U+202B': 'right-to-left embedding',
  'U+202C': 'pop directional formatting',
  'U+202D': 'left-to-right override',
  'U+202E': 'right-to-left override',
  'U+2060': 'word joiner',
  'U+2066': 'left-to-right isolate',
  'U+2067': 'right-to-left isolate',
  'U+2068': 'first strong isolate',
  'U+2069': 'pop directional isolate',
  'U+FEFF': 'byte order mark',
}

export const textStrings = {
  /** Of what is folded and does not say what it is. */
  details: 'Details',
  hiddenCharacters,
  controlCharacter: 'control character',
  invisibleCharacter: 'invisible character',
  shownAsWritten: 'This text is shown as it was written: its structure is too deep or too large to lay out.',
  restLeftOut: (left: string, all: string) => `The rest of this text is left out here: ${left} of ${all} characters.`,
  /** What is folded at the end of a mail. */
  quotedText: 'Quoted text',
  signature: 'Signature',
  image: 'image',
  imageOf: (description: string) => `image: ${description}`,
  /** A box of a list of things to do. */
  done: 'done',
  toDo: 'to do',
} as const
