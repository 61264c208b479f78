/**
 * What pages say of a copy of a repository elsewhere: where it is from, how old it is, and why it is not newer. All of
 * it comes from the state that is shown, so that a page can be kept for as long as that lasts. Addresses come from
 * visitors: a link leads out by `http:` and `https:` only, and nothing that a shell would act on gets into a command.
 */
import type { TrackerOrigin } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { minuteView, type TimeView } from './time.ts'
import { bytesText, durationText, shownText } from './wording.ts'

export interface OriginView {
  /** The address as it is shown. */
  readonly address: string
  /** Undefined where no browser can follow it. */
  readonly url: string | undefined
  /** When it was last seen as it is shown. */
  readonly fetched: TimeView
  /** Undefined where it can be fetched. */
  readonly failure: OriginFailureView | undefined
}

export interface OriginFailureView {
  readonly since: TimeView
  /** A part of a sentence. */
  readonly reason: string
}

/** What the page about a repository says besides. */
export interface OriginFacts {
  readonly size: string
  readonly howOften: string
}

const words = strings.mirror
const maxAddressChars = 300

/** Where a copy is from. */
export function originView({ href, fetchedMs, failure }: TrackerOrigin): OriginView {
  return {
    address: shownText(href, maxAddressChars),
    url: /^https?:\/\//.test(href) ? href : undefined,
    fetched: minuteView(fetchedMs / 1000),
    failure: failure && { since: minuteView(failure.sinceMs / 1000), reason: words.failures[failure.reason].told },
  }
}

/** The rest of what is known of it. @param refreshSeconds how often it is fetched at most */
export function originFacts({ bytes }: TrackerOrigin, refreshSeconds: number): OriginFacts {
  return { size: words.onDisk(bytesText(bytes)), howOften: words.fetchedAgain(durationText(refreshSeconds)) }
}

/** The address as it can stand in a command as it is; undefined where a shell would find something to do in it. */
export function commandAddress(href: string): string | undefined {
  return /^(?:https?|git|ssh):\/\/[\w.~/:%+@-]{1,500}$/.test(href) ? href : undefined
}

/**
 * A pattern of addresses as people read it: `https://codeberg.org/**` becomes `https://codeberg.org/…`. What stands for
 * any scheme is left out.
 */
export function patternText(pattern: string): string {
  return shownText(pattern.replace(/^\*:\/\//, '').replace(/\*+/g, '…'), maxAddressChars)
}
