/**
 * Full text: how long a search takes while the indexes are being filled and after that, how long filling takes, how long
 * it takes to bring one changed bug among all of them up to date, how large the database is, and how much memory the
 * search thread needs.
 *
 *   node bench/search.ts [--bugs 10000] [--words 200000] [--keep DIR]
 *
 * The texts of a generated tracker are written to a file, and a fresh process reads them from there and hands them over
 * as a build does, so that its memory is that of the texts and of the search, and of nothing else. Generated texts have
 * few words, each of them in most bugs: it is the worst that searches meet. What they lack is a vocabulary: to each text
 * some words are added out of `--words` different ones, some frequent and most of them rare. One line for each kind of
 * term, since means over them say little.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { defaultDecodeLimits } from '../src/base/limits.ts'
import { noMeasures } from '../src/base/measures.ts'
import { createInterner } from '../src/cache/interner.ts'
import { loadTracker } from '../src/cache/load-tracker.ts'
import { readRefs } from '../src/cache/read-refs.ts'
import { openGit } from '../src/git/git.ts'
import { openSearchIndex, type SearchIndex, type SearchSession } from '../src/search/search-index.ts'
import type { BugText } from '../src/search/update-parts.ts'
import { openBenchFolder } from './bench-folder.ts'
import { readProcess } from './process-memory.ts'
import { createRandom, type Random } from './random.ts'
import { keepOption, prepareRepository } from './repository.ts'
import { percentile, printMs } from './statistics.ts'

const megabyte = 1_000_000
const name = 'measured'
/** Bugs whose texts share a buffer, as those of a build do. */
const batchBugs = 64
/** Between two searches while the index is being filled. */
const pauseMs = 10
const rounds = 40

/** Words of the vocabulary that are added to each text. */
const addedWords = 20

const kinds: Readonly<Record<string, readonly string[]>> = {
  'word of most bugs': ['temperature', 'kiln', 'schedule', 'firmware', 'naive'],
  'two words': ['wrong missing', 'kiln relay', 'empty folder', 'slow parser'],
  'part of a word': ['empera', 'rtit', 'ild'],
  'in no bug': ['zzzq', 'temperaturex', 'unheard of'],
  'fewer than three letters': ['ki', 'x'],
  'of a script without spaces': ['温度', '窯', '度'],
  'beginning of a word': ['kiln rel', 'the temp', 'empty f'],
  'three words': ['the kiln relay', 'a b c', 'kiln kiln sensor'],
  'word of few bugs': ['zrareba', 'zrareceda', 'zraredafi'],
  'with punctuation': ['kiln.', '`the', 'relay, '],
}
/** Of these kinds also ranked. */
const rankedKinds = ['word of most bugs', 'two words', 'word of few bugs', 'part of a word']

/** Texts one after the other: id, tip, bytes in 8 digits, text. */
async function writeTexts(path: string, file: string, vocabulary: number): Promise<void> {
  const random = createRandom(1)
  const git = await openGit()
  await using reader = git.openReader(path)
  const request = { git, reader, folder: path, limits: defaultDecodeLimits }
  const { texts } = await loadTracker({
    git,
    folder: path,
    clock: systemClock,
    interner: createInterner(),
    readEntities: (refs, onRead) => readRefs(request, refs, onRead),
  })
  const parts = (texts?.put ?? []).flatMap(({ id, tip, text }) => {
    const all = Buffer.concat([text ?? new Uint8Array(), Buffer.from(makeWords(random, vocabulary))])
    return [Buffer.from(id + tip + String(all.length).padStart(8, '0')), all]
  })
  await writeFile(file, Buffer.concat(parts))
}

/** A word for each number, of letters that no other word of the texts begins with. */
function makeWord(number: number): string {
  let word = 'zrare'
  for (let rest = number + 1; rest > 0; rest = Math.floor(rest / 50)) {
    word += `${'bcdfghklmn'.charAt(rest % 10)}${'aeiou'.charAt(Math.floor(rest / 10) % 5)}`
  }
  return word
}

/** Words of which the second is half as frequent as the first, the third a third, and so on. */
function makeWords(random: Random, vocabulary: number): string {
  const words = Array.from({ length: addedWords }, () => makeWord(Math.floor(vocabulary ** random.next()) - 1))
  return ` ${words.join(' ')}`
}

function readTexts(path: string): BugText[] {
  const file = openSync(path, 'r')
  const put: BugText[] = []
  let heads: { id: string; tip: string; bytes: number; at: number }[] = []
  let at = 0
  const readBatch = () => {
    const first = heads[0]?.at ?? 0
    // Of a kind that goes back to the system when it is freed, so that what is left is not theirs.
    const buffer = new Uint8Array(new ArrayBuffer(at - first, { maxByteLength: at - first }))
    readSync(file, buffer, 0, buffer.length, first)
    for (const head of heads) {
      const { id, tip } = head
      const number = put.length
      put.push({ number, id, tip, text: buffer.subarray(head.at - first, head.at - first + head.bytes) })
    }
    heads = []
  }
  const head = Buffer.alloc(64 + 40 + 8)
  while (readSync(file, head, 0, head.length, at) === head.length) {
    at += head.length
    const bytes = Number(head.toString('latin1', 104))
    heads.push({ id: head.toString('latin1', 0, 64), tip: head.toString('latin1', 64, 104), bytes, at })
    at += bytes
    if (heads.length === batchBugs) readBatch()
  }
  readBatch()
  closeSync(file)
  return put
}

