/** The emoji package brings no types: its data are names of codes, without colons, and the characters they stand for. */
declare module 'markdown-it-emoji/lib/data/full.mjs' {
  const characters: Readonly<Record<string, string>>
  export default characters
}
