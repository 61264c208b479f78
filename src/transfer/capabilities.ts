/**
 * What a client may ask for besides objects (gitprotocol-capabilities, gitprotocol-v2): in one place for those who offer
 * it and those who check what comes. Only what `git upload-pack` keeps from 2.31 on, and nothing that would tell of more
 * than what is wanted.
 */
import type { ObjectFormat } from './object-format.ts'

/** Versions 0 and 1; what a client may name behind its first want. */
export const offeredFlags = [
  'multi_ack',
  'side-band',
  'side-band-64k',
  'ofs-delta',
  'shallow',
  'deepen-since',
  'deepen-not',
  'deepen-relative',
  'no-progress',
  'multi_ack_detailed',
  'no-done',
  'filter',
] as const

export type OfferedFlag = (typeof offeredFlags)[number]

const flagNames: ReadonlySet<string> = new Set(offeredFlags)

export function isOfferedFlag(name: string): name is OfferedFlag {
  return flagNames.has(name)
}

/** True for what a client says of itself, which decides no answer. Some say it whether they were asked or not. */
export function isAboutClient(word: string): boolean {
  return word.startsWith('agent=') || word.startsWith('session-id=')
}

/**
 * What clients ask for whether it is offered or not, and what nobody gets. `include-tag` would send tags, of which none is
 * offered. `thin-pack` would send changes of objects that the client says it has: of a hidden one, the changes tell its
 * name, its size and what it shares with one that is offered. Bugs are new files each time, so it would save nothing.
 */
export const idleFlags: ReadonlySet<string> = new Set(['include-tag', 'thin-pack'])

/** Behind the first ref of an advertisement in versions 0 and 1. Objects that refs reach may be wanted as well as tips. */
export function refCapabilities(objectFormat: ObjectFormat, agent: string): string {
  return [
    ...offeredFlags,
    'allow-reachable-sha1-in-want',
    `object-format=${objectFormat}`,
    `agent=${visibleWord(agent)}`,
  ].join(' ')
}

/** The lines of an advertisement in version 2. */
export function version2Capabilities(objectFormat: ObjectFormat, agent: string): string[] {
  return [`agent=${visibleWord(agent)}`, 'ls-refs', 'fetch=shallow filter', `object-format=${objectFormat}`]
}

/** As git writes its own: what is not visible ASCII is a dot. */
function visibleWord(text: string): string {
  return text.replace(/[^!-~]/g, '.')
}
