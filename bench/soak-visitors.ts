/**
 * Visitors of the soak: what each kind asks for next, given what it was answered. Pure but for its chance, which a seed
 * repeats. What sends their requests is `soak-sender.ts`.
 */
import type { Random } from './random.ts'
import type { BenchRepository } from './repository.ts'
import { benchLabels, makeTitle } from './texts.ts'

export interface VisitorAnswer {
  readonly path: string
  readonly status: number
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface Visitor {
  readonly kind: string
  readonly perSecond: number
  /** What to ask for now. */
  next(): { readonly path: string; readonly headers: Readonly<Record<string, string>> }
  answered(answer: VisitorAnswer): void
}

/** Most trackers are small and most visitors come to the large ones. */
export type SoakSite = readonly BenchRepository[]

/** Of other networks than each other, as a proxy says: one network may ask for so much and no more. */
function from(random: Random): Record<string, string> {
  return { 'x-forwarded-for': `10.${random.below(256)}.${random.below(256)}.${1 + random.below(250)}` }
}

/** What a browser remembers of pages. */
const maxRemembered = 500

/** ETags by address; the one that was learnt first goes first. */
function createMemory() {
  const tags = new Map<string, string>()
  return {
    condition: (path: string): Record<string, string> => {
      const tag = tags.get(path)
      return tag === undefined ? {} : { 'if-none-match': tag }
    },
    learn({ path, status, headers }: VisitorAnswer) {
      const tag = headers.get('etag')
      if (status !== 200 || tag === undefined) return
      tags.delete(path)
      tags.set(path, tag)
      const [oldest] = tags.keys()
      if (tags.size > maxRemembered && oldest !== undefined) tags.delete(oldest)
    },
  }
}

/** The addresses inside this site that a page leads to. @param wanted a pattern that they fit */
function linksOf(body: string, wanted: RegExp): string[] {
  const links = [...body.matchAll(/<a\b[^>]*\bhref="(\/[^"#]*)[^"]*"[^>]*>/g)]
  return links
    .filter(([tag]) => !/\brel="[^"]*nofollow/.test(tag))
    .map(([, href = '']) => href.replaceAll('&amp;', '&'))
    .filter(href => wanted.test(href))
}

const bugLink = /^\/[^/]+\/-\/bugs\/[0-9a-f]+$/
const personLink = /^\/[^/]+\/-\/identities\/[0-9a-f]+$/
const crawledLink = /^\/[^/]*(?:\/-\/(?:bugs|identities|labels|milestones|about|activity)(?:[/?].*)?)?$/

/** Lists, then a bug of the list, then a person of the bug, with a browser that remembers pages. */
export function createReader(random: Random, site: SoakSite): Visitor {
  const memory = createMemory()
  const pages = new Map<string, string>()
  const list = () => `/${random.pickUneven(site).name}/-/bugs`
  let path = list()
  const follow = (body: string) => {
    const wanted = bugLink.test(path) ? personLink : bugLink
    const links = personLink.test(path) || random.chance(0.1) ? [] : linksOf(body, wanted)
    return links.length === 0 ? list() : random.pick(links)
  }
  return {
    kind: 'readers',
    perSecond: 20,
    next: () => ({ path, headers: { ...from(random), ...memory.condition(path), 'accept-encoding': 'identity' } }),
    answered(answer) {
      memory.learn(answer)
      if (answer.status === 200) {
        pages.set(answer.path, answer.body)
        const [oldest] = pages.keys()
        if (pages.size > 50 && oldest !== undefined) pages.delete(oldest)
      }
      path = follow(pages.get(answer.path) ?? '')
    },
  }
}

/** Every page once, then all over again; remembers nothing and sends no conditions. */
export function createCrawler(random: Random, site: SoakSite): Visitor {
  let seen = new Set<string>()
  let queue: string[] = []
  const begin = () => {
    queue = site.map(({ name }) => `/${name}/-/bugs`)
    seen = new Set(queue)
  }
  begin()
  // One robot, one address.
  const headers = { ...from(random), 'accept-encoding': 'identity', 'user-agent': 'robot' }
  return {
    kind: 'crawlers',
    perSecond: 40,
    next() {
      if (queue.length === 0) begin()
      // From anywhere in the queue, so that it comes to the pages of every repository.
      const index = random.below(queue.length)
      const path = queue[index] ?? '/'
      const last = queue.pop()
      if (last !== undefined && index < queue.length) queue[index] = last
      return { path, headers }
    },
    answered({ status, body }) {
      if (status !== 200) return
      for (const link of linksOf(body, crawledLink)) {
        if (seen.has(link)) continue
        seen.add(link)
        queue.push(link)
      }
    },
  }
}

/** Feeds, again and again, with the ETag of the time before. */
export function createFeedReader(random: Random, site: SoakSite): Visitor {
  const memory = createMemory()
  return {
    kind: 'feed readers',
    perSecond: 10,
    next() {
      const path = `/${random.pick(site).name}/-/bugs.atom`
      return { path, headers: { ...from(random), ...memory.condition(path) } }
    },
    answered: memory.learn,
  }
}

const queryParts: readonly ((random: Random) => string)[] = [
  random => `label:"${random.pick(benchLabels)}"`,
  random => `status:${random.pick(['open', 'closed'])}`,
  random => `author:"${random.below(300)}"`,
  random => `created:>=20${15 + random.below(11)}-0${1 + random.below(9)}`,
  random => `comments:>${random.below(12)}`,
  makeTitle,
]

const orders = ['creation', 'edit-asc', 'comments', 'id']

/** Queries and words that hardly anybody has asked for before, of one repository or of all. */
export function createSearcher(random: Random, site: SoakSite): Visitor {
  return {
    kind: 'searches',
    perSecond: 5,
    next() {
      const parts = Array.from({ length: 1 + random.below(3) }, () => random.pick(queryParts)(random))
      const query = [...new Set(parts), `sort:${random.pick(orders)}`].join(' ')
      const q = `?q=${encodeURIComponent(query)}`
      const path = random.chance(0.1) ? `/-/search${q}` : `/${random.pickUneven(site).name}/-/bugs${q}`
      return { path, headers: from(random) }
    },
    answered() {},
  }
}

/** Whole lists as files, and attached files. @param files their addresses */
export function createExporter(random: Random, site: SoakSite, files: readonly string[]): Visitor {
  return {
    kind: 'exports and files',
    perSecond: 2,
    next() {
      const format = random.pick(['json', 'csv', 'txt', 'bundle', 'ndjson', 'mbox'])
      // The largest last: most of what is asked for is not the largest.
      const path = random.chance(0.3)
        ? random.pick(files)
        : `/${random.pickUneven(site.toReversed()).name}/-/bugs.${format}`
      return { path, headers: from(random) }
    },
    answered() {},
  }
}

/** Programs that read the API: lists, then bugs of them. */
export function createApiClient(random: Random, site: SoakSite): Visitor {
  let waiting: string[] = []
  return {
    kind: 'API clients',
    perSecond: 20,
    next: () => ({
      path: waiting.pop() ?? `/api/v1/repos/${random.pickUneven(site).name}/bugs?limit=20`,
      headers: from(random),
    }),
    answered({ path, status, body }) {
      if (status !== 200 || !path.includes('?')) return
      const { items } = JSON.parse(body) as { items: readonly { readonly id: string }[] }
      const base = path.slice(0, path.indexOf('?'))
      waiting = items.slice(0, 5).map(({ id }) => `${base}/${id}`)
    },
  }
}
