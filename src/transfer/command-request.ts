/**
 * Requests in version 2 (gitprotocol-v2): a command with what the client says of itself, and behind a delimiter its
 * arguments. Two commands are offered, `ls-refs` and `fetch`, and one of them makes a request.
 */
import { idleFlags, isAboutClient } from './capabilities.ts'
import { type CheckedTerms, createFetchTerms, type TermsContext } from './fetch-terms.ts'
import { isMistake, type Mistake, mistake, quoted } from './mistake.ts'
import type { ObjectFormat } from './object-format.ts'
import { delimiterPacket, flushPacket, type PacketReader, packetLine } from './packet.ts'
import type { EmptyRequest, FetchRequest, LsRefsRequest, UploadPackRequest } from './request.ts'

type Command = 'ls-refs' | 'fetch'

export function readCommand(packets: PacketReader, context: TermsContext): UploadPackRequest | Mistake {
  const head = readHead(packets, context.objectFormat)
  if (isMistake(head)) return head
  const request = head.kind === 'empty' ? head : readArguments(packets, head, context)
  if (isMistake(request)) return request
  const mark = packets.readLines(line => mistake(`expected the end of the request, not ${quoted(line)}`))
  if (isMistake(mark)) return mark
  return mark === 'end' ? request : mistake(`a ${mark} behind the end of the request`)
}

interface Head {
  readonly kind: 'command'
  readonly command: Command
  /** Whether a delimiter ended it, and not a flush. */
  readonly hasArguments: boolean
}

/** Reads up to the delimiter, or to the flush of a request without arguments. */
function readHead(packets: PacketReader, objectFormat: ObjectFormat): Head | EmptyRequest | Mistake {
  let lines = 0
  let command: Command | undefined
  // What a client means that names none.
  let format = 'sha1'
  const mark = packets.readLines(line => {
    lines++
    if (line.startsWith(formatKey)) format = line.slice(formatKey.length)
    else if (line.startsWith(commandKey)) {
      if (command) return mistake('more than one command')
      const name = line.slice(commandKey.length)
      if (name !== 'ls-refs' && name !== 'fetch') return mistake(`the command ${quoted(name)} is not offered`)
      command = name
    } else if (!isAboutClient(line)) return mistake(`the capability ${quoted(line)} is not offered`)
    return undefined
  })
  if (isMistake(mark)) return mark
  if (mark === 'end') return mistake(lines === 0 ? 'the request is empty' : 'no flush behind the command')
  if (lines === 0 && mark === 'flush') return { kind: 'empty' }
  if (!command) return mistake('no command')
  if (format !== objectFormat) return mistake(`${quoted(formatKey + format)}, but it is ${objectFormat}`)
  return { kind: 'command', command, hasArguments: mark === 'delimiter' }
}

const commandKey = 'command='
const formatKey = 'object-format='

function readArguments(packets: PacketReader, { command, hasArguments }: Head, context: TermsContext) {
  const reader = command === 'fetch' ? createFetchReader(context) : createLsRefsReader()
  if (!hasArguments) return reader.finish()
  const mark = packets.readLines(line => {
    const taken = reader.take(line)
    if (isMistake(taken)) return taken
    return taken ? undefined : mistake(`${command} has no argument ${quoted(line)} here`)
  })
  if (isMistake(mark)) return mark
  return mark === 'flush' ? reader.finish() : mistake(`no flush behind the arguments of ${command}`)
}

/** Takes the arguments of a command, each with whether it is one of them. */
interface ArgumentReader<Request> {
  take(line: string): boolean | Mistake
  finish(): Request | Mistake
}

/**
 * More prefixes than these are read as none, as git does at some number: that sends more than was asked for, and nothing is
 * missing. A list of all refs lies there; the parts of one have to be found, and sent one by one.
 */
const maxPrefixes = 4096
const prefixWord = 'ref-prefix '
/** No ref is a tag, none is symbolic, and there is no HEAD that could be unborn: they change no answer. */
const idleListFlags: ReadonlySet<string> = new Set(['peel', 'symrefs', 'unborn'])

function createLsRefsReader(): ArgumentReader<LsRefsRequest> {
  const prefixes = new Set<string>()
  return {
    take(line) {
      if (!line.startsWith(prefixWord)) return idleListFlags.has(line)
      if (prefixes.size <= maxPrefixes) prefixes.add(line.slice(prefixWord.length))
      return true
    },
    finish() {
      return { kind: 'ls-refs', prefixes: prefixes.size > maxPrefixes ? [] : [...prefixes] }
    },
  }
}

/** How the pack is to be made, in the order in which they are written. */
const packFlags = ['no-progress', 'ofs-delta'] as const
const fetchFlags: ReadonlySet<string> = new Set([...packFlags, ...idleFlags, 'deepen-relative', 'done'])

function createFetchReader(context: TermsContext): ArgumentReader<FetchRequest> {
  const terms = createFetchTerms(context)
  const flags = new Set<string>()
  return {
    take(line) {
      // Most lines are terms, and long: looking each up among the flags would take its time.
      const taken = terms.take(line)
      if (taken !== false) return taken
      if (fetchFlags.has(line)) flags.add(line)
      return fetchFlags.has(line)
    },
    finish() {
      const checked = terms.check(flags.has('deepen-relative'))
      if (isMistake(checked)) return checked
      const { wants, deepened, deepenNot } = checked
      return {
        kind: 'fetch',
        version: 2,
        wants,
        deepened,
        deepenNot,
        body: writeBody(checked, flags, context.objectFormat),
      }
    },
  }
}

function writeBody(checked: CheckedTerms, flags: ReadonlySet<string>, objectFormat: ObjectFormat): Uint8Array {
  const { wants, haves, limits, filter, isRelative } = checked
  // Where nothing is there, git sends the pack whether this is said or not.
  const isDone = flags.has('done') || haves.length === 0
  const lines = [
    packetLine('command=fetch\n'),
    packetLine(`object-format=${objectFormat}\n`),
    delimiterPacket,
    ...packFlags.filter(flag => flags.has(flag)).map(flag => packetLine(`${flag}\n`)),
    ...wants.map(hash => packetLine(`want ${hash}\n`)),
    ...limits.map(packetLine),
    ...(isRelative ? [packetLine('deepen-relative\n')] : []),
    ...(filter === undefined ? [] : [packetLine(`filter ${filter}\n`)]),
    ...haves.map(hash => packetLine(`have ${hash}\n`)),
    ...(isDone ? [packetLine('done\n')] : []),
    flushPacket,
  ]
  return Buffer.from(lines.join(''), 'latin1')
}
