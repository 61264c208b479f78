/** Where something was imported from, as a link. */
import { shownText } from './wording.ts'

export interface WebOrigin {
  /** The address without its scheme, cut where it is long. */
  readonly text: string
  readonly url: string
}

const maxUrlChars = 2000
const maxChars = 80

/** The address as a link; undefined for what is none of the web. */
export function webOrigin(address: string): WebOrigin | undefined {
  const url = address.length > maxUrlChars ? null : URL.parse(address)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  const { host, pathname, hash, href } = url
  return { text: shownText(`${host}${pathname === '/' ? '' : pathname}${hash}`, maxChars), url: href }
}
