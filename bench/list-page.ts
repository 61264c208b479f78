/**
 * How long the HTML of a list takes to make once its query is answered: the view and the template, of pages that differ,
 * in this process and without HTTP.
 *
 *   node bench/list-page.ts [--bugs 10000] [--pages 2000] [--keep DIR]
 *
 * Beside it stand what answering the query takes (counts and facets of all bugs that are found), the same for boards,
 * and what joining the pieces of the finished page takes, which is the least that any template could do.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { Eta } from 'eta'
import type { Tracker } from '../src/bug/model.ts'
import { type BugListInput, bugListPage } from '../src/pages/bug-list-page.ts'
import { createLinks } from '../src/pages/links.ts'
import { createSite } from '../src/pages/site.ts'
import { parseQuery } from '../src/query/parser.ts'
import { selectAndCount } from '../src/query/select.ts'
import { strings } from '../src/strings/strings.ts'
import { openBenchFolder } from './bench-folder.ts'
import { createRandom, type Random } from './random.ts'
import { keepOption, prepareRepository } from './repository.ts'
import { percentile, printMs, printVerdict } from './statistics.ts'
import { benchLabels } from './texts.ts'
import { openTracker } from './tracker.ts'

const wantedMs = 1.5
const wantedBytes = 20_000
const orders = ['creation', 'edit', 'edit-asc', 'comments', 'id']

/** A query that finds enough bugs for a full page, most of the time. */
function makeQuery(random: Random): string {
  const parts = [
    () => `status:${random.pick(['open', 'closed'])}`,
    () => `-label:"${random.pick(benchLabels)}"`,
    () => `created:>=20${15 + random.below(8)}`,
    () => `label:"${random.pick(benchLabels)}"`,
  ]
  const chosen = parts.filter(() => random.chance(0.4)).map(make => make())
  return [...chosen, `sort:${random.pick(orders)}`].join(' ')
}

interface Times {
  readonly answer: number[]
  readonly view: number[]
  readonly template: number[]
  readonly whole: number[]
  readonly joining: number[]
  largest: { readonly html: string; readonly rows: number }
}

/** Makes pages one after the other. @param shape what the address asks for beside the query */
function makePages(tracker: Tracker, shape: Pick<BugListInput, 'limit' | 'group'>, count: number): Times {
  const site = createSite({ title: 'bench', links: createLinks({ basePath: '', asset: name => name }) })
  const eta = new Eta({ views: join(import.meta.dirname, '../views'), cache: true })
  const repository = { name: 'bench/kiln', tracker }
  const random = createRandom(5)
  const noMatch = { has: () => false, hasNumber: () => false, score: () => 0 }
  const times: Times = { answer: [], view: [], template: [], whole: [], joining: [], largest: { html: '', rows: 0 } }
  // Compiling the code is not counted.
  const uncounted = Math.ceil(count / 4)
  for (let number = -uncounted; number < count; number++) {
    const text = makeQuery(random)
    const parsed = parseQuery(text)
    if ('error' in parsed) throw new Error(`${text} cannot be read`)
    const startMs = performance.now()
    const answer = selectAndCount(parsed.query, { ...tracker, textMatches: () => noMatch })
    const answeredMs = performance.now()
    const page = 1 + random.below(Math.max(1, Math.min(5, Math.floor(answer.bugs.length / 50))))
    const view = bugListPage({ site, repository, text, result: { query: parsed.query, ...answer }, page, ...shape })
    const viewedMs = performance.now()
    const html = eta.render('bugs', { strings, ...view })
    // What sending it does first: until then it is a tree of its pieces.
    Buffer.byteLength(html)
    const renderedMs = performance.now()
    if (number < 0) continue
    times.answer.push(answeredMs - startMs)
    times.view.push(viewedMs - answeredMs)
    times.template.push(renderedMs - viewedMs)
    times.whole.push(renderedMs - answeredMs)
    if (html.length > times.largest.html.length) times.largest = { html, rows: view.rows.length }
  }
  times.joining.push(...measureJoining(times.largest.html, count))
  return times
}

/** Puts a page together out of its pieces, many times. */
function measureJoining(html: string, count: number): number[] {
  const pieces = html.split(/(?<=[>"])/)
  const bytes = Buffer.byteLength(html)
  return Array.from({ length: count }, () => {
    const startMs = performance.now()
    let joined = ''
    for (const piece of pieces) joined += piece
    const joinedBytes = Buffer.byteLength(joined)
    const ms = performance.now() - startMs
    if (joinedBytes !== bytes) throw new Error('a page is not the sum of its pieces')
    return ms
  })
}

function print(what: string, { answer, view, template, whole, joining, largest }: Times) {
  const both = (ms: readonly number[]) =>
    `p50 ${printMs(percentile(ms, 0.5)).padStart(8)}, p99 ${printMs(percentile(ms, 0.99)).padStart(8)}`
  const { html, rows } = largest
  console.log(`${what}; the largest ${html.length} characters, ${gzipSync(html).length} bytes compressed, ${rows} rows`)
  console.log(`  answering the query : ${both(answer)}`)
  console.log(`  view                : ${both(view)}`)
  console.log(`  template            : ${both(template)}`)
  console.log(`  view and template   : ${both(whole)}`)
  const ratio = percentile(whole, 0.5) / percentile(joining, 0.5)
  console.log(`  joining its pieces  : ${both(joining)}   (view and template take ${ratio.toFixed(1)} times as long)`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bugs: { type: 'string', default: '10000' },
      pages: { type: 'string', default: '2000' },
    },
  })
  await using folder = await openBenchFolder()
  const repository = await prepareRepository(values.keep ?? folder.path, { bugs: Number(values.bugs) })
  await using opened = await openTracker(repository.path)
  const { tracker } = opened
  const count = Number(values.pages)
  const list = makePages(tracker, {}, count)
  print(`lists of 50 out of ${values.bugs} bugs`, list)
  const short = makePages(tracker, { limit: 25 }, Math.ceil(count / 10))
  print('lists of 25', short)
  print('boards', makePages(tracker, { group: 'priority' }, Math.ceil(count / 10)))
  const [p50, p99] = [percentile(list.whole, 0.5), percentile(list.whole, 0.99)]
  printVerdict('view and template of 50 rows, p50', printMs(p50), { text: `under ${wantedMs} ms`, met: p50 < wantedMs })
  printVerdict('the same, p99', printMs(p99), { text: `under ${wantedMs} ms`, met: p99 < wantedMs })
  const bytes = gzipSync(short.largest.html).length
  printVerdict('list of 25 rows, compressed', `${bytes} bytes`, {
    text: `at most ${wantedBytes} bytes`,
    met: bytes <= wantedBytes,
  })
}

await main()
