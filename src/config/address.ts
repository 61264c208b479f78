/**
 * The addresses among the settings: where to listen, which proxies to believe, under which path and URL visitors find
 * the site, where Redis is. Pure checks; nothing is resolved or contacted.
 */
import { isIP } from 'node:net'

/** An IP address, or a host name of letters, digits and hyphens; never with a port or in brackets. */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true
  return text.length <= 253 && text.split('.').every(label => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
}

/** An IP address (no zone), or one with a prefix length of at least 1: `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (length === undefined) return true
  // Length 0 would be everybody, which has its own spelling: true.
  return /^\d{1,3}$/.test(length) && Number(length) >= 1 && Number(length) <= (version === 4 ? 32 : 128)
}

/**
 * Normalises the path that the site lives under: `bugs`, `/bugs` and `/bugs/` are all `/bugs`, and `/` is ``.
 * @returns undefined where a segment needs escaping, is `.` or `..`, or is the `-` that ends a repository's name
 */
export function parseBasePath(text: string): string | undefined {
  const inner = text.replace(/^\//, '').replace(/\/$/, '')
  if (inner === '') return text.length <= 1 ? '' : undefined
  const segments = inner.split('/')
  const valid = segments.every(segment => /^[\w.~-]{1,100}$/.test(segment) && !['.', '..', '-'].includes(segment))
  return valid && inner.length <= 500 ? `/${inner}` : undefined
}

/**
 * Reads the URL of the site as visitors see it, without its final slash.
 * @returns undefined where it is not absolute http(s), or carries a user, a query or a fragment
 */
export function parsePublicUrl(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || /[?#\s]/.test(text) || text.length > 2000) return undefined
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  const basePath = parseBasePath(url.pathname)
  return basePath === undefined ? undefined : url.origin + basePath
}

/**
 * Reads the URL of a Redis server, and says host, port and database in full: `redis://127.0.0.1:6379/0`.
 * @returns undefined where it is not redis or rediss, or carries a user, a password, a query or a fragment
 */
export function parseRedisUrl(text: string): string | undefined {
  const match = /^(rediss?):\/\/([^/@?#%\s]+?)(?::(\d{1,5}))?(?:\/(\d{0,5}))?$/i.exec(text)
  const [, scheme = '', host = '', port = '6379', database = ''] = match ?? []
  const address = /^\[(.*)\]$/.exec(host)?.[1]
  const isValid = address === undefined ? isHost(host) && !host.includes(':') : isIP(address) === 6
  if (!isValid || Number(port) < 1 || Number(port) > 65535) return undefined
  return `${scheme.toLowerCase()}://${host.toLowerCase()}:${Number(port)}/${Number(database)}`
}
