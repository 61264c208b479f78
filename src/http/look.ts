/**
 * The look that the operator chose (settings `look`): files that are read once at the start, a logo, and one stylesheet
 * after our own, made of the fonts, the colours of labels and the operator's rules, in this order. Refuses files that
 * are missing, too large or no text or picture, with a sentence that names the setting and the file. What the operator
 * writes is trusted as it is; what browsers load because of it is for the policy of `security-headers.ts`.
 */
import { createHash } from 'node:crypto'
import { ViewerError } from '../base/errors.ts'
import { type Look, labelHue } from '../pages/site.ts'
import { readPicture } from './picture.ts'
import type { StaticFile } from './static-files.ts'

/** The settings. */
export interface LookOptions {
  readonly theme: Look['theme']
  readonly css?: string | undefined
  readonly logo?: string | undefined
  readonly header?: string | undefined
  readonly footer?: string | undefined
  readonly textFont?: string | undefined
  readonly codeFont?: string | undefined
  readonly labelColors: readonly LabelColor[]
}

/** A colour for the labels that a pattern fits. */
export interface LabelColor {
  /** `*` is any text. */
  readonly label: string
  /** `#rrggbb` */
  readonly color: string
}

/** Reads a file of at most so many bytes, or says why not in words that fit after a colon. */
export type ReadFile = (
  path: string,
  maxBytes: number,
) => Promise<{ readonly bytes: Buffer } | { readonly reason: string }>

export interface LoadedLook {
  /** To be served beside our own files. */
  readonly files: readonly StaticFile[]
  /** Changes with whatever pages show of it. */
  readonly digest: string
  /** The look as pages need it. @param urlOf the address of one of the files */
  look(urlOf: (fileName: string) => string): Look
}

const maxBytes = { css: 262_144, logo: 1_048_576, header: 65_536, footer: 65_536 } as const

/** Reads the files. @throws SETTING_INVALID */
export async function loadLook(options: LookOptions, read: ReadFile): Promise<LoadedLook> {
  const bytesOf = async (setting: keyof typeof maxBytes): Promise<Buffer | undefined> => {
    const path = options[setting]
    if (path === undefined) return undefined
    const found = await read(path, maxBytes[setting])
    if ('bytes' in found) return found.bytes
    throw new ViewerError('SETTING_INVALID', `look.${setting} cannot be used: ${path}: ${found.reason}`)
  }
  const textOf = async (setting: 'css' | 'header' | 'footer'): Promise<string> => {
    const bytes = await bytesOf(setting)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch (cause) {
      const message = `look.${setting} cannot be used: ${options[setting]}: it is not UTF-8 text`
      throw new ViewerError('SETTING_INVALID', message, { cause })
    }
  }
  const [css, headerHtml, footerHtml, logo] = await Promise.all([
    textOf('css'),
    textOf('header'),
    textOf('footer'),
    bytesOf('logo'),
  ])
  const picture = logo && readPicture(logo)
  if (logo && !picture) {
    const message = `look.logo cannot be used: ${options.logo}: it is neither SVG, PNG, WebP nor JPEG`
    throw new ViewerError('SETTING_INVALID', message)
  }
  const sheet = stylesheet(options, css)
  const files: StaticFile[] = []
  if (sheet !== '') files.push({ name: cssName, body: Buffer.from(sheet) })
  const logoName = `logo${picture?.extension}`
  if (logo) files.push({ name: logoName, body: logo })
  return {
    files,
    digest: createHash('sha256')
      .update(JSON.stringify([headerHtml, footerHtml]))
      .digest('hex')
      .slice(0, 16),
    look: urlOf => ({
      theme: options.theme,
      cssUrl: sheet === '' ? undefined : urlOf(cssName),
      logo: picture && { url: urlOf(logoName), width: picture.width, height: picture.height },
      headerHtml,
      footerHtml,
      labelHue: configuredHue(options.labelColors),
    }),
  }
}

const cssName = 'site.css'

function stylesheet({ textFont, codeFont, labelColors }: LookOptions, css: string): string {
  const fonts = [
    ...(textFont === undefined ? [] : [`--sans:${textFont};`]),
    ...(codeFont === undefined ? [] : [`--mono:${codeFont};`]),
  ]
  const rules = [
    ...(fonts.length === 0 ? [] : [`:root{${fonts.join('')}}`]),
    ...labelColors.map(({ color }, index) => `.${hueClass(index)}{--hue:${color}}`),
    ...(css === '' ? [] : [css]),
  ]
  return rules.join('\n')
}

/** Beside the classes of the palette, which are `c0` to `c18`. */
function hueClass(index: number): string {
  return `k${index}`
}

/** Labels come from repositories, so there may be any number of them; a page has few. */
const maxKnownLabels = 10_000
const maxKnownChars = 200

function configuredHue(colors: readonly LabelColor[]): (label: string) => string {
  const known = new Map<string, string>()
  const hueOf = (label: string) => {
    const index = colors.findIndex(color => fitsLabel(color.label, label))
    return index < 0 ? labelHue(label) : hueClass(index)
  }
  return label => {
    if (label.length > maxKnownChars) return hueOf(label)
    let hue = known.get(label)
    if (hue === undefined) {
      hue = hueOf(label)
      if (known.size >= maxKnownLabels) known.clear()
      known.set(label, hue)
    }
    return hue
  }
}

/** True where the whole label fits; `*` is any text. Takes each part where it is found first, so it never goes back. */
function fitsLabel(pattern: string, label: string): boolean {
  const parts = pattern.split('*')
  const first = parts.shift() ?? ''
  const last = parts.pop()
  if (last === undefined) return label === pattern
  if (!label.startsWith(first)) return false
  let at = first.length
  for (const part of parts) {
    const found = label.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return label.length - last.length >= at && label.endsWith(last)
}
