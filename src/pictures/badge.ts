/**
 * A badge: a picture of two short texts side by side, for pages elsewhere. It stands alone, as an image has to: no
 * style, no script, no font and no address. White on each of its colours has a contrast of 4.5 to 1 or more.
 */
import { escapeText } from './markup.ts'
import { textWidth } from './text-width.ts'

export interface Badge {
  /** What it is about. */
  readonly label: string
  /** What there is to say. */
  readonly message: string
  readonly tone: keyof typeof badgeColors
}

/** Behind the message; `label` is behind the label. */
export const badgeColors = {
  label: '#414b56',
  open: '#1a7f37',
  closed: '#7a4fd0',
  neutral: '#0a58a8',
  wrong: '#b3261e',
} as const

const padding = 6
const height = 20

/** SVG of the badge. */
export function drawBadge({ label, message, tone }: Badge): string {
  const [first, second] = [label, message].map(text => textWidth(text))
  const left = (first ?? 0) + 2 * padding
  const right = (second ?? 0) + 2 * padding
  const width = left + right
  const name = escapeText(`${label}: ${message}`)
  // The length is said, so that another font cannot leave the box.
  const text = (content: string, at: number, length: number) =>
    `<text x="${at + padding}" y="14" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escapeText(content)}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}">`,
    `<title>${name}</title>`,
    `<rect width="${width}" height="${height}" rx="3" fill="${badgeColors[tone]}"/>`,
    `<path fill="${badgeColors.label}" d="M3 0H${left}V${height}H3A3 3 0 0 1 0 17V3A3 3 0 0 1 3 0z"/>`,
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">`,
    text(label, 0, first ?? 0),
    text(message, left, second ?? 0),
    '</g></svg>',
    '',
  ].join('\n')
}