/** Milliseconds of searches, by their kind. */
class Durations {
  readonly #ms = new Map<string, number[]>()

  async measure(session: SearchSession): Promise<void> {
    for (const [kind, terms] of Object.entries(kinds)) {
      for (const term of terms) {
        await this.#search(kind, () => session.match(term))
        if (rankedKinds.includes(kind))
          await this.#search(`${kind}, ranked`, () => session.match(term, { ranked: true }))
      }
    }
  }

  async #search(kind: string, match: () => Promise<unknown>) {
    const startMs = performance.now()
    await match()
    const list = this.#ms.get(kind) ?? []
    this.#ms.set(kind, list)
    list.push(performance.now() - startMs)
    await new Promise(resolve => setTimeout(resolve, pauseMs))
  }

  print(when: string) {
    for (const [kind, ms] of this.#ms) {
      const figures = `p50 ${printMs(percentile(ms, 0.5)).padStart(9)}, p99 ${printMs(percentile(ms, 0.99)).padStart(9)}`
      console.log(`  ${when}, ${kind.padEnd(27)}: ${figures}, ${ms.length} searches`)
    }
  }
}

/** Changes one bug again and again. */
async function measureChanges(index: SearchIndex, session: SearchSession, bug: BugText): Promise<void> {
  const found: number[] = []
  const indexed: number[] = []
  for (let round = 0; round < rounds; round++) {
    const text = Buffer.concat([bug.text ?? new Uint8Array(), Buffer.from(` changed${round}`)])
    const tip = String(round).padStart(40, '0')
    const number = bug.number + round
    const startMs = performance.now()
    session.update({ isWhole: false, put: [{ ...bug, number, tip, text }], removed: [] })
    const match = await session.match(`changed${round}`)
    if (!match.has(number)) throw new Error('the change is not found')
    found.push(performance.now() - startMs)
    await index.reached('indexed')
    indexed.push(performance.now() - startMs)
  }
  const print = (ms: number[]) => `p50 ${printMs(percentile(ms, 0.5))}, p99 ${printMs(percentile(ms, 0.99))}`
  console.log(`  one changed bug is found: ${print(found)}; indexed: ${print(indexed)}`)
}

async function measure(file: string, folder: string): Promise<void> {
  const put = readTexts(file)
  const bytes = put.reduce((sum, { text }) => sum + (text?.length ?? 0), 0)
  const { rss: before } = await readProcess(process.pid)
  let peak = before
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 5)
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error }
  await using index = openSearchIndex({ folder, clock: systemClock, log, measures: noMeasures })

  let startMs = performance.now()
  const session = index.open(name, async () => {})
  const [changed] = put
  const again = changed?.text && Buffer.from(changed.text)
  const next = put.length
  session.update({ isWhole: true, put, removed: [] })
  const heldMs = performance.now() - startMs
  put.length = 0
  await session.match('temperature')
  const firstMs = performance.now() - startMs
  console.log(
    `  ${(bytes / megabyte).toFixed(1)} MB of texts are handed over in ${printMs(heldMs)}, and searched after ${printMs(firstMs)}`,
  )

  startMs = performance.now()
  const meanwhile = new Durations()
  let isIndexed = false
  const indexed = index.reached('indexed').then(() => {
    isIndexed = true
    console.log(`  and indexed ${printMs(performance.now() - startMs)} later, with searches meanwhile`)
  })
  while (!isIndexed) await meanwhile.measure(session)
  await indexed
  meanwhile.print('while indexing')
  const after = new Durations()
  for (let round = 0; round < rounds; round++) await after.measure(session)
  after.print('indexed')
  clearInterval(sampler)
  if (changed && again) await measureChanges(index, session, { ...changed, text: again, number: next })
  console.log(`  database ${(index.bytes / megabyte).toFixed(1)} MB`)
  const { rss } = await readProcess(process.pid)
  const print = (figure: number) => `${(figure / megabyte).toFixed(1)} MB`
  console.log(`  memory ${print(before)} with all texts in it, ${print(peak)} at most, ${print(rss)} at the end`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bugs: { type: 'string', default: '10000' },
      words: { type: 'string', default: '200000' },
      texts: { type: 'string' },
      folder: { type: 'string' },
    },
  })
  if (values.texts !== undefined && values.folder !== undefined) return await measure(values.texts, values.folder)
  await using folder = await openBenchFolder()
  const bugs = Number(values.bugs)
  const repository = await prepareRepository(values.keep ?? folder.path, { bugs })
  const file = join(folder.path, 'texts')
  await writeTexts(repository.path, file, Number(values.words))
  console.log(`${bugs} bugs`)
  const parts = ['--texts', file, '--folder', join(folder.path, 'search')]
  const child = spawn(process.execPath, [import.meta.filename, ...parts], { stdio: 'inherit' })
  const [status] = await once(child, 'exit')
  process.exitCode = Number(status)
}

if (import.meta.main) await main()
