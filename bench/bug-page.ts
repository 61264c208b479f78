/**
 * How long a reader waits for the page of a large bug, by the real program, from the request to the last byte:
 *
 * - of a bug that nobody asked for: read from git, its texts rendered ("cold")
 * - with the bug in memory, but none of its texts ("texts rendered")
 * - with both in memory, as after a push to another bug of the repository ("texts kept"); also without HTTP, as the
 *   making of the page alone
 *
 *   node bench/bug-page.ts [--comments 300] [--events 2000] [--bugs 12] [--keep DIR]
 *
 * Texts have 268 characters at the median with a long tail, some with code, lists, addresses, ids and names. Finished
 * pages are not kept, so that each request makes its page. A bare Fastify sends the same bytes in the same run.
 */
import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Eta } from 'eta'
import { systemClock } from '../src/base/clock.ts'
import { noMeasures } from '../src/base/measures.ts'
import { fastImportStream } from '../src/demo/import-log.ts'
import { createTrackerWriter } from '../src/demo/writer.ts'
import { createRenderedTexts } from '../src/http/rendered-texts.ts'
import { bugPage } from '../src/pages/bug-page.ts'
import { currentText, isComment } from '../src/pages/comment-view.ts'
import { createLinker } from '../src/pages/linker.ts'
import { createLinks } from '../src/pages/links.ts'
import { createSite } from '../src/pages/site.ts'
import { createOffStore } from '../src/store/store.ts'
import { strings } from '../src/strings/strings.ts'
import { createMarkdown } from '../src/text/markdown.ts'
import { importInto, runGit } from '../test/support/tracker-builder.ts'
import type { BareAnswers } from './bare-fastify.ts'
import { openBenchFolder } from './bench-folder.ts'
import { createRandom, type Random } from './random.ts'
import { type BenchRepository, existingRepository, keepOption } from './repository.ts'
import { median, printMs, printVerdict } from './statistics.ts'
import { benchLabels, makeText } from './texts.ts'
import { openTracker } from './tracker.ts'
import { openServer, openViewer, type ServerProcess, waitForPage } from './viewer-process.ts'

const wantedColdMs = 25
const wantedKeptMs = 3
const start = 1_700_000_000
/** No finished page and no bug fits into it. */
const nothing = '1 KiB'

interface Wanted {
  readonly comments: number
  readonly events: number
  readonly bugs: number
}

/** Text with what is linked in those of real trackers. */
function makeComment(random: Random, ids: readonly string[]): string {
  const text = makeText(random, Math.round(random.longTail(268, 1)))
  if (random.chance(0.1)) return `@person${random.below(50)} ${text}`
  if (random.chance(0.05)) return `${text}\n\nSee ${random.pick(ids).slice(0, 7)} and #${random.below(100)}.`
  return text
}

/** Bugs with so many comments and nothing else, and one with so many events, of which one in four is a comment. */
async function writeRepository(path: string, { comments, events, bugs }: Wanted): Promise<void> {
  const random = createRandom(3)
  const t = createTrackerWriter({ seed: 'bug-page' })
  const people = Array.from({ length: 50 }, (_, index) => t.identity({ name: `person${index}`, at: start }))
  const ids = ['0a1b2c3']
  let at = start
  const makeBug = (title: string) => {
    const bug = t.bug(random.pick(people), { title, message: makeComment(random, ids), at: ++at })
    ids.push(bug.id)
    return bug
  }
  for (let index = 0; index < bugs; index++) {
    const bug = makeBug(`comments ${index}`)
    for (let more = 1; more < comments; more++)
      bug.comment(random.pickUneven(people), { message: makeComment(random, ids), at: ++at })
  }
  const long = makeBug('events')
  for (let more = 1; more < events; more++) {
    const person = random.pickUneven(people)
    const kind = random.below(4)
    if (kind === 0) long.comment(person, { message: makeComment(random, ids), at: ++at })
    else if (kind === 1) long.status(person, more % 2 === 0 ? 'open' : 'closed', ++at)
    else if (kind === 2) long.title(person, { title: `events ${more}`, at: ++at })
    else long.labels(person, { added: [random.pick(benchLabels)], removed: [random.pick(benchLabels)], at: ++at })
  }
  await mkdir(path, { recursive: true })
  await runGit(path, ['init', '--quiet', '--bare', '.'])
  await importInto(path, fastImportStream(t.log.commands()))
}

async function prepare(folder: string, wanted: Wanted): Promise<BenchRepository> {
  const { comments, events, bugs } = wanted
  const repository = existingRepository(join(folder, `bug-page-${comments}-${events}-${bugs}.git`))
  if (existsSync(repository.path)) return repository
  const unfinished = `${repository.path}.${process.pid}`
  await writeRepository(unfinished, wanted)
  await rename(unfinished, repository.path)
  return repository
}

interface Pages {
  /** Of bugs with comments. */
  readonly many: readonly string[]
  readonly long: string
}

async function findPages({ client }: ServerProcess, name: string): Promise<Pages> {
  await waitForPage(client, `/${name}/-/bugs`)
  type Listed = { items: { id: string; title: string }[] }
  const { items } = await client.json<Listed>(`/api/v1/repos/${name}/bugs?limit=1000`)
  const address = ({ id }: { id: string }) => `/${name}/-/bugs/${id}`
  const long = items.find(({ title }) => !title.startsWith('comments'))
  if (long === undefined) throw new Error('the bug with many events is not there')
  return { many: items.filter(one => one !== long).map(address), long: address(long) }
}

