/**
 * The rendered texts of pages, each rendered once for as long as it is remembered: in memory, and those that take long
 * also in the store. The texts of a page are looked for in one step.
 *
 *     texts of a page ─► memory ─► store (long ones only) ─► rendered, with turns for others ─► kept
 *                                                                 links of this state are put in when they are shown
 *
 * A text is found by the id of the operation that wrote it and a tag of whatever else decides how it looks: the program
 * and the settings. An operation's id is the SHA-256 of its bytes, and it is computed here, from the bytes that were read
 * (`format.md`, "A bug"): nobody who writes into a repository can give a text the id of another, in this repository or
 * in any other, so a fragment that is found is always the one that would be made.
 */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'
import type { Measures } from '../base/measures.ts'
import { waitFor } from '../base/single-flight.ts'
import { nextTurn } from '../base/turns.ts'
import type { Linker } from '../pages/linker.ts'
import type { Autolink, Site } from '../pages/site.ts'
import type { Store } from '../store/store.ts'
import type { CommentTexts, TextSource } from '../text/comment-texts.ts'
import type { Markdown } from '../text/markdown.ts'
import { fillFragment, type TextFragment } from '../text/text-fragment.ts'
import { createWordLinks, type WordLinks } from '../text/word-links.ts'
import type { WantedTexts } from './services.ts'

/** Gives the texts of a page. @param signal ends the wait, and rejects with its reason; nothing else does */
export type RenderedTexts = (wanted: WantedTexts, signal?: AbortSignal) => Promise<CommentTexts>

export interface RenderedTextsDeps {
  /** Loaded with the first text. */
  markdown(): Promise<Pick<Markdown, 'fragment'>>
  readonly linker: Linker
  readonly site: Pick<Site, 'choicesFor'>
  readonly store: Store
  readonly clock: Clock
  readonly measures: Measures
}

export interface RenderedTextsOptions {
  /** Of the fragments in memory, about. */
  readonly maxBytes: number
  /** Changes whenever the program does, or a setting that decides how texts look. Printable ASCII without spaces. */
  readonly tag: string
}

/** Shorter texts are rendered in less time than the store needs to answer. */
const minStoredChars = 8 * 1024
/** What the store has not found in this time is rendered. */
const patienceMs = 50
/** Rendering goes on for this long before others have their turn. */
const turnMs = 10

/** How texts of a repository are rendered, beside what they say. */
interface Style {
  /** The beginning of the keys of its fragments. */
  readonly prefix: string
  readonly wordLinks: WordLinks | undefined
}

function encode({ html, cut }: TextFragment): Uint8Array {
  return Buffer.from(`${cut ? 1 : 0}${html}`)
}

function decode(bytes: Uint8Array): TextFragment {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return { html: text.slice(1), cut: text.startsWith('1') }
}

/** Makes the keeper. */
export function createRenderedTexts(deps: RenderedTextsDeps, { maxBytes, tag }: RenderedTextsOptions): RenderedTexts {
  const { linker, site, store, clock, measures } = deps
  const memory = new LRUCache<string, TextFragment>({
    maxSize: maxBytes,
    sizeCalculation: ({ html }, key) => 2 * html.length + key.length + 128,
    dispose: (_fragment, _key, why) => {
      if (why === 'evict') measures.count('gitbugviewer_evictions_total', { tier: 'text', reason: 'size' })
    },
  })
  measures.gauge('gitbugviewer_cache_bytes', () => [{ labels: { tier: 'text' }, value: memory.calculatedSize }])

  // As many as the settings have lists of patterns.
  const styles = new Map<string, Style>()
  const styleOf = (autolinks: readonly Autolink[]): Style => {
    const rules = JSON.stringify(autolinks)
    let style = styles.get(rules)
    if (style === undefined) {
      const prefix = `text/${hash('sha256', `${tag}\n${rules}`, 'base64url').slice(0, 16)}/`
      style = { prefix, wordLinks: autolinks.length === 0 ? undefined : createWordLinks(autolinks) }
      styles.set(rules, style)
    }
    return style
  }

  const readStored = async (keys: readonly string[], signal?: AbortSignal) => {
    if (keys.length === 0) return []
    const patience = new AbortController()
    const timer = clock.startTimer(patienceMs, () => patience.abort())
    try {
      const ends = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal
      return await waitFor(store.getMany('intermediate', keys), ends)
    } catch (error) {
      if (signal?.aborted) throw error
      return []
    } finally {
      timer.cancel()
    }
  }

  /** The fragments of texts that are not in memory. */
  const make = async (missing: ReadonlyMap<string, TextSource>, style: Style, signal?: AbortSignal) => {
    const made = new Map<string, TextFragment>()
    const long = [...missing].flatMap(([key, { source }]) => (source.length >= minStoredChars ? [key] : []))
    const stored = await readStored(long, signal)
    for (const [index, key] of long.entries()) {
      const bytes = stored[index]
      if (bytes !== undefined) made.set(key, decode(bytes))
    }
    const markdown = await deps.markdown()
    const fresh: { key: string; value: Uint8Array }[] = []
    let turnEndsMs = clock.monotonicMs() + turnMs
    for (const [key, { source }] of missing) {
      if (made.has(key)) continue
      if (clock.monotonicMs() > turnEndsMs) {
        await nextTurn()
        signal?.throwIfAborted()
        turnEndsMs = clock.monotonicMs() + turnMs
      }
      const fragment = markdown.fragment(source, style.wordLinks)
      made.set(key, fragment)
      if (source.length >= minStoredChars) fresh.push({ key, value: encode(fragment) })
    }
    if (fresh.length > 0) void store.setMany('intermediate', fresh)
    return made
  }

  const count = (result: 'hit' | 'miss', number: number) => {
    if (number > 0) measures.count('gitbugviewer_lookups_total', { tier: 'text', result }, number)
  }

  return async ({ repository, texts }, signal) => {
    const choices = site.choicesFor(repository.name)
    const style = styleOf(choices.autolinks)
    const found = new Map<string, TextFragment>()
    const missing = new Map<string, TextSource>()
    for (const text of texts) {
      const key = style.prefix + text.operationId
      const fragment = memory.get(key)
      if (fragment === undefined) missing.set(key, text)
      else found.set(key, fragment)
    }
    count('hit', found.size)
    count('miss', missing.size)
    if (missing.size > 0) {
      for (const [key, fragment] of await make(missing, style, signal)) {
        found.set(key, fragment)
        memory.set(key, fragment)
      }
    }
    const resolve = linker(repository, choices)
    return {
      render({ operationId }) {
        const fragment = found.get(style.prefix + operationId)
        if (fragment === undefined) throw new Error('this text was not among those that the page wanted')
        return fillFragment(fragment, resolve)
      },
    }
  }
}
