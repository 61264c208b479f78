/**
 * Addresses of remote repositories. What comes out is safe to hand to git, to show and to log: one of four schemes, no
 * password, no query, nothing hidden, and a name that a URL of this site can carry. Refused is whatever two programs
 * might read in two ways; a refusal says what is wrong and quotes nothing, since a password may be in it.
 */
import { isIP } from 'node:net'

export type RemoteScheme = 'https' | 'http' | 'ssh' | 'git'

/** The address of a remote repository. */
export interface RemoteUrl {
  readonly scheme: RemoteScheme
  /** Whom ssh logs in as; undefined elsewhere. */
  readonly user: string | undefined
  /** A name or an IP address, in lower case; an IPv6 address without brackets. */
  readonly host: string
  /** Undefined for the scheme's own. */
  readonly port: number | undefined
  /** Begins with a slash and does not end with one; percent-encoded as in `href`. */
  readonly path: string
  /** The whole address, always spelled the same way. */
  readonly href: string
  /** What the repository is called here: host and path, without `.git`, as in `codeberg.org/group/tool`. */
  readonly name: string
}

/** Why an address cannot be used, as the rest of a sentence that begins with "the address". */
export interface RemoteUrlMistake {
  readonly mistake: string
}

/** Where each scheme's servers listen, if nothing else is said. */
export const defaultPorts: Readonly<Record<RemoteScheme, number>> = { https: 443, http: 80, ssh: 22, git: 9418 }

// A name has at most 255 characters, and each takes nine at most when it is escaped; so every href can be read again.
const maxChars = 4096
const maxNameChars = 255

/** As scp writes it: somebody, a host, a path. Without the user it would be any text with a colon. */
const scpAddress = /^([^/:@]+)@(\[[^\]/@]*\]|[^/:@[\]]+):(.*)$/su

/**
 * Reads an address: `https://`, `http://`, `ssh://`, `git://`, or `user@host:path` as scp has it, which becomes
 * `ssh://user@host/path`. Hosts come out in ASCII and small letters, numeric ones as an IP address however they were
 * written; the scheme's own port and final slashes are dropped, and escapes in paths are spelled in one way.
 */
