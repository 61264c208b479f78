import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import type { Log } from '../../src/base/log.ts'
import { noMeasures } from '../../src/base/measures.ts'
import {
  openSearchIndex,
  type SearchIndex,
  type SearchSession,
  type TextSource,
} from '../../src/search/search-index.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { anyTerm, anyText, bugText, findPlainly, idOf, knownBug, numbersOf, tipOf } from './texts.ts'

let folder: string
let stack: AsyncDisposableStack
let logged: { level: string; message: string; data: object }[]
let lost: number
const clock = createManualClock()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'))
  stack = new AsyncDisposableStack()
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  logged = []
  lost = 0
})
afterEach(() => stack.disposeAsync())

const at = (level: string) => (data: object, message: string) => void logged.push({ level, data, message })
const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }

function openIndex(path: string | undefined = join(folder, 'search')): SearchIndex {
  return stack.use(openSearchIndex({ folder: path, clock, log, measures: noMeasures, onLost: () => void lost++ }))
}

/** For sessions whose updates have every text. */
const noSource: TextSource = async () => {
  throw new Error('nothing was to be asked for')
}

/** Gives texts by tip, and notes what it was asked for. */
function createSource(texts: ReadonlyMap<string, string>) {
  const asked: string[] = []
  const source: TextSource = async (wanted, onText) => {
    for (const { tip } of wanted) {
      asked.push(tip)
      const text = texts.get(tip)
      if (text !== undefined) onText(tip, Buffer.from(text))
    }
  }
  return { source, asked }
}

const execute = promisify(execFile)

const find = async (session: SearchSession, term: string) => numbersOf(await session.match(term))
const unavailable = { code: 'SEARCH_UNAVAILABLE' }

