/** Addresses of the program in plain text, such as a table: told by the host that it believes to be. */
import { ownHost } from './addresses.ts'

const pattern = new RegExp(`https?://${ownHost.replaceAll('.', '\\.')}(/[^\\s"'<>()\\[\\]\`,;]*)?`, 'g')

/** Every address in the text, as a path of the program. */
export function addressesIn(text: string): string[] {
  return [...text.matchAll(pattern)].map(([, path]) => path ?? '/')
}

/** The text with other addresses in it. @param to gives the one for a path of the program */
export function replaceAddresses(text: string, to: (path: string) => string): string {
  return text.includes(ownHost) ? text.replace(pattern, (_all, path?: string) => to(path ?? '/')) : text
}
