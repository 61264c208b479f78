/**
 * The keys that a person has had, each with the time for which it counted. Fingerprints are worked out here and not
 * taken from anybody. Bounded: a person may have written thousands of keys.
 */
import type { Identity, IdentityVersion } from '../bug/model.ts'
import { timesInForce } from '../signatures/keys-in-force.ts'
import { type PublicKey, parsePublicKey } from '../signatures/public-key.ts'
import { strings } from '../strings/strings.ts'
import { dayView, type TimeView } from './time.ts'
import { leftOut } from './wording.ts'

export interface KeysView {
  /** Those in force first, the latest first. */
  readonly shown: readonly KeyView[]
  /** How many more there are, in words; empty where all are shown. */
  readonly more: string
}

export interface KeyView {
  /** In groups of four digits; empty where the key cannot be read. */
  readonly fingerprint: string
  /** Such as `RSA 2048`. */
  readonly algorithm: string
  readonly since: TimeView
  /** When it was taken away; undefined while it is in force. */
  readonly until: TimeView | undefined
  /** In which logical times of edits it counts, such as `from edit time 3`. */
  readonly lamport: string
}

/** A key from the version that brings it to the one that takes it away. */
interface KeySpan {
  readonly armor: string
  /** Places of versions; `end` is the first without the key. */
  readonly start: number
  end: number | undefined
}

const maxShown = 50

export function keysView({ versions }: Identity): KeysView {
  const { fromEditTime, editTimes, moreKeys } = strings.person
  const spans = spansOf(versions)
  const times = timesInForce(versions)
  const latestFirst = spans.toReversed()
  const ordered = [
    ...latestFirst.filter(({ end }) => end === undefined),
    ...latestFirst.filter(({ end }) => end !== undefined),
  ]
  return {
    shown: ordered.slice(0, maxShown).map(({ armor, start, end }) => {
      const key = parsePublicKey(armor)
      const from = String(times[start] ?? 0)
      return {
        fingerprint: key ? groupedDigits(key.fingerprint) : '',
        algorithm: key?.algorithm ?? '',
        since: dayView(versions[start]?.at ?? 0),
        until: end === undefined ? undefined : dayView(versions[end]?.at ?? 0),
        lamport: end === undefined ? fromEditTime(from) : editTimes(from, String(times[end] ?? 0)),
      }
    }),
    more: leftOut(ordered.length, maxShown, moreKeys),
  }
}

function spansOf(versions: readonly IdentityVersion[]): KeySpan[] {
  const spans: KeySpan[] = []
  let current = new Map<string, KeySpan>()
  for (const [place, { keys }] of versions.entries()) {
    const next = new Map<string, KeySpan>()
    for (const armor of keys) {
      if (next.has(armor)) continue
      const span = current.get(armor) ?? { armor, start: place, end: undefined }
      if (!current.has(armor)) spans.push(span)
      next.set(armor, span)
    }
    for (const [armor, span] of current) if (!next.has(armor)) span.end = place
    current = next
  }
  return spans
}

/** Fingerprints of armoured keys, in lower-case hex digits; null for what is no key. Looks at the first 1,000. */
export function createFingerprints(): (armor: string) => string | null {
  const known = new Map<string, string | null>()
  return armor => {
    let found = known.get(armor)
    if (found === undefined) {
      if (known.size === maxFingerprints) return null
      found = parsePublicKey(armor)?.fingerprint.toLowerCase() ?? null
      known.set(armor, found)
    }
    return found
  }
}

const maxFingerprints = 1000

/** The 16 digits by which signatures name a key: the last of a version 4 fingerprint, the first of others. */
export function shortKeyId(fingerprint: PublicKey['fingerprint']): string {
  return fingerprint.length === 40 ? fingerprint.slice(-16) : fingerprint.slice(0, 16)
}

function groupedDigits(digits: string): string {
  return digits.replace(/....(?=.)/g, '$& ')
}
