/** Which version of the protocol a client asks for (gitprotocol-v2, "HTTP Transport"), read as git reads it. */

const versionKey = /^version=([012])$/

/**
 * The highest version that it names and that exists; 0 where it names none.
 * @param header the value of `Git-Protocol`: keys with a colon between them
 */
export function readProtocolVersion(header: string | undefined): 0 | 1 | 2 {
  const named = new Set((header ?? '').split(':').map(key => versionKey.exec(key)?.[1]))
  if (named.has('2')) return 2
  return named.has('1') ? 1 : 0
}
