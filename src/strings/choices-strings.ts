/** Words of the page for a prefix that several ids start with. */

export const choicesStrings = {
  whichOne: 'Which one?',
  /** Around the digits. */
  moreThanOne: 'More than one id starts with ',
  moreDigits: '. A few more digits tell them apart:',
  more: ['more starts', 'more start'],
  withTheseDigits: (more: string) => `${more} with these digits.`,
} as const
