/** A commit object taken apart into what was signed and the signature (`format.md`, "Signatures"). Pure. */

export interface SignedCommit {
  /** The object without its `gpgsig` header: what the signature is of. */
  readonly payload: Buffer
  /** The armour; undefined where the commit carries none. */
  readonly signature: string | undefined
}

const newline = 0x0a
const space = 0x20
const header = Buffer.from('gpgsig ')

/** Takes the header out, continuation lines included; of several the first is the signature. Linear in the bytes. */
export function splitSignedCommit(bytes: Buffer): SignedCommit {
  const kept: Buffer[] = []
  let signature: string | undefined
  let keptFrom = 0
  let at = 0
  // The headers end with an empty line; a message may say what it likes.
  while (at < bytes.length && bytes[at] !== newline) {
    const end = endOfHeader(bytes, at)
    if (bytes.subarray(at, at + header.length).equals(header)) {
      kept.push(bytes.subarray(keptFrom, at))
      keptFrom = end
      signature ??= bytes
        .toString('latin1', at + header.length, end)
        .split('\n ')
        .join('\n')
    }
    at = end
  }
  if (signature === undefined) return { payload: bytes, signature }
  return { payload: Buffer.concat([...kept, bytes.subarray(keptFrom)]), signature }
}

/** Where the next header begins: lines that start with a space belong to the one before. */
function endOfHeader(bytes: Buffer, start: number): number {
  for (let at = start; ; ) {
    const end = bytes.indexOf(newline, at)
    if (end < 0) return bytes.length
    at = end + 1
    if (bytes[at] !== space) return at
  }
}
