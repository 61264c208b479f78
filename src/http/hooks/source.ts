/**
 * Who speaks: git's own hook, a program with a few lines of JSON, or a forge's webhook. It goes by the header with
 * which a forge names its event, and the most particular one decides, because Forgejo sends the headers of Gitea, Gogs
 * and GitHub too. It believes nobody: see `signature.ts`.
 */
import type { IncomingHttpHeaders } from 'node:http'

export type Forge = 'github' | 'gitlab' | 'gitea' | 'forgejo'
export type HookSource = 'git' | 'json' | Forge

/** Gogs is the elder of Gitea and speaks as it does. */
const eventHeaders: readonly (readonly [string, Forge])[] = [
  ['x-forgejo-event', 'forgejo'],
  ['x-gitea-event', 'gitea'],
  ['x-gogs-event', 'gitea'],
  ['x-gitlab-event', 'gitlab'],
  ['x-github-event', 'github'],
]

/** A forge, and what it says has happened there, in its own words. */
export interface ForgeEvent {
  readonly forge: Forge
  readonly event: string
}

/** The event that a forge's headers name; undefined where no forge speaks. */
export function forgeEvent(headers: IncomingHttpHeaders): ForgeEvent | undefined {
  for (const [header, forge] of eventHeaders) {
    const event = headers[header]
    if (typeof event === 'string') return { forge, event }
  }
  return undefined
}

/** Who speaks, from the headers alone. */
export function hookSource(headers: IncomingHttpHeaders): HookSource {
  return forgeEvent(headers)?.forge ?? (hasMediaType(headers, 'application/json') ? 'json' : 'git')
}

/** True where the body is of that type, whatever parameters follow. */
export function hasMediaType(headers: IncomingHttpHeaders, type: string): boolean {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === type
}
