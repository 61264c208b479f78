/**
 * Listing refs. One `for-each-ref` with a format that opens no object, so that a ref to a missing object cannot spoil
 * the listing of the others (`format.md`, "Refs"). A listing is kept as the bytes that git printed: of a hundred
 * thousand refs a few have moved since the last one, and only those are ever taken apart.
 */
import { hash } from 'node:crypto'
import { ViewerError } from '../base/errors.ts'
import { isObjectHash } from './hash.ts'
import { type GitSetup, runGit } from './process.ts'

export interface Ref {
  /** Full name, such as `refs/bugs/…`. */
  readonly name: string
  /** The object that it points to. */
  readonly hash: string
}

export interface RefListing {
  /** `<hash> <name>\n` for each ref, sorted by the bytes of the name, as git prints them. */
  readonly bytes: Buffer
  /** SHA-256 of the bytes: equal digests, equal refs. 64 hex digits. */
  readonly digest: string
  /** Names of refs whose files hold no object name; git only warns of them. */
  readonly broken: readonly string[]
}

const brokenRef = /^warning: ignoring (?:broken ref|dangling symref|ref with broken name) (\S+)$/gm

/**
 * Lists the refs under some prefixes.
 * @param folder the repository's folder
 * @param prefixes such as `refs/bugs`; constants of the program, never a visitor's text
 */
export async function listRefs(
  setup: GitSetup,
  folder: string,
  options: { readonly prefixes: readonly string[]; readonly signal?: AbortSignal | undefined },
): Promise<RefListing> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', '--', ...options.prefixes]
  const { stdout: bytes, stderr } = await runGit(setup, folder, args, { signal: options.signal })
  const broken = [...stderr.matchAll(brokenRef)].map(match => match[1] ?? '')
  return {
    bytes,
    digest: hash('sha256', bytes, 'hex'),
    broken: broken.filter(name => options.prefixes.some(prefix => name.startsWith(`${prefix}/`))),
  }
}

const newline = 0x0a
const space = 0x20

/** Takes a listing apart. @throws GIT_PROTOCOL where a line is none of a listing */
export function parseRefs(bytes: Buffer): Ref[] {
  return [...eachRef(bytes)]
}

/** The same ref by ref, for those who let others have their turn. @throws GIT_PROTOCOL where a line is none of a listing */
export function* eachRef(bytes: Buffer): Generator<Ref, void> {
  for (let at = 0; at < bytes.length; ) {
    const end = lineEnd(bytes, at)
    yield parseLine(bytes, at, end)
    at = end + 1
  }
}

/** One place where two listings differ: of the first one's lines from `at` on, `removed` are gone and `added` came. */
export interface ListingEdit {
  /** Number of the line in the first listing, from 0. */
  readonly at: number
  readonly removed: number
  readonly added: readonly Ref[]
}

/**
 * What has changed from one listing to the next, in the order of the lines. What is equal is passed over in blocks, so
 * that a few changes in a long listing cost little more than comparing its bytes.
 * @throws GIT_PROTOCOL where a changed line is none of a listing
 */
export function diffListings(before: Buffer, after: Buffer): ListingEdit[] {
  const edits: ListingEdit[] = []
  let [a, b, line] = [0, 0, 0]
  while (a < before.length || b < after.length) {
    const same = equalBytes(before, a, after, b)
    // Back to the start of the line that differs; what is before it is the same in both.
    const start = same === 0 ? a : before.lastIndexOf(newline, a + same - 1) + 1
    line += countLines(before, a, start)
    b += start - a
    a = start
    if (a >= before.length && b >= after.length) break
    const { removed, added, ...next } = takeDifference({ before, after, a, b })
    edits.push({ at: line, removed, added })
    line += removed
    a = next.a
    b = next.b
  }
  return edits
}

/** Takes one line off the listing whose name comes first, or off both where it is the same name. */
function takeDifference({ before, after, a, b }: { before: Buffer; after: Buffer; a: number; b: number }) {
  const endA = a < before.length ? lineEnd(before, a) : -1
  const endB = b < after.length ? lineEnd(after, b) : -1
  if (endB < 0) return { a: endA + 1, b, removed: 1, added: [] }
  if (endA < 0) return { a, b: endB + 1, removed: 0, added: [parseLine(after, b, endB)] }
  const order = before.compare(after, nameStart(after, b, endB), endB, nameStart(before, a, endA), endA)
  if (order < 0) return { a: endA + 1, b, removed: 1, added: [] }
  const added = [parseLine(after, b, endB)]
  return order > 0 ? { a, b: endB + 1, removed: 0, added } : { a: endA + 1, b: endB + 1, removed: 1, added }
}

const smallestBlock = 256
const largestBlock = 256 * 1024

/** How many bytes are the same from there on. Blocks grow while they are equal, and shrink to the first difference. */
function equalBytes(before: Buffer, a: number, after: Buffer, b: number): number {
  const most = Math.min(before.length - a, after.length - b)
  let same = 0
  let block = smallestBlock
  while (same < most) {
    const size = Math.min(block, most - same)
    if (before.compare(after, b + same, b + same + size, a + same, a + same + size) === 0) {
      same += size
      block = Math.min(block * 2, largestBlock)
    } else if (size === 1) break
    else block = size >> 1
  }
  return same
}

function countLines(bytes: Buffer, start: number, end: number): number {
  let lines = 0
  for (let at = bytes.indexOf(newline, start); at >= 0 && at < end; at = bytes.indexOf(newline, at + 1)) lines++
  return lines
}

function lineEnd(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(newline, start)
  if (end < 0) throw new ViewerError('GIT_PROTOCOL', 'git for-each-ref printed a line without an end')
  return end
}

function nameStart(bytes: Buffer, start: number, end: number): number {
  const at = bytes.indexOf(space, start)
  return at < 0 || at >= end ? end : at + 1
}

function parseLine(bytes: Buffer, start: number, end: number): Ref {
  const nameAt = nameStart(bytes, start, end)
  const object = bytes.toString('latin1', start, nameAt - 1)
  if (!isObjectHash(object)) throw new ViewerError('GIT_PROTOCOL', 'git for-each-ref printed a line without a hash')
  return { hash: object, name: bytes.toString('utf8', nameAt, end) }
}