describe('a match', () => {
  test('finds what the plainest search finds, right after the update and when everything is indexed', async () => {
    const index = openIndex()
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyText, { minLength: 1, maxLength: 5 }),
        fc.array(anyTerm, { minLength: 1, maxLength: 5 }),
        async (list, terms) => {
          using session = index.open(`repository ${round++}`, noSource)
          session.update({ isWhole: true, put: list.map((text, n) => bugText(n, text)), removed: [] })
          const expected = terms.map(term => findPlainly(new Map(list.entries()), term))
          const ask = () => Promise.all(terms.map(term => find(session, term)))
          expect(await ask()).toEqual(expected)
          await index.reached('indexed')
          expect(await ask()).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
    expect(logged).toEqual([])
  })

  test('sees every update that came before it, and none that comes after', async () => {
    const session = openIndex().open('one', noSource)
    const counts: Promise<number>[] = []
    session.update({ isWhole: true, put: [], removed: [] })
    for (let n = 0; n < 50; n++) {
      session.update({ isWhole: false, put: [bugText(n, 'the kiln')], removed: [] })
      counts.push(session.match('kiln').then(({ count }) => count))
    }
    expect(await Promise.all(counts)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
  })

  test('does not wait for another repository that is being written', async () => {
    const index = openIndex()
    const small = index.open('small', noSource)
    const big = index.open('big', noSource)
    small.update({ isWhole: true, put: [bugText(1, 'here')], removed: [] })
    await index.reached('stored')
    const put = Array.from({ length: 4000 }, (_, n) => bugText(n, `${n} `.repeat(2000)))
    big.update({ isWhole: true, put, removed: [] })
    expect(await find(small, 'here')).toEqual([1])
    expect(index.queuedBytes).toBeGreaterThan(10_000_000)
    expect(await find(big, '3999 3999')).toEqual([3999])
    await index.reached('stored')
    expect(index.queuedBytes).toBe(0)
  })

  test('of a session that was never given everything is refused, and of one whose repository was dropped', async () => {
    const index = openIndex()
    const session = index.open('one', noSource)
    const isRefused = (error: unknown) => isViewerError(error, 'SEARCH_UNAVAILABLE')
    await expect(session.match('text')).rejects.toSatisfy(isRefused)
    session.update({ isWhole: false, put: [bugText(1, 'text')], removed: [] })
    await expect(session.match('text')).rejects.toSatisfy(isRefused)
    session.update({ isWhole: true, put: [bugText(2, 'text', { id: 1, tip: 1 })], removed: [] })
    expect((await session.match('text')).has(2)).toBe(true)
    index.drop('one')
    await expect(session.match('text')).rejects.toSatisfy(isRefused)
  })

  test('that nobody waits for any more ends with the reason, and others go on', async () => {
    const session = openIndex().open('one', noSource)
    const put = Array.from({ length: 2000 }, (_, n) => bugText(n, `${n} `.repeat(1000)))
    session.update({ isWhole: true, put, removed: [] })
    const gone = new AbortController()
    const left = session.match('19', { signal: gone.signal })
    const stays = find(session, '1999 1999')
    gone.abort(new Error('the client has gone'))
    await expect(left).rejects.toThrow('the client has gone')
    const before = AbortSignal.abort(new Error('gone before'))
    await expect(session.match('19', { signal: before })).rejects.toThrow('gone before')
    expect(await stays).toEqual([1999])
  })

  test('that is ranked puts titles first, then texts that have more of the term, before it is indexed and after', async () => {
    const index = openIndex()
    const session = index.open('one', noSource)
    const filler = 'clay sensor relay door '.repeat(20)
    const put = [
      bugText(0, `clay\n${filler}`),
      bugText(1, `door\nkiln ${filler}`),
      bugText(2, `kiln\n${filler}`),
      bugText(3, `door\nkiln kiln kiln kiln ${filler}`),
      ...Array.from({ length: 20 }, (_, n) => bugText(4 + n, filler)),
    ]
    session.update({ isWhole: true, put, removed: [] })
    const scores = async (term: string) => {
      const match = await session.match(term, { ranked: true })
      return [0, 1, 2, 3].map(number => match.score(number))
    }
    const [none, once, inTitle] = await scores('kiln')
    expect([none === 0, once! > 0, inTitle! > once!]).toEqual([true, true, true])
    await index.reached('indexed')
    for (const term of ['kiln', 'kil', 'iln']) {
      const [a, b, c, d] = await scores(term)
      expect([a === 0, b! > 0, d! > b!, c! > d!]).toEqual([true, true, true, true])
    }
    // By the trigrams: whether the title holds it.
    const byTrigrams = await scores('kiln\n')
    expect(byTrigrams).toEqual([0, 0, 1, 0])
    expect((await session.match('kiln')).score(2)).toBe(0)
  })

  test('that is ranked adds up how often a text holds any of the words with a part in common, however many they are', async () => {
    const index = openIndex()
    const session = index.open('one', noSource)
    const filler = 'clay sensor relay door '.repeat(20)
    // More words than one question to the index names.
    const words = Array.from(
      { length: 40 },
      (_, n) => `kiln${String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))}`,
    )
    const put = [
      bugText(0, `clay\n${filler}`),
      bugText(1, `clay\n${words[0]} ${filler}`),
      bugText(2, `clay\n${words[0]} ${words[20]} ${words[39]} ${filler}`),
      ...words.map((word, n) => bugText(3 + n, `clay\n${word} ${filler}`)),
    ]
    session.update({ isWhole: true, put, removed: [] })
    await index.reached('indexed')
    const match = await session.match('iln', { ranked: true })
    expect(numbersOf(match)).toEqual(put.slice(1).map(({ number }) => number))
    const [none, one, three] = [0, 1, 2].map(number => match.score(number))
    expect([none === 0, one! > 0, three! > one!]).toEqual([true, true, true])
  })
})

describe('an update', () => {
  test('hands over what has a buffer of its own, and copies what has not', async () => {
    const session = openIndex().open('one', noSource)
    const shared = new TextEncoder().encode('first text|second text')
    const [first, second] = [shared.subarray(0, 10), shared.subarray(11)]
    const pooled = Buffer.from('third text')
    const put = [first, second, pooled].map((text, number) => ({ number, id: idOf(number), tip: tipOf(number), text }))
    session.update({ isWhole: true, put, removed: [] })
    expect(await Promise.all(['first', 'second', 'third', '|'].map(term => find(session, term)))).toEqual([
      [0],
      [1],
      [2],
      [],
    ])
    expect(shared.buffer.detached).toBe(true)
    expect(pooled.toString()).toBe('third text')
  })

  test('of many bugs, some of them huge, is found in its entirety', async () => {
    const session = openIndex().open('one', noSource)
    const put = Array.from({ length: 3000 }, (_, n) =>
      bugText(n, n % 1000 === 0 ? `${n} clay `.repeat(200_000) : `${n} clay`),
    )
    session.update({ isWhole: true, put, removed: [] })
    expect((await session.match('clay')).count).toBe(3000)
    expect(await find(session, '2000 clay 2000')).toEqual([2000])
  })

  test('leaves what it replaces for a minute, for those who look at the state before', async () => {
    const session = openIndex().open('one', noSource)
    session.update({ isWhole: true, put: [bugText(1, 'old words'), bugText(2, 'words')], removed: [] })
    clock.advance(61_000)
    const put = [bugText(3, 'new words', { id: 1 }), knownBug(4, { id: 2, tip: 2 })]
    session.update({ isWhole: true, put, removed: [] })
    expect(await find(session, 'words')).toEqual([1, 2, 3, 4])
    clock.advance(59_000)
    expect(await find(session, 'words')).toEqual([1, 2, 3, 4])
    clock.advance(1000)
    expect(await find(session, 'words')).toEqual([3, 4])
  })
})

describe('texts that an update does not have', () => {
  const texts = new Map(Array.from({ length: 3000 }, (_, n) => [tipOf(n), `text ${n}`]))
  const put = Array.from({ length: 3000 }, (_, n) => knownBug(n))

  test('are asked for in portions, and a match waits until they are there', async () => {
    const index = openIndex()
    const { source, asked } = createSource(texts)
    const portions: number[] = []
    const session = index.open('one', (wanted, onText, signal) => {
      portions.push(wanted.length)
      return source(wanted, onText, signal)
    })
    session.update({ isWhole: true, put, removed: [] })
    expect(await find(session, 'text 2999')).toEqual([2999])
    expect((await session.match('text')).count).toBe(3000)
    expect([asked.length, Math.max(...portions) <= 1024, logged]).toEqual([3000, true, []])
    // Another session of the same process needs none of them.
    const second = index.open('one', noSource)
    second.update({ isWhole: true, put, removed: [] })
    expect(await find(second, 'text 2999')).toEqual([2999])
  })

  test('are asked for again with the next update where the source has failed, and matches fail until then', async () => {
    const { source, asked } = createSource(texts)
    let failures = 1
    const session = openIndex().open('one', async (wanted, onText, signal) => {
      if (failures-- > 0) throw new Error('git has gone')
      await source(wanted, onText, signal)
    })
    session.update({ isWhole: true, put, removed: [] })
    await expect(session.match('text')).rejects.toMatchObject(unavailable)
    await expect(session.match('text')).rejects.toMatchObject(unavailable)
    expect(logged.map(({ level }) => level)).toEqual(['error'])
    session.update({ isWhole: false, put: [bugText(3000, 'text 3000', { id: 5 })], removed: [idOf(6)] })
    // What is not there any more is not asked for.
    expect((await session.match('text')).count).toBe(2999)
    expect([asked.includes(tipOf(4)), asked.includes(tipOf(5)), asked.includes(tipOf(6))]).toEqual([true, false, false])
  })

  test('are asked for again after a while where the source has failed and nothing has changed', async () => {
    const { source } = createSource(texts)
    let failures = 1
    const session = openIndex().open('one', async (wanted, onText, signal) => {
      if (failures-- > 0) throw new Error('no file can be opened now')
      await source(wanted, onText, signal)
    })
    session.update({ isWhole: true, put, removed: [] })
    await expect(session.match('text')).rejects.toMatchObject(unavailable)
    clock.advance(10_000)
    expect((await session.match('text')).count).toBe(3000)
  })

  test('are not taken from a session that has a successor already', async () => {
    const index = openIndex()
    const old = index.open('one', noSource)
    old.update({ isWhole: true, put: [bugText(1, 'first')], removed: [] })
    const next = index.open('one', noSource)
    next.update({ isWhole: true, put: [bugText(1, 'second', { tip: 2 })], removed: [] })
    old.update({ isWhole: false, put: [bugText(2, 'first again', { id: 1, tip: 1 })], removed: [] })
    clock.advance(61_000)
    expect(await find(next, 'second')).toEqual([1])
  })

  test('that the source has not either are not found, and it is told of', async () => {
    const { source } = createSource(new Map([...texts].slice(0, 2998)))
    const session = openIndex().open('one', source)
    session.update({ isWhole: true, put, removed: [] })
    expect((await session.match('text')).count).toBe(2998)
    expect(logged.map(({ level, data }) => ({ level, data }))).toEqual([
      { level: 'warn', data: { repository: 'one', texts: 2 } },
    ])
  })

  test('are not waited for any more when the session ends', async () => {
    const index = openIndex()
    const asked = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const session = index.open('one', (_wanted, _onText, signal) => {
      const { promise, reject } = Promise.withResolvers<void>()
      asked.resolve()
      signal.addEventListener('abort', () => {
        stopped.resolve()
        reject(signal.reason)
      })
      return promise
    })
    session.update({ isWhole: true, put, removed: [] })
    const match = expect(session.match('text')).rejects.toMatchObject(unavailable)
    await asked.promise
    session[Symbol.dispose]()
    await Promise.all([match, stopped.promise])
    session.update({ isWhole: true, put, removed: [] })
    await expect(session.match('text')).rejects.toMatchObject(unavailable)
    await index.reached('indexed')
    expect(logged).toEqual([])
  })
})

test('a database that is damaged while it is used is told of, set aside, and replaced', async () => {
  const index = openIndex()
  const session = index.open('one', noSource)
  const put = () => Array.from({ length: 500 }, (_, n) => bugText(n, `${n} `.repeat(5000)))
  session.update({ isWhole: true, put: put(), removed: [] })
  await index.reached('indexed')
  const file = join(folder, 'search/1/texts.sqlite')
  for (const part of [file, `${file}-wal`]) await truncate(part)
  // Found by looking at the texts.
  await expect(session.match('12 ')).rejects.toMatchObject(unavailable)
  await expect(session.match('12 ')).rejects.toMatchObject(unavailable)
  expect([lost, logged.map(({ level, message }) => `${level}: ${message}`)]).toEqual([
    1,
    ['error: the texts for searching are damaged'],
  ])
  expect(await readdir(join(folder, 'search/1'))).toContain('texts.sqlite.aside')
  session.update({ isWhole: true, put: put(), removed: [] })
  expect(await find(session, '499 499')).toEqual([499])
})

test('texts are there again when an index is opened on the folder of one that was closed', async () => {
  const first = openIndex()
  const before = first.open('one', noSource)
  before.update({ isWhole: true, put: [bugText(1, 'old text'), bugText(2, 'text')], removed: [] })
  await first.reached('indexed')
  expect(await find(before, 'text')).toEqual([1, 2])
  await first[Symbol.asyncDispose]()
  expect(logged).toEqual([])
  const second = openIndex()
  const after = second.open('one', noSource)
  after.update({
    isWhole: true,
    put: [bugText(0, 'new text', { id: 1, tip: 9 }), knownBug(1, { id: 2, tip: 2 })],
    removed: [],
  })
  clock.advance(61_000)
  expect(await find(after, 'text')).toEqual([0, 1])
})

test('texts of a process that was killed while it wrote and indexed are there, and none of them is read again', async () => {
  const script = `
    import { openSearchIndex } from ${JSON.stringify(import.meta.resolve('../../src/search/search-index.ts'))}
    import { bugText } from ${JSON.stringify(import.meta.resolve('./texts.ts'))}
    import { systemClock } from ${JSON.stringify(import.meta.resolve('../../src/base/clock.ts'))}
    const log = { debug() {}, info() {}, warn: console.error, error: console.error }
    const measures = { gauge() {}, count() {}, observe() {} }
    const index = openSearchIndex({ folder: ${JSON.stringify(join(folder, 'search'))}, clock: systemClock, log, measures })
    const session = index.open('one', async () => {})
    const put = from => Array.from({ length: 1500 }, (_, n) => bugText(from + n, 'text ' + (from + n) + ' clay'.repeat(300)))
    session.update({ isWhole: true, put: put(0), removed: [] })
    await index.reached('stored')
    console.log('stored')
    for (let from = 1500; ; from += 1500) {
      session.update({ isWhole: false, put: put(from), removed: [] })
      await session.match('clay')
      console.log('more')
    }
  `
  await writeFile(join(folder, 'writer.mjs'), script)
  const writer = spawn(process.execPath, [join(folder, 'writer.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  stack.defer(() => void writer.kill('SIGKILL'))
  const lines = createInterface({ input: writer.stdout })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe('stored')
  expect((await lines.next()).value).toBe('more')
  writer.kill('SIGKILL')
  await once(writer, 'exit')

  const index = openIndex()
  const asked: string[] = []
  const session = index.open('one', async (wanted, onText) => {
    for (const { tip } of wanted) {
      asked.push(tip)
      onText(tip, Buffer.from(`text ${Number.parseInt(tip, 16)}${' clay'.repeat(300)}`))
    }
  })
  session.update({ isWhole: true, put: Array.from({ length: 4500 }, (_, n) => knownBug(n)), removed: [] })
  expect((await session.match('clay')).count).toBe(4500)
  // What the process knew to be there when it was killed is not asked for.
  expect(asked.filter(tip => Number.parseInt(tip, 16) < 3000)).toEqual([])
  expect(await find(session, 'text 4321')).toEqual([4321])
  await index.reached('indexed')
  for (const term of ['clay', 'text 7', 'text 1234 cl', 'xt 44']) {
    const expected = findPlainly(
      new Map(Array.from({ length: 4500 }, (_, n) => [n, `text ${n}${' clay'.repeat(2)}`])),
      term,
    )
    expect(await find(session, term)).toEqual(expected)
  }
  expect(logged.map(({ message }) => message)).toEqual([
    'the texts for searching were not closed the last time: they are as they were written',
  ])
  await index[Symbol.asyncDispose]()
  using db = new DatabaseSync(join(folder, 'search/1/texts.sqlite'))
  expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  for (const table of ['trigrams', 'words']) db.exec(`INSERT INTO ${table} (${table}) VALUES ('integrity-check')`)
})

test('a thread that dies is told of, and started again half a minute later', async () => {
  const index = openIndex()
  const session = index.open('one', noSource)
  const { promise: started, resolve } = Promise.withResolvers<Worker>()
  process.once('worker', resolve)
  session.update({ isWhole: true, put: [bugText(0, 'text')], removed: [] })
  const match = expect(session.match('text')).rejects.toMatchObject(unavailable)
  await (await started).terminate()
  await match
  const message = 'the search thread has ended: there is no search until it is started again'
  expect(logged.map(line => [line.level, line.message])).toEqual([['error', message]])
  session.update({ isWhole: true, put: [bugText(300, 'text')], removed: [] })
  await expect(session.match('text')).rejects.toMatchObject(unavailable)
  expect(lost).toBe(0)
  clock.advance(30_000)
  expect(lost).toBe(1)
  session.update({ isWhole: true, put: [bugText(301, 'text')], removed: [] })
  expect(await find(session, 'text')).toEqual([301])
})

test('a disk that is full is told of, and texts are kept in memory from then on', async () => {
  const script = `
    import { openSearchIndex } from ${JSON.stringify(import.meta.resolve('../../src/search/search-index.ts'))}
    import { bugText } from ${JSON.stringify(import.meta.resolve('./texts.ts'))}
    import { systemClock } from ${JSON.stringify(import.meta.resolve('../../src/base/clock.ts'))}
    const log = { debug() {}, info() {}, warn: (_, message) => console.log(message), error: (_, message) => console.log(message) }
    const measures = { gauge() {}, count() {}, observe() {} }
    let lost
    const isLost = new Promise(resolve => { lost = resolve })
    const folder = ${JSON.stringify(join(folder, 'search'))}
    await using index = openSearchIndex({ folder, clock: systemClock, log, measures, onLost: () => lost() })
    const session = index.open('one', async () => {})
    const put = Array.from({ length: 1000 }, (_, n) => bugText(n, 'text ' + n + ' clay'.repeat(2000)))
    const copy = () => put.map(bug => ({ ...bug, text: Buffer.from(bug.text) }))
    session.update({ isWhole: true, put: copy(), removed: [] })
    await isLost
    session.update({ isWhole: true, put: copy(), removed: [] })
    console.log((await session.match('clay clay')).count)
  `
  await writeFile(join(folder, 'writer.mjs'), script)
  // No file of more than four megabytes, as a full disk has it: writing fails.
  const shell = `trap '' XFSZ; ulimit -f 8192; exec "$0" "$1"`
  const { stdout } = await execute('sh', ['-c', shell, process.execPath, join(folder, 'writer.mjs')])
  const lines = stdout.trim().split('\n')
  expect(lines).toContain('the texts for searching are out of reach')
  expect(lines.at(-1)).toBe('1000')
})

test('repositories that nobody has opened for thirty days are forgotten, and those that are open are not', async () => {
  const first = openIndex()
  const open = (index: SearchIndex, name: string, source = noSource) => {
    const session = index.open(name, source)
    session.update({ isWhole: true, put: [bugText(1, `text of ${name}`)], removed: [] })
    return session
  }
  open(first, 'old')
  open(first, 'new')
  await first.reached('indexed')
  await first[Symbol.asyncDispose]()
  const dayMs = 24 * 3600 * 1000
  clock.advance(29 * dayMs)
  const second = openIndex()
  open(second, 'new')
  await second.reached('indexed')
  clock.advance(2 * dayMs)
  await second.reached('indexed')
  expect(logged.map(({ data }) => data)).toEqual([{ repository: 'old' }])
  await second[Symbol.asyncDispose]()
  using db = new DatabaseSync(join(folder, 'search/1/texts.sqlite'))
  expect(db.prepare('SELECT name FROM repositories').all()).toEqual([{ name: 'new' }])
})

test('without a folder, and where it cannot be used, everything is in memory', async () => {
  await writeFile(join(folder, 'file'), '')
  for (const path of [undefined, join(folder, 'file', 'search')]) {
    const index = openSearchIndex({ folder: path, clock, log, measures: noMeasures })
    stack.use(index)
    const session = index.open('one', noSource)
    session.update({ isWhole: true, put: [bugText(1, 'here')], removed: [] })
    expect(await find(session, 'here')).toEqual([1])
  }
  expect(await readdir(folder)).toEqual(['file'])
  expect(logged.map(({ level }) => level)).toEqual(['warn'])
})

test('an index that is closed while it works says so to those who wait, and leaves no timer', async () => {
  const before = clock.timers
  const index = openIndex()
  const session = index.open('one', noSource)
  const put = Array.from({ length: 2000 }, (_, n) => bugText(n, `${n} `.repeat(1000)))
  session.update({ isWhole: true, put, removed: [] })
  const match = expect(session.match('1999')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  await index[Symbol.asyncDispose]()
  await match
  session.update({ isWhole: true, put: [], removed: [] })
  index.drop('one')
  await expect(session.match('1999')).rejects.toMatchObject(unavailable)
  expect(clock.timers).toBe(before)
  expect([lost, logged]).toEqual([0, []])
})

test('an index that nobody uses starts nothing', async () => {
  const index = openIndex()
  index.open('one', noSource)[Symbol.dispose]()
  await index.reached('indexed')
  expect([index.bytes, index.queuedBytes]).toEqual([0, 0])
})
