/** Identities in the shape of the JSON API. */
import { field, type Json, time } from './json-text.ts'

export interface IdentityRef {
  readonly id: string
  readonly humanId: string
  readonly displayName: string
}

interface Version {
  readonly name: string | null
  readonly login: string | null
  readonly email: string | null
  readonly avatarUrl: string | null
}

export interface Identity extends IdentityRef, Version {
  /** The first one first. */
  readonly versions: readonly (Version & { readonly at: string })[]
}

/** A person of some versions, the current one last. */
export function identityFrom(id: string, versions: readonly Json[]): Identity {
  const read = versions.map(version => ({ ...versionFrom(version), at: time(field(version, 'unix_time')) }))
  const { name, login, email, avatarUrl } = versionFrom(versions.at(-1) ?? null)
  const displayName = name === null ? (login ?? '') : login === null ? name : `${name} (${login})`
  return { id, humanId: id.slice(0, 7), displayName, name, login, email, avatarUrl, versions: read }
}

function versionFrom(version: Json): Version {
  const text = (key: string) => {
    const value = field(version, key) ?? ''
    if (typeof value !== 'string') throw new Error(`"${key}" is no text`)
    return value === '' ? null : value
  }
  return { name: text('name'), login: text('login'), email: text('email'), avatarUrl: text('avatar_url') }
}

/** An author. One who is not there is called unknown in the product's words, and whoever asks has to tell of it. */
export function refTo(identities: ReadonlyMap<string, Identity>, id: string): IdentityRef {
  const humanId = id.slice(0, 7)
  return { id, humanId, displayName: identities.get(id)?.displayName ?? `unknown (${humanId})` }
}
