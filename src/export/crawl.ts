/**
 * Follows the links of pages, breadth first, and hands every address that is to be exported to be written once. What a
 * page offers as a file (JSON, a feed) comes right after it, while the program still has the data at hand. An address
 * that turns out to have no answer is told to the pages that were written with a link to it: they are made again.
 */
import type { Address } from './addresses.ts'

export interface CrawlItem {
  readonly address: Address
  /** Below the folder of the export. */
  readonly file: string
}

/** What became of an item. */
export interface CrawlResult {
  /** False where the program has no such page. */
  readonly isThere: boolean
  /** What it links to. */
  readonly links: readonly CrawlItem[]
}

/** Every file that is known, and what is known of it. */
export interface Crawl {
  add(item: CrawlItem): void
  /** False for what was asked for in vain. */
  mayBeThere(file: string): boolean
  /** Visits everything that was added. @param signal ends it, after the visits under way */
  run(visit: (item: CrawlItem) => Promise<CrawlResult>, signal: AbortSignal): Promise<void>
  readonly done: number
  readonly known: number
}

const visitsAtOnce = 8

export function createCrawl(): Crawl {
  const state = new Map<string, 'waiting' | 'there' | 'missing'>()
  /** Pages written with a link to something that has not been asked for yet. */
  const linkedFrom = new Map<string, Set<CrawlItem>>()
  let leaves: CrawlItem[] = []
  let pages: CrawlItem[] = []
  let done = 0

  const queue = (item: CrawlItem) => (isPage(item) ? pages : leaves).push(item)
  const again = (item: CrawlItem) => {
    done--
    queue(item)
  }
  let next = 0
  const take = (): CrawlItem[] => {
    if (leaves.length > 0) {
      const taken = leaves.slice(0, visitsAtOnce)
      leaves = leaves.slice(visitsAtOnce)
      return taken
    }
    const taken = pages.slice(next, next + visitsAtOnce)
    next += taken.length
    if (next > 10_000) {
      pages = pages.slice(next)
      next = 0
    }
    return taken
  }

  const add = (item: CrawlItem) => {
    if (state.has(item.file)) return
    state.set(item.file, 'waiting')
    queue(item)
  }

  const settle = (item: CrawlItem, { isThere, links }: CrawlResult) => {
    done++
    const pointers = linkedFrom.get(item.file)
    linkedFrom.delete(item.file)
    if (!isThere) {
      state.set(item.file, 'missing')
      for (const page of pointers ?? []) again(page)
      return
    }
    state.set(item.file, 'there')
    for (const link of links) {
      add(link)
      if (state.get(link.file) !== 'waiting') continue
      const from = linkedFrom.get(link.file) ?? new Set()
      linkedFrom.set(link.file, from.add(item))
    }
    // Asked for in vain while this page was being written.
    if (links.some(link => state.get(link.file) === 'missing')) again(item)
  }

  return {
    add,
    mayBeThere: file => state.get(file) !== 'missing',
    async run(visit, signal) {
      for (let items = take(); items.length > 0; items = take()) {
        signal.throwIfAborted()
        await Promise.all(items.map(async item => settle(item, await visit(item))))
      }
    },
    get done() {
      return done
    },
    get known() {
      return state.size
    },
  }
}

function isPage({ file }: CrawlItem): boolean {
  return file.endsWith('.html')
}
