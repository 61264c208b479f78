/** Requests to `upload-pack` and its answers, as far as tests of it go. */

/** Packet lines; `''` is a flush and `'|'` a delimiter. */
export function packets(lines: readonly string[]): Buffer {
  const encode = (line: string) => `${(line.length + 5).toString(16).padStart(4, '0')}${line}\n`
  return Buffer.from(
    lines.map(line => (line === '' ? '0000' : line === '|' ? '0001' : encode(line))).join(''),
    'latin1',
  )
}

/** The texts of packet lines before the pack, and the pack, which comes in the first side band. */
export function readAnswer(answer: Buffer): { readonly lines: readonly string[]; readonly pack: Buffer } {
  const lines: string[] = []
  const pieces: Buffer[] = []
  for (let at = 0; at < answer.length; ) {
    const length = Number.parseInt(answer.toString('latin1', at, at + 4), 16)
    const content = answer.subarray(at + 4, at + Math.max(4, length))
    if (content[0] === 1) pieces.push(content.subarray(1))
    else if (content.length > 0 && content[0] !== 2) lines.push(content.toString('latin1').trimEnd())
    at += Math.max(4, length)
  }
  return { lines, pack: Buffer.concat(pieces) }
}
