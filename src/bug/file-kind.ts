/**
 * What an attached file is, told by its first bytes and by nothing else: its name is not kept, and what people call a
 * file may be a lie. The list is short, and has only what a browser can show without running anything of it. SVG and
 * HTML are not on it, since they can hold scripts; nor is any other text that begins with a tag, so that nobody who takes
 * a text for a page, against what he is told, finds one.
 */

export type PictureKind = 'png' | 'jpeg' | 'gif' | 'webp'
export type FileKind = PictureKind | 'text'

/** What is known of an attached file. */
export interface FileFacts {
  /** In bytes. */
  readonly size: number
  /** Undefined where it is none of these, or was not looked at. */
  readonly kind?: FileKind | undefined
  /** Of a picture; undefined where its bytes do not tell. */
  readonly picture?: PictureSize | undefined
}

/** As it is shown, in pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** So many bytes decide. */
export const kindBytes = 2048

const signatures: readonly (readonly [PictureKind, string, number])[] = [
  ['png', '\x89PNG\r\n\x1a\n', 0],
  ['jpeg', '\xff\xd8\xff', 0],
  ['gif', 'GIF87a', 0],
  ['gif', 'GIF89a', 0],
  ['webp', 'WEBP', 8],
]

/**
 * Tells the kind.
 * @param start the first `kindBytes` of the file, or all of it where it is shorter
 * @returns undefined for everything that is not on the list
 */
export function fileKind(start: Buffer): FileKind | undefined {
  for (const [kind, signature, at] of signatures) {
    if (start.toString('latin1', at, at + signature.length) !== signature) continue
    if (kind !== 'webp' || start.toString('latin1', 0, 4) === 'RIFF') return kind
  }
  return isPlainText(start) ? 'text' : undefined
}

/** UTF-8 that can be printed, and no markup. */
function isPlainText(start: Buffer): boolean {
  let text: string
  try {
    // A character may go on behind the bytes that are looked at.
    text = new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: start.length >= kindBytes })
  } catch {
    return false
  }
  return text !== '' && !text.trimStart().startsWith('<') && !hasControls(text)
}

const [tab, carriageReturn, verticalTab, space, firstC1, lastC1] = [0x09, 0x0d, 0x0b, 0x20, 0x7f, 0x9f]

/** Whether there are control characters other than tab, line feed, form feed and carriage return. */
function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (
      code < space ? code < tab || code > carriageReturn || code === verticalTab : code >= firstC1 && code <= lastC1
    ) {
      return true
    }
  }
  return false
}
