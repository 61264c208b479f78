/**
 * The form in which visitors name a repository elsewhere, whose bugs they want to see here. It keeps what they wrote,
 * and says at the field what is wrong with it.
 */
import { strings } from '../strings/strings.ts'
import { patternText } from './mirror-view.ts'
import type { Site } from './site.ts'
import { leftOut } from './wording.ts'

/** What a visitor has written, and what is wrong with it. */
export interface OpenAttempt {
  readonly address: string
  /** A sentence; undefined where nothing is wrong yet. */
  readonly mistake?: string | undefined
}

export interface OpenFormView {
  readonly action: string
  /** As it was written. */
  readonly address: string
  /** A sentence; else empty. */
  readonly mistake: string
  /** Which addresses may be opened. */
  readonly allowed: readonly string[]
  /** How many kinds of them are not named; else empty. */
  readonly more: string
  /** True where the visitor is about to open one: then it comes before everything else. */
  readonly isFirst: boolean
}

const maxAllowed = 8
/** No address that is longer can be opened. */
export const maxAddressChars = 2048

/** The form; undefined where visitors may open nothing. */
export function openForm({ links, remotes, isCopy }: Site, attempt?: OpenAttempt): OpenFormView | undefined {
  const { open } = remotes
  if (open.length === 0 || isCopy) return undefined
  return {
    action: links.open(),
    address: attempt?.address.slice(0, maxAddressChars) ?? '',
    mistake: attempt?.mistake ?? '',
    allowed: open.slice(0, maxAllowed).map(patternText),
    more: leftOut(open.length, maxAllowed, strings.mirror.moreAddresses),
    isFirst: attempt !== undefined,
  }
}
