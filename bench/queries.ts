/**
 * How long a reader waits for the list page of a query that nobody has asked before: from the request to its last byte,
 * one after the other, by the real program with everything open and indexed.
 *
 *   node bench/queries.ts [--bugs 10000] [--queries 1000] [--keep DIR]
 *
 * Filters (labels, people, dates, comments, each with another order) and full text are told apart. Generated texts have
 * few words, each in most bugs, which is the worst that a search meets.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import { createRandom, type Random } from './random.ts'
import { addresses, keepOption, prepareRepository } from './repository.ts'
import { percentile, printMs, printVerdict } from './statistics.ts'
import { benchLabels, makeTitle } from './texts.ts'
import { openViewer, type ServerProcess, waitForPage } from './viewer-process.ts'

const wantedFilterMs = 15
const wantedTextMs = 25
const orders = ['creation', 'creation-asc', 'edit', 'edit-asc', 'comments', 'comments-asc', 'id', 'id-desc']

/** Parts of queries that ask of summaries. */
const filters: readonly ((random: Random) => string)[] = [
  random => `label:"${random.pick(benchLabels)}"`,
  random => `-label:"${random.pick(benchLabels)}"`,
  random => `status:${random.pick(['open', 'closed'])}`,
  random => `author:"${random.below(300)}"`,
  random => `participant:"${random.below(300)}"`,
  random => `created:>=20${15 + random.below(11)}-0${1 + random.below(9)}`,
  random => `updated:<20${16 + random.below(10)}`,
  random => `comments:>${random.below(12)}`,
  () => 'no:label',
]

function makeFilterQuery(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(3) }, () => random.pick(filters)(random))
  return [...new Set(parts), `sort:${random.pick(orders)}`].join(' ')
}

/** Queries of words; each kind is measured by itself, since means over them say little. */
const textKinds: Readonly<Record<string, (random: Random) => string>> = {
  'one word': random => pickWord(random),
  'two words': random => `${pickWord(random)} ${pickWord(random)}`,
  'a phrase': random => `"${pickWord(random)} ${pickWord(random)}"`,
  'the beginning of a word': random => pickWord(random).slice(0, 4),
  'a part of a word': random => pickWord(random).slice(1, 5),
  'without a word': random => `${pickWord(random)} -${pickWord(random)}`,
  'a number': random => String(random.below(10_000)),
  'in no bug': random => `${pickWord(random)}${random.below(1_000_000)}x`,
  'a sign in it': random => `${pickWord(random)}.`,
  'another script': random => random.pick(['温', '温度', '窯', '度']),
}

function pickWord(random: Random): string {
  for (;;) {
    const word = makeTitle(random)
      .split(' ')
      .find(one => /^[a-z]{4,}$/i.test(one))
    if (word !== undefined) return word
  }
}

/** Different queries, each once; fewer where there are no more. A filter makes the pages of few words different too. */
function makeQueries(make: (random: Random) => string, count: number, random: Random): string[] {
  const queries = new Set<string>()
  for (let tries = 0; queries.size < count && tries < 20 * count; tries++) queries.add(make(random))
  return [...queries]
}

/** Until the program does nothing any more: its indexes are complete. */
async function waitForRest({ pid }: ServerProcess): Promise<void> {
  const ticks = async () => {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
    return Number(fields[11]) + Number(fields[12])
  }
  for (let before = await ticks(); ; ) {
    await new Promise(resolve => setTimeout(resolve, 2000))
    const now = await ticks()
    // Of 100 in a second.
    if (now - before < 6) return
    before = now
  }
}

async function ask(viewer: ServerProcess, list: string, queries: readonly string[]): Promise<number[]> {
  const ms: number[] = []
  for (const query of queries) {
    const answer = await viewer.client.get(`${list}?q=${encodeURIComponent(query)}`)
    if (answer.status !== 200) throw new Error(`${query} answered ${answer.status}`)
    ms.push(answer.ms)
  }
  return ms
}

function print(what: string, ms: readonly number[]) {
  const figures = `p50 ${printMs(percentile(ms, 0.5)).padStart(8)}, p99 ${printMs(percentile(ms, 0.99)).padStart(8)}`
  console.log(`  ${what.padEnd(26)}: ${figures}, ${ms.length} queries`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bugs: { type: 'string', default: '10000' },
      queries: { type: 'string', default: '1000' },
    },
  })
  await using folder = await openBenchFolder()
  const bugs = Number(values.bugs)
  const count = Number(values.queries)
  const repository = await prepareRepository(values.keep ?? folder.path, { bugs })
  const { list } = addresses(repository)
  await using viewer = await openViewer({ paths: [repository.path] })
  await waitForPage(viewer.client, list)
  await waitForPage(viewer.client, `${list}?q=nowhere`)
  await waitForRest(viewer)
  const random = createRandom(7)
  // What compiles the code is not counted.
  await ask(viewer, list, makeQueries(makeFilterQuery, 100, createRandom(8)))
  console.log(`${bugs} bugs, list pages of queries that were not asked before`)
  const filtered = await ask(viewer, list, makeQueries(makeFilterQuery, count, random))
  print('filters', filtered)
  const all: number[] = []
  for (const [kind, make] of Object.entries(textKinds)) {
    const ms = await ask(viewer, list, makeQueries(make, count / 10, random))
    print(kind, ms)
    all.push(...ms)
  }
  const ranked = await ask(
    viewer,
    list,
    makeQueries(one => `${textKinds['two words']?.(one)} sort:relevance`, count / 10, random),
  )
  const [filterMs, textMs] = [percentile(filtered, 0.99), percentile(all, 0.99)]
  printVerdict('filters, p99', printMs(filterMs), {
    text: `at most ${wantedFilterMs} ms for 10,000 bugs`,
    met: filterMs <= wantedFilterMs,
  })
  printVerdict('full text, p99', printMs(textMs), {
    text: `at most ${wantedTextMs} ms for 100,000 bugs`,
    met: textMs <= wantedTextMs,
  })
  print('two words, best match first', ranked)
}

await main()
