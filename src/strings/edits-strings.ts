/** Words of the page of the edits of a comment, and how often it was edited. */

export const editsStrings = {
  title: (commentId: string, bugTitle: string) => `Edits of ${commentId} · ${bugTitle}`,
  editsOfDescription: 'Edits of the description',
  editsOfComment: 'Edits of a comment',
  of: 'of ',
  in: ' in ',
  whereItStands: 'where it stands',
  itsTextNow: 'its text now',

  neverEdited: 'never edited',
  editedOnce: 'edited once',
  editedTwice: 'edited twice',
  editedTimes: (times: string) => `edited ${times}`,

  edit: (number: number) => `Edit ${number}`,
  words: ['word', 'words'],
  added: (words: string) => `${words} added`,
  removed: (words: string) => `${words} removed`,
  addedAndRemoved: (words: string, removed: string) => `${words} added, ${removed} removed`,
  stayedTheSame: 'the text stayed the same',
  onlyWhiteSpace: 'only white space changed',
  /** For those who hear what others see by its colour. */
  addedHere: 'added: ',
  removedHere: 'removed: ',
  characters: ['character', 'characters'],
  unchanged: (characters: string) => `${characters} unchanged`,

  firstText: 'First text',
  onlyText: 'The text',
  earlierEdits: ['earlier edit is', 'earlier edits are'],
  hasAllTexts: ' has all texts.',
  longTextsAreCut: 'Long texts are cut here, and whole in ',
} as const
