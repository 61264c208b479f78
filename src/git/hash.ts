/** Object names. Whatever reaches git as an object name passes `isObjectHash` first. */

const objectHash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** True for a full object name: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits. */
export function isObjectHash(text: string): boolean {
  return objectHash.test(text)
}
