/**
 * Patterns over addresses of remote repositories: which of them visitors may open. A pattern is read strictly, since one
 * that means more than its writer thought opens more than was wanted. Matching takes time in proportion to pattern times
 * address at the most.
 */
import { isIP } from 'node:net'
import { matchesName } from './name-pattern.ts'
import {
  defaultPorts,
  isPathSegment,
  isRemoteUser,
  parsePort,
  parseRemoteHost,
  type RemoteScheme,
  type RemoteUrl,
} from './remote-url.ts'

/** `https://codeberg.org/**`, `*://git.example.org/group/*`, `https://*.example.org:8443/**`, `ssh://me@host/**`. */
export interface RemotePattern {
  /** As it was written. */
  readonly text: string
  /** Undefined for every scheme. */
  readonly scheme: RemoteScheme | undefined
  /** Whom ssh has to log in as; undefined for `git` and for nobody by name. */
  readonly user: string | undefined
  /** Undefined for every host; with a dot at its start, every host below that domain, and not itself. */
  readonly host: string | undefined
  /** Undefined for the scheme's own. */
  readonly port: number | 'any' | undefined
  /** A pattern of `name-pattern.ts` over the path, without a slash at its start. */
  readonly path: string
}

const maxChars = 1000

/**
 * Reads a pattern: a scheme or `*`; a host, `*.` and a domain, or `*`; a port where it is not the scheme's own, `*` for
 * any; a path in which `*` is any text without a slash and `**` any path, without escapes.
 * @returns undefined where it is none
 */
export function parseRemotePattern(text: string): RemotePattern | undefined {
  if (text.length > maxChars) return undefined
  const parts = /^(\*|https|http|ssh|git):\/\/(?:([^/@]*)@)?(\[[^\]/]*\]|[^/:@[\]]+)(?::([^/]*))?\/(.+)$/su.exec(text)
  const [, schemeText = '', user, hostText = '', portText, path = ''] = parts ?? []
  const host = parseHost(hostText)
  if (parts === null || host === undefined || !path.split('/').every(isPathSegment)) return undefined
  const scheme = schemeText === '*' ? undefined : (schemeText as RemoteScheme)
  if (user !== undefined && (scheme !== 'ssh' || !isRemoteUser(user))) return undefined
  const port = portText === undefined || portText === '*' ? undefined : parsePort(portText)
  if (portText !== undefined && portText !== '*' && port === undefined) return undefined
  return { text, scheme, user, host: host.name, port: portText === '*' ? 'any' : port, path }
}

function parseHost(text: string): { readonly name: string | undefined } | undefined {
  if (text === '*') return { name: undefined }
  const domain = text.startsWith('*.') ? text.slice(2) : undefined
  const host = parseRemoteHost(domain ?? text)
  if (host === undefined) return undefined
  if (domain === undefined) return { name: host }
  // Below an IP address there is nothing: `*.0.0.1` is meant to be something else.
  return isIP(host) === 0 ? { name: `.${host}` } : undefined
}

/** True where the address fits. The path fits with `.git` or without. */
export function matchesRemote(pattern: RemotePattern, url: RemoteUrl): boolean {
  if (pattern.scheme !== undefined && pattern.scheme !== url.scheme) return false
  return fitsUser(pattern, url) && fitsHost(pattern, url) && fitsPort(pattern, url) && fitsPath(pattern, url)
}

/** The key that logs in is ours, so a visitor must not choose the account: `git` is what servers of git call theirs. */
function fitsUser(pattern: RemotePattern, { user }: RemoteUrl): boolean {
  return pattern.user === undefined ? user === undefined || user === 'git' : user === pattern.user
}

function fitsHost({ host: wanted }: RemotePattern, { host }: RemoteUrl): boolean {
  if (wanted === undefined) return true
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted
}

function fitsPort({ port: wanted }: RemotePattern, { port, scheme }: RemoteUrl): boolean {
  if (wanted === 'any') return true
  return wanted === undefined ? port === undefined : wanted === (port ?? defaultPorts[scheme])
}

function fitsPath({ path }: RemotePattern, { name }: RemoteUrl): boolean {
  const plain = name.slice(name.indexOf('/') + 1)
  return matchesName(path, plain) || matchesName(path, `${plain}.git`)
}
