/**
 * Small pieces of English that several pages share: counted nouns, and long texts made short. Pure, never throws, and
 * of a text that is too long reads no more than it has to.
 */
import { strings } from '../strings/strings.ts'
import { visibleText } from '../text/visible-text.ts'

/** `1 reply`, `2 replies`, `1,204 replies`. */
export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** A count with separators between thousands. */
export function grouped(count: number): string {
  const digits = String(count)
  return digits.length <= 3 ? digits : digits.replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** The text, or its beginning with an ellipsis where it is longer than `maxChars`. Never ends in half a character. */
export function shortened(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1).toWellFormed()}…`
}

/**
 * A text of visitors for a line of a page: hidden characters made visible, and cut with an ellipsis at `maxChars`. To
 * be escaped like any other.
 */
export function shownText(text: string, maxChars: number): string {
  // Runs of hidden characters and stacks of marks get shorter, so some more than the limit is read.
  const start = text.length > 4 * maxChars ? text.slice(0, 4 * maxChars) : text
  const shown = visibleText(start)
  if (start === text && shown.length <= maxChars) return shown
  return `${shown.slice(0, maxChars - 1).toWellFormed()}…`
}

/** How many of `count` things are left out where `shown` of them are shown, in words; empty where none is. */
export function leftOut(count: number, shown: number, [one, many]: readonly [string, string]): string {
  return count <= shown ? '' : counted(count - shown, one, many)
}

const byteUnits = ['kB', 'MB', 'GB', 'TB'] as const

/** A size of a file: `1 byte`, `697 bytes`, `12.3 kB`, `640 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return counted(bytes, 'byte', 'bytes')
  let size = bytes / 1000
  let power = 0
  // What would be rounded to a thousand is one of the next unit.
  for (; size >= 999.5 && power < byteUnits.length - 1; power++) size /= 1000
  return `${size < 99.95 ? size.toFixed(1).replace(/\.0$/, '') : Math.round(size)} ${byteUnits[power]}`
}

const { nouns } = strings.common
const timeUnits: readonly { readonly seconds: number; readonly noun: readonly [string, string] }[] = [
  { seconds: 86_400, noun: nouns.day },
  { seconds: 3600, noun: nouns.hour },
  { seconds: 60, noun: nouns.minute },
]

/** A length of time in its largest whole unit, as `90 seconds`, `5 minutes`, `2 hours`; parts of a second count as one. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  const unit = timeUnits.find(one => whole >= one.seconds && whole % one.seconds === 0)
  return unit ? counted(whole / unit.seconds, ...unit.noun) : counted(whole, ...nouns.second)
}