export function parseRemoteUrl(text: string): RemoteUrl | RemoteUrlMistake {
  if (text === '') return mistake('is empty')
  if (text.length > maxChars) return mistake(`is longer than ${maxChars} characters`)
  if (isHiding(text)) return mistake('holds a space or a character that cannot be seen')
  const [, schemeText = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/su.exec(lowerScheme(text)) ?? []
  if (schemeText !== '' && !isScheme(schemeText)) return mistake(wrongScheme)
  const scheme = isScheme(schemeText) ? schemeText : 'ssh'
  const slash = rest.indexOf('/')
  const [, scpUser = '', scpHost = '', scpPath = ''] = schemeText === '' ? (scpAddress.exec(text) ?? []) : []
  if (schemeText === '' && scpHost === '') return mistake(wrongScheme)
  const authority = schemeText === '' ? `${scpUser}@${scpHost}` : slash === -1 ? rest : rest.slice(0, slash)
  const path = schemeText === '' ? `/${scpPath.replace(/^\//, '')}` : slash === -1 ? '' : rest.slice(slash)
  return assemble({ scheme, authority, path })
}

const wrongScheme = 'does not begin with https://, http://, ssh:// or git://'

function assemble(parts: { scheme: RemoteScheme; authority: string; path: string }): RemoteUrl | RemoteUrlMistake {
  const { scheme, authority } = parts
  if (/[?#]/.test(authority + parts.path)) return mistake('holds a ? or a #')
  const at = authority.lastIndexOf('@')
  const user = at === -1 ? undefined : authority.slice(0, at)
  if (user?.includes(':')) return mistake('holds a password')
  if (user !== undefined && scheme !== 'ssh') return mistake(`holds the name of a user, as only ssh:// may`)
  if (user !== undefined && !isRemoteUser(user)) return mistake('holds a name of a user that cannot be used')
  const place = readPlace(authority.slice(at + 1), scheme)
  if ('mistake' in place) return place
  const path = readPath(parts.path)
  if ('mistake' in path) return path
  const hostText = place.host.includes(':') ? `[${place.host}]` : place.host
  const hostPort = place.port === undefined ? hostText : `${hostText}:${place.port}`
  const name = `${hostPort}/${path.plain.replace(/\.git$/, '')}`
  if (name.endsWith('.git')) return mistake('ends in .git twice')
  if (name.length > maxNameChars) return mistake(`gives a name of more than ${maxNameChars} characters`)
  const href = `${scheme}://${user === undefined ? '' : `${user}@`}${hostPort}${path.escaped}`
  return { scheme, user, host: place.host, port: place.port, path: path.escaped, href, name }
}

type Place = { readonly host: string; readonly port: number | undefined }

function readPlace(text: string, scheme: RemoteScheme): Place | RemoteUrlMistake {
  const [, hostText = '', portText] = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/s.exec(text) ?? []
  const host = parseRemoteHost(hostText)
  if (host === undefined) return mistake('names a host that cannot be used')
  if (portText === undefined) return { host, port: undefined }
  const port = parsePort(portText)
  if (port === undefined) return mistake('names a port that is no number from 1 to 65535')
  return { host, port: port === defaultPorts[scheme] ? undefined : port }
}

/** A number from 1 to 65535, or undefined. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/**
 * A host as it stands in a URL, IPv6 addresses in brackets. The rules of browsers decide what it means: other scripts
 * become ASCII, and `0x7f.1`, `127.1` and `2130706433` are 127.0.0.1, as for every program that connects to them.
 * @returns in small letters, IPv6 addresses without brackets; undefined where it is none, such as with a final dot
 */
export function parseRemoteHost(text: string): string | undefined {
  // What a URL's parser would decode, cut off or take for something else.
  if (text.length > 1000 || isHiding(text) || /[%/?#@\\]/.test(text) || text.endsWith('.')) return undefined
  const host = URL.parse(`http://${text}/`)?.hostname
  if (host === undefined) return undefined
  if (text.startsWith('[')) return text.endsWith(']') ? host.slice(1, -1) : undefined
  if (text.includes(':') || host === '') return undefined
  const isName =
    host.length <= 253 && host.split('.').every(label => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  return isName || isIP(host) === 4 ? host : undefined
}

/** True for a user of ssh: nothing that ssh, git or a shell could take for something else. */
export function isRemoteUser(text: string): boolean {
  return /^[a-z0-9_][a-z0-9_.+-]{0,63}$/i.test(text)
}

function readPath(text: string): { readonly plain: string; readonly escaped: string } | RemoteUrlMistake {
  const segments = text.replace(/\/+$/, '').split('/').slice(1)
  if (segments.length === 0) return mistake('names no repository: its path is empty')
  const plain: string[] = []
  for (const segment of segments) {
    const decoded = decode(segment)
    if (decoded === undefined) return mistake('holds a % that escapes nothing')
    if (decoded === '') return mistake('holds an empty part between two slashes')
    if (!isPathSegment(decoded)) return mistake('holds a part that cannot be used in the name of a repository')
    plain.push(decoded)
  }
  return { plain: plain.join('/'), escaped: plain.map(segment => `/${escapeSegment(segment)}`).join('') }
}

/**
 * True for what may stand between two slashes, without escapes: letters and digits of any script and what RFC 3986
 * (3.3) allows beside them; no dot or hyphen at its beginning. `%` is not in it: what is escaped twice, `%252e`, is read
 * in two ways by two programs.
 */
export function isPathSegment(text: string): boolean {
  return /^(?![.-])[\p{L}\p{M}\p{N}!$&'()*+,;=:@._~-]+$/u.test(text) && !isHiding(text)
}

/** Spaces, controls, halves of characters, what is not shown or turns the direction of text, and backslashes. */
function isHiding(text: string): boolean {
  return /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\\]/u.test(text)
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function escapeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(/%(?:2[46BC]|3[ABD]|40)/g, decodeURIComponent)
}

function lowerScheme(text: string): string {
  return text.replace(/^[a-z][a-z0-9+.-]*(?=:\/\/)/i, scheme => scheme.toLowerCase())
}

function isScheme(text: string): text is RemoteScheme {
  return Object.hasOwn(defaultPorts, text)
}

function mistake(text: string): RemoteUrlMistake {
  return { mistake: text }
}
