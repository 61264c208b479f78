/** Order by UTF-8 bytes, which the format uses for labels; JavaScript's own order differs above U+FFFF. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

const ascii = /^[\0-\x7f]*$/

/** A sorted copy; each text is encoded once and not at each comparison. */
export function sortByBytes(texts: readonly string[]): string[] {
  // Of ASCII, JavaScript's order is that of the bytes.
  if (texts.length < 2 || texts.every(text => ascii.test(text))) return texts.toSorted()
  return texts
    .map(text => ({ text, bytes: Buffer.from(text) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ text }) => text)
}
