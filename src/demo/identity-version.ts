/** The bytes of an identity's `version` blob as git-bug writes them (`format.md`, "An identity: a chain of versions"). */
import type { Lamport } from '../bug/model.ts'
import { encodeJson, encodeStringMap } from './operation.ts'

/** One version of a person. What is not given is not written. */
export interface VersionSpec {
  /** Unix seconds. */
  readonly at: number
  readonly name?: string
  readonly email?: string
  readonly login?: string
  readonly avatarUrl?: string
  /** ASCII-armoured OpenPGP public keys. */
  readonly keys?: readonly string[]
  readonly metadata?: Readonly<Record<string, string>>
  /** Lamport times by clock name; the tracker's clocks where it is not given. */
  readonly times?: Readonly<Record<string, Lamport>>
  /** Base64; derived from the seed where it is not given. */
  readonly nonce?: string
}

/** Writes one `version` blob. */
export function encodeVersion(spec: VersionSpec, context: { times: Record<string, Lamport>; nonce: string }): string {
  const times = Object.entries(spec.times ?? context.times).map(([name, time]) => `${encodeJson(name)}:${time}`)
  const fields = [`"version":2`, `"times":{${times.join(',')}}`, `"unix_time":${spec.at}`]
  const add = (key: string, value: string | readonly string[] | undefined) => {
    if (value !== undefined && value.length > 0) fields.push(`"${key}":${encodeJson(value)}`)
  }
  add('name', spec.name)
  add('email', spec.email)
  add('login', spec.login)
  add('avatar_url', spec.avatarUrl)
  add('pub_keys', spec.keys)
  fields.push(`"nonce":${encodeJson(spec.nonce ?? context.nonce)}`)
  if (spec.metadata !== undefined && Object.keys(spec.metadata).length > 0) {
    fields.push(`"metadata":${encodeStringMap(spec.metadata)}`)
  }
  return `{${fields.join(',')}}`
}
