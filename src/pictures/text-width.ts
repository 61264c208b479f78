/**
 * How wide a text is in DejaVu Sans at 11 pixels, about, and so in Verdana, which it is like: to make room for text in a
 * picture that knows nothing of the fonts where it is shown.
 */

/** Widths in tenths of a pixel, with the characters that have them. */
const widths: readonly (readonly [number, string])[] = [
  [30, "ijl'|"],
  [39, ' f.,:;!t/\\'],
  [48, 'rJI()[]-"'],
  [58, 'csz'],
  [66, 'aeokvxyFLTPY{}_*?$'],
  [69, 'bdghnpqu0123456789E'],
  [76, 'ABCKRSVXZ'],
  [84, 'DGHNOQU#+=<>~&'],
  [92, 'wM'],
  [107, 'mW@%'],
]
const widthOf: ReadonlyMap<string, number> = new Map(
  widths.flatMap(([width, characters]) => [...characters].map(character => [character, width] as const)),
)
const otherWidth = 80
/** Ideographs, kana, Hangul, emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\p{Extended_Pictographic}]/u
const wideWidth = 115

/** Pixels, rounded up. */
export function textWidth(text: string): number {
  let tenths = 0
  for (const character of text) {
    tenths += widthOf.get(character) ?? (wide.test(character) ? wideWidth : /\p{M}/u.test(character) ? 0 : otherWidth)
  }
  return Math.ceil(tenths / 10)
}
