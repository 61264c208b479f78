/**
 * What can be fetched, in the words of git's protocol: the advertisement that each fetch begins with
 * (gitprotocol-pack, "Reference Discovery"; gitprotocol-v2, "Capability Advertisement") and the answers to `ls-refs`.
 * Written from the refs that are given and from nothing else: a ref that is not among them cannot show.
 */
import { refCapabilities, version2Capabilities } from './capabilities.ts'
import { hashLength, type ObjectFormat } from './object-format.ts'
import { flushPacket, longestName, packetLine } from './packet.ts'

export interface OfferedRefs {
  /** Sorted by the bytes of their names. */
  readonly refs: readonly { readonly name: string; readonly hash: string }[]
  readonly objectFormat: ObjectFormat
}

/** Its bytes are made once and shared by all who ask, so it can be kept as long as its refs are. */
export interface Offer {
  /** What its lines take in memory. */
  readonly bytes: number
  /** The answer to `GET info/refs?service=git-upload-pack`, in parts. */
  advertise(version: 0 | 1 | 2): readonly Uint8Array[]
  /** The answer to `ls-refs`, in parts. @param prefixes one character for each byte; none means all */
  list(prefixes: readonly string[]): readonly Uint8Array[]
  /** Whether a ref is offered. @param name one character for each byte */
  has(name: string): boolean
}

/** @param agent name and version of this program, such as `git-bug-viewer/1.0.0` */
export function createOffer({ refs: given, objectFormat }: OfferedRefs, agent: string): Offer {
  // One with a longer name may not fit.
  const refs = given.filter(({ name }) => name.length <= longestName)
  const names = refs.map(({ name }) => byteString(name))
  const { bytes, starts } = writeLines(refs, names)
  const linesOf = ({ from, to }: Range) => bytes.subarray(starts[from], starts[to])
  const all = { from: 0, to: refs.length }

  /** The refs whose name starts so are neighbours. */
  const withPrefix = (prefix: string): Range => {
    const from = firstNot(names, { from: 0, to: names.length }, name => name < prefix)
    return { from, to: firstNot(names, { from, to: names.length }, name => name.startsWith(prefix)) }
  }

  const advertiseRefs = (version: 0 | 1): Uint8Array[] => {
    const head = [packetLine('# service=git-upload-pack\n'), flushPacket]
    if (version === 1) head.push(packetLine('version 1\n'))
    const first = refs[0] ?? { hash: '0'.repeat(hashLength(objectFormat)) }
    const capabilities = refCapabilities(objectFormat, agent)
    head.push(packetLine(`${first.hash} ${names[0] ?? 'capabilities^{}'}\0${capabilities}\n`))
    return [toBytes(head), linesOf({ from: Math.min(1, refs.length), to: refs.length }), toBytes([flushPacket])]
  }

  return {
    bytes: bytes.length + starts.byteLength,
    advertise(version) {
      if (version !== 2) return advertiseRefs(version)
      const lines = ['version 2', ...version2Capabilities(objectFormat, agent)]
      return [toBytes([...lines.map(line => packetLine(`${line}\n`)), flushPacket])]
    },
    list(prefixes) {
      const ranges = prefixes.length === 0 ? [all] : mergeRanges(prefixes.map(withPrefix))
      return [...ranges.map(linesOf), toBytes([flushPacket])]
    },
    has(name) {
      return names[firstNot(names, all, other => other < name)] === name
    },
  }
}

/** Places in a list, the last one excluded. */
interface Range {
  readonly from: number
  readonly to: number
}

/** The first place in the range for which `isBefore` does not hold; it holds for none behind that. */
function firstNot(names: readonly string[], { from, to }: Range, isBefore: (name: string) => boolean): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(names[middle] ?? '')) low = middle + 1
    else high = middle
  }
  return low
}

/** The same places, each once, in their order. */
function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = []
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    if (range.from === range.to) continue
    const last = merged.at(-1)
    if (last && range.from <= last.to) merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
    else merged.push(range)
  }
  return merged
}

/** The line of each ref is the same in every version: all of them behind each other, and where each starts. */
function writeLines(refs: OfferedRefs['refs'], names: readonly string[]) {
  const starts = new Uint32Array(refs.length + 1)
  const lines: string[] = []
  let length = 0
  for (const [place, { hash }] of refs.entries()) {
    const line = packetLine(`${hash} ${names[place]}\n`)
    lines.push(line)
    length += line.length
    starts[place + 1] = length
  }
  return { bytes: toBytes(lines), starts }
}

/** @param texts one character for each byte */
function toBytes(texts: readonly string[]): Buffer {
  return Buffer.from(texts.join(''), 'latin1')
}

const onlyAscii = /^[\0-\x7f]*$/

/** One character for each byte, so that texts compare as their bytes do. */
function byteString(text: string): string {
  return onlyAscii.test(text) ? text : Buffer.from(text).toString('latin1')
}
