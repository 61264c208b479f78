/** Ids of bugs, operations and comments (`format.md`, "Refs" and "From operations to a bug's state"). */
import { hash } from 'node:crypto'

const entityId = /^[0-9a-f]{64}$/
const outdatedId = /^[0-9a-f]{40}$/
const objectHash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** True for the id of a bug, an identity or an operation: 64 lower-case hex digits. */
export function isEntityId(text: string): boolean {
  return entityId.test(text)
}

/** What is wrong with the last part of a ref's name, if it is not an id. */
export function checkEntityName(name: string): string | undefined {
  if (isEntityId(name)) return undefined
  return outdatedId.test(name) ? 'written in an outdated format (an id of 40 digits)' : 'the ref is not named by an id'
}

/** True for the hash of an attached file. */
export function isFileHash(text: string): boolean {
  return objectHash.test(text)
}

/** The id that bytes have: their SHA-256 in hex. */
export function idOfBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

/** Length of every id. */
const idDigits = 64
/** A combined id starts so: digits of the operation stand at these places, then at every fifth. */
const operationPlaces: readonly boolean[] = Array.from(
  { length: idDigits },
  (_, place) => place === 1 || place === 3 || place === 5 || place === 9 || (place > 9 && place % 5 === 4),
)

/** The combined id of an operation of a bug: both ids interleaved, so that a prefix of it finds both. */
export function combineIds(bugId: string, operationId: string): string {
  const [b, o] = [bugId, operationId]
  let combined = `${b[0]}${o[0]}${b[1]}${o[1]}${b[2]}${o[2]}${b.slice(3, 6)}${o[3]}`
  for (let group = 0; group < 10; group++) combined += b.slice(6 + 4 * group, 10 + 4 * group) + o[4 + group]
  return combined + b.slice(46, 50)
}

/** Takes a combined id, or a prefix of one, apart into prefixes of the bug's and of the operation's id. */
export function splitCombinedId(prefix: string): { readonly bugPrefix: string; readonly operationPrefix: string } {
  let bugPrefix = ''
  let operationPrefix = ''
  for (let place = 0; place < prefix.length && place < idDigits; place++) {
    if (operationPlaces[place]) operationPrefix += prefix[place]
    else bugPrefix += prefix[place]
  }
  return { bugPrefix, operationPrefix }
}
