/** People (`format.md`, "An identity: a chain of versions"). Pure; what cannot be read comes back as problems. */
import type { DecodeLimits } from '../base/limits.ts'
import { asObject, FieldProblem, type JsonObject, textField, textListField, textMapField, timeField } from './fields.ts'
import { checkEntityName, idOfBytes } from './ids.ts'
import { scanPack } from './json-slices.ts'
import { parseLamport } from './lamport.ts'
import { humanId, type Identity, type IdentityVersion, type Lamport, type Problem } from './model.ts'
import { parseJson } from './pack.ts'

/** A commit of an identity as it was read. */
export interface RawVersion {
  readonly commit: string
  readonly parents: readonly string[]
  /** Bytes of the `version` blob. */
  readonly version: Buffer
}

export interface RawIdentity {
  /** Last part of the ref's name. */
  readonly id: string
  readonly tip: string
  /** Every commit that can be reached from the tip, in any order. */
  readonly versions: readonly RawVersion[]
}

export interface CompiledIdentity {
  readonly identity: Identity | undefined
  readonly problems: readonly Problem[]
}

const versionNumber = 2

/** The entry of a commit's tree that holds a version. */
export const versionEntry = 'version'

/** What is wrong with a first version that the identity's id is not made of. */
export function checkIdentityRoot(version: Buffer, identityId: string): string | undefined {
  return idOfBytes(version) === identityId ? undefined : 'the ref is not named by the identity’s id'
}

/** Compiles an identity. */
export function compileIdentity(raw: RawIdentity, limits: DecodeLimits): CompiledIdentity {
  const nameProblem = checkEntityName(raw.id)
  if (nameProblem) return { identity: undefined, problems: [{ reason: nameProblem }] }
  let commit: string | undefined
  try {
    const chain = orderChain(raw)
    const first = chain[0]
    const rootProblem = first && checkIdentityRoot(first.version, raw.id)
    if (rootProblem) throw new FieldProblem(rootProblem)
    const versions = chain.map(version => {
      commit = version.commit
      return parseVersion(version, limits)
    })
    return { identity: toIdentity(raw, versions), problems: [] }
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error
    return { identity: undefined, problems: [{ reason: error.message, ...(commit === undefined ? {} : { commit }) }] }
  }
}

/** The versions from the first to the last. */
function orderChain(raw: RawIdentity): RawVersion[] {
  const byCommit = new Map(raw.versions.map(version => [version.commit, version]))
  const chain: RawVersion[] = []
  for (let commit: string | undefined = raw.tip; commit !== undefined; ) {
    const version = byCommit.get(commit)
    if (!version) throw new FieldProblem(`commit ${commit} is missing`)
    // git does not compare objects with their names when it reads them: whoever can write files can bend a chain.
    if (chain.length === raw.versions.length) throw new FieldProblem('its versions run in a circle')
    if (version.parents.length > 1) throw new FieldProblem('an identity cannot have merges')
    chain.push(version)
    commit = version.parents[0]
  }
  return chain.reverse()
}

function parseVersion(raw: RawVersion, limits: DecodeLimits): IdentityVersion {
  const scan = scanPack(raw.version, limits.maxNesting)
  if (scan.problem) throw new FieldProblem(`"version" is ${scan.problem}`)
  const fields = parseJson(raw.version, '"version"')
  if (fields.version !== versionNumber) throw new FieldProblem(`an identity format other than ${versionNumber}`)
  const setText = (name: string) => textField(fields, name) || undefined
  return {
    commit: raw.commit,
    times: parseTimes(fields, raw.version),
    at: timeField(fields, 'unix_time'),
    name: setText('name'),
    email: setText('email'),
    login: setText('login'),
    avatarUrl: setText('avatar_url'),
    keys: textListField(fields, 'pub_keys'),
    metadata: textMapField(fields, 'metadata'),
  }
}

function parseTimes(fields: JsonObject, bytes: Buffer): ReadonlyMap<string, Lamport> {
  const times = new Map<string, Lamport>()
  if (fields.times === undefined || fields.times === null) return times
  for (const [clock, value] of Object.entries(asObject(exactTimes(fields.times, bytes), '"times"'))) {
    const isNumber = typeof value === 'number' || typeof value === 'bigint'
    const time = isNumber ? parseLamport(String(value)) : undefined
    if (time === undefined) throw new FieldProblem('"times" holds something that is no logical time')
    times.set(clock, time)
  }
  return times
}

/** Numbers above 2^53 lose digits when JSON is parsed as usual; then they are parsed again, exactly. */
function exactTimes(times: unknown, bytes: Buffer): unknown {
  if (Object.values(asObject(times, '"times"')).every(Number.isSafeInteger)) return times
  const keepDigits = (_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' && /^[0-9]{1,20}$/.test(context.source ?? '') ? BigInt(context.source ?? 0) : value
  return (JSON.parse(bytes.toString('utf8'), keepDigits as (key: string, value: unknown) => unknown) as JsonObject)
    .times
}

function toIdentity(raw: RawIdentity, versions: readonly IdentityVersion[]): Identity {
  const last = versions.at(-1)
  const { name, email, login, avatarUrl } = last ?? {}
  return {
    id: raw.id,
    tip: raw.tip,
    name,
    email,
    login,
    avatarUrl,
    displayName: displayName(raw.id, name, login),
    versions,
  }
}

/** `format.md`: name, else login, and `name (login)` where both are set; without both the short id. */
function displayName(id: string, name: string | undefined, login: string | undefined): string {
  if (name !== undefined && login !== undefined) return `${name} (${login})`
  return name ?? login ?? humanId(id)
}
