/** The colour of a label: the same label has the same colour in every repository (`format.md`, "Label colours"). */
import { hash } from 'node:crypto'

/** The palette, `#rrggbb`; the stylesheet has a class for each place in it. */
export const labelPalette: readonly string[] = [
  '#f44336',
  '#e91e63',
  '#9c27b0',
  '#673ab7',
  '#3f51b5',
  '#2196f3',
  '#03a9f4',
  '#00bcd4',
  '#009688',
  '#4caf50',
  '#8bc34a',
  '#cddc39',
  '#ffeb3b',
  '#ffc107',
  '#ff9800',
  '#ff5722',
  '#795548',
  '#9e9e9e',
  '#607d8b',
]

/** The place of a label's colour in the palette, from 0. */
export function labelPaletteIndex(label: string): number {
  const digest = hash('sha256', label, 'buffer')
  let sum = 0
  for (const byte of digest) sum += byte
  return sum % labelPalette.length
}

/** The colour of a label as `#rrggbb`. */
export function labelColor(label: string): string {
  return labelPalette[labelPaletteIndex(label)] ?? '#9e9e9e'
}
