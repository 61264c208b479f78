/**
 * Requests in versions 0 and 1 (gitprotocol-pack, "Packfile Negotiation"; gitprotocol-http): what is wanted, a flush,
 * what is there, and then `done` or one more flush. git answers one such round and ends, so nothing may follow it; and
 * a client that has only asked where history is to be cut off stops behind the first flush.
 */
import { idleFlags, isAboutClient, isOfferedFlag, type OfferedFlag, offeredFlags } from './capabilities.ts'
import { type CheckedTerms, createFetchTerms, type FetchTerms, type TermsContext } from './fetch-terms.ts'
import { isMistake, type Mistake, mistake, quoted } from './mistake.ts'
import { hashLength, type ObjectFormat } from './object-format.ts'
import { flushPacket, type PacketReader, packetLine } from './packet.ts'
import type { EmptyRequest, FetchRequest } from './request.ts'

/** How a round ends: nothing behind the wants, a flush that asks what is common, or `done`. */
type RoundEnd = 'nothing' | 'flush' | 'done'

/**
 * In these versions git compares each want with each object that the client says it has, some fifteen million times a
 * second: ten thousand of one and twenty thousand of the other took it thirteen seconds. Whoever follows a large tracker
 * from day to day stays far below.
 */
const maxComparisons = 100_000_000

export function readUploadRequest(packets: PacketReader, context: TermsContext): FetchRequest | EmptyRequest | Mistake {
  const terms = createFetchTerms(context)
  const wanted = readWants(packets, terms, context.objectFormat)
  if (isMistake(wanted)) return wanted
  if (wanted.lines === 0) return readEmpty(packets)
  const { flags } = wanted
  const end = readHaves(packets, terms)
  if (isMistake(end)) return end
  const checked = terms.check(flags.has('deepen-relative'))
  if (isMistake(checked)) return checked
  if (checked.filter !== undefined && !flags.has('filter')) return mistake('a filter without the capability filter')
  const { wants, deepened, deepenNot } = checked
  if (wants.length * checked.haves.length > maxComparisons) {
    return mistake('so many wants and haves take version 2 of the protocol (git -c protocol.version=2)')
  }
  const body = writeBody({ checked, flags, end, objectFormat: context.objectFormat })
  return { kind: 'fetch', version: 0, wants, deepened, deepenNot, body }
}

function readEmpty(packets: PacketReader): EmptyRequest | Mistake {
  const mark = packets.readLines(noLine)
  if (isMistake(mark)) return mark
  return mark === 'end' ? { kind: 'empty' } : mistake('no object is wanted')
}

const noLine = (line: string) => mistake(`expected the end of the request, not ${quoted(line)}`)

/** Reads up to the first flush. @returns how many lines there are, and the capabilities behind the first want */
function readWants(packets: PacketReader, terms: FetchTerms, objectFormat: ObjectFormat) {
  const wantEnd = 'want '.length + hashLength(objectFormat)
  let lines = 0
  let flags: ReadonlySet<OfferedFlag> | undefined
  const mark = packets.readLines(line => {
    lines++
    let term = line
    if (!flags && line.startsWith('want ')) {
      const read = readFlags(line.slice(wantEnd), objectFormat)
      if (isMistake(read)) return read
      flags = read
      term = line.slice(0, wantEnd)
    }
    const taken = term.startsWith('have ') ? false : terms.take(term)
    if (isMistake(taken)) return taken
    return taken ? undefined : mistake(`expected what is wanted, not ${quoted(line)}`)
  })
  if (isMistake(mark)) return mark
  if (mark === 'delimiter') return unexpectedDelimiter
  if (mark === 'end') return mistake(lines === 0 ? 'the request is empty' : 'no flush behind what is wanted')
  return { kind: 'wanted', lines, flags: flags ?? new Set<OfferedFlag>() } as const
}

const unexpectedDelimiter = mistake('versions 0 and 1 have no delimiter')

/** @param text what is behind the first want, from its space on */
function readFlags(text: string, objectFormat: ObjectFormat): Set<OfferedFlag> | Mistake {
  const flags = new Set<OfferedFlag>()
  if (text !== '' && !text.startsWith(' '))
    return mistake(`expected a space behind the first want, not ${quoted(text)}`)
  for (const word of text.split(' ')) {
    if (isOfferedFlag(word)) flags.add(word)
    else if (word.startsWith('object-format=')) {
      if (word !== `object-format=${objectFormat}`) return mistake(`${quoted(word)}, but it is ${objectFormat}`)
    } else if (word !== '' && !idleFlags.has(word) && !isAboutClient(word)) {
      return mistake(`the capability ${quoted(word)} is not offered`)
    }
  }
  return flags
}

/** Reads what is behind the first flush, to the end of the body. */
function readHaves(packets: PacketReader, terms: FetchTerms): RoundEnd | Mistake {
  let lines = 0
  let isDone = false
  const mark = packets.readLines(line => {
    lines++
    if (isDone) return noLine(line)
    isDone = line === 'done'
    const taken = isDone || (line.startsWith('have ') && terms.take(line))
    if (isMistake(taken)) return taken
    return taken ? undefined : mistake(`expected what is there, not ${quoted(line)}`)
  })
  if (isMistake(mark)) return mark
  if (mark === 'delimiter') return unexpectedDelimiter
  if (mark === 'end' && !isDone) return lines === 0 ? 'nothing' : mistake("no flush and no 'done' behind what is there")
  // A flush behind `done` is one that git leaves unread.
  const last = mark === 'end' ? mark : packets.readLines(noLine)
  if (isMistake(last)) return last
  if (last !== 'end') return mistake(`a ${last} behind the end of the request`)
  return isDone ? 'done' : 'flush'
}

interface BodyParts {
  readonly checked: CheckedTerms
  readonly flags: ReadonlySet<OfferedFlag>
  readonly end: RoundEnd
  readonly objectFormat: ObjectFormat
}

function writeBody({ checked, flags, end, objectFormat }: BodyParts): Uint8Array {
  const { wants, haves, limits, filter, isRelative } = checked
  const chosen = offeredFlags.filter(flag => flags.has(flag) && (flag !== 'deepen-relative' || isRelative))
  const [first = '', ...others] = wants
  const lines = [
    packetLine(`want ${[first, ...chosen, `object-format=${objectFormat}`].join(' ')}\n`),
    ...others.map(hash => packetLine(`want ${hash}\n`)),
    ...limits.map(packetLine),
    ...(filter === undefined ? [] : [packetLine(`filter ${filter}\n`)]),
    flushPacket,
    ...haves.map(hash => packetLine(`have ${hash}\n`)),
    { nothing: '', flush: flushPacket, done: packetLine('done\n') }[end],
  ]
  return Buffer.from(lines.join(''), 'latin1')
}