async function ask({ client }: ServerProcess, pages: readonly string[]): Promise<number[]> {
  const ms: number[] = []
  for (const page of pages) {
    const answer = await client.get(page)
    if (answer.status !== 200) throw new Error(`${page} answered ${answer.status}`)
    ms.push(answer.ms)
  }
  return ms
}

/** Of the pages of bugs with comments, in this process: texts that are kept, view and template; and the template alone. */
async function measureMaking(path: string): Promise<[whole: number, template: number]> {
  await using opened = await openTracker(path)
  const { tracker } = opened
  const site = createSite({ title: 'bench', links: createLinks({ basePath: '', asset: name => name }) })
  const repository = { name: 'bench/kiln', tracker }
  const markdown = createMarkdown()
  const textsOf = createRenderedTexts(
    {
      markdown: async () => markdown,
      linker: createLinker(site),
      site,
      store: createOffStore(),
      clock: systemClock,
      measures: noMeasures,
    },
    { maxBytes: 1024 ** 3, tag: 'bench' },
  )
  const eta = new Eta({ views: join(import.meta.dirname, '../views'), cache: true })
  const bugs = await Promise.all(
    tracker.bugs.filter(({ title }) => title.startsWith('comments')).map(bug => opened.readBug(bug)),
  )
  const whole: number[] = []
  const template: number[] = []
  for (let round = 0; round < 20; round++) {
    for (const bug of bugs) {
      const wanted = bug.timeline.filter(isComment).map(currentText)
      const startMs = performance.now()
      const sources = wanted.map(({ operationId, message }) => ({ operationId, source: message }))
      const texts = await textsOf({ repository, texts: sources })
      const view = bugPage({ site, repository, bug, texts, markdown })
      const viewedMs = performance.now()
      // What sending it does first: until then it is a tree of its pieces.
      Buffer.byteLength(eta.render('bug', { strings, ...view }))
      whole.push(performance.now() - startMs)
      template.push(performance.now() - viewedMs)
    }
  }
  // The first half only compiles the code.
  const half = whole.length / 2
  return [median(whole.slice(half)), median(template.slice(half))]
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      comments: { type: 'string', default: '300' },
      events: { type: 'string', default: '2000' },
      bugs: { type: 'string', default: '12' },
    },
  })
  const wanted = { comments: Number(values.comments), events: Number(values.events), bugs: Number(values.bugs) }
  await using folder = await openBenchFolder()
  const repository = await prepare(values.keep ?? folder.path, wanted)
  const settings = { CACHE_PAGES_MAX_BYTES: nothing, STORE_ENABLED: 'false' }
  const paths = [repository.path]
  await using keeping = await openViewer({ paths, settings })
  await using forgetting = await openViewer({ paths, settings: { ...settings, CACHE_FRAGMENTS_MAX_BYTES: nothing } })
  const pages = await findPages(keeping, repository.name)
  await findPages(forgetting, repository.name)
  // The first half only compiles the code.
  const measured = (ms: readonly number[]) => median(ms.slice(Math.floor(ms.length / 2)))
  const cold = measured(await ask(keeping, pages.many))
  await ask(forgetting, pages.many)
  const rounds = Array.from({ length: 4 }, () => pages.many).flat()
  const rendered = measured(await ask(forgetting, rounds))
  const kept = measured(await ask(keeping, rounds))
  const longRounds = Array.from({ length: 12 }, () => pages.long)
  const longRendered = measured(await ask(forgetting, longRounds))
  const longKept = measured(await ask(keeping, longRounds))

  const page = await keeping.client.get(pages.many[0] ?? '')
  const answers: BareAnswers = {
    page: { headers: { 'content-type': String(page.headers['content-type']) }, base64: page.body.toString('base64') },
    unchanged: { headers: {} },
  }
  const file = join(folder.path, 'same.json')
  await writeFile(file, JSON.stringify(answers))
  await using bare = await openServer([join(import.meta.dirname, 'bare-fastify.ts'), file])
  const bareMs = measured(
    await ask(
      bare,
      Array.from({ length: 100 }, () => '/same'),
    ),
  )

  console.log(`page of a bug with ${wanted.comments} comments, ${Math.round(page.body.length / 1024)} KiB`)
  console.log(`  bare Fastify sending the same: ${printMs(bareMs)}`)
  const verdict = (what: string, ms: number, limitMs: number) =>
    printVerdict(`  ${what}`, `${printMs(ms)}, ${(ms / bareMs).toFixed(1)} times bare`, {
      text: `at most ${limitMs} ms`,
      met: ms <= limitMs,
    })
  console.log(`  cold, with the bug read from git: ${printMs(cold)}`)
  verdict('texts rendered', rendered, wantedColdMs)
  verdict('texts kept', kept, wantedKeptMs)
  const [made, template] = await measureMaking(repository.path)
  printVerdict('  made of kept texts, without HTTP', `${printMs(made)}, of which the template ${printMs(template)}`, {
    text: `at most ${wantedKeptMs} ms`,
    met: made <= wantedKeptMs,
  })
  console.log(`page of a bug with ${wanted.events} events`)
  console.log(`  texts rendered: ${printMs(longRendered)}`)
  console.log(`  texts kept: ${printMs(longKept)}`)
}

await main()
