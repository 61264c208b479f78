import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { foldText } from '../../src/bug/search-text.ts'
import { foldPieces } from '../../src/search/fold-pieces.ts'
import type { FoundNumbers } from '../../src/search/found.ts'
import { openMemory } from '../../src/search/open-database.ts'
import { SessionTexts } from '../../src/search/session-texts.ts'
import { TermSearch } from '../../src/search/term-search.ts'
import { toTextMatch } from '../../src/search/text-match.ts'
import { TextStore } from '../../src/search/text-store.ts'
import { type BugText, cutUpdate } from '../../src/search/update-parts.ts'
import { Vocabulary } from '../../src/search/vocabulary.ts'
import { processorMs } from '../support/processor-time.ts'
import { anyTerm, anyText, bugText, findPlainly, idOf, knownBug, numbersOf, partOf } from './texts.ts'

const open: Disposable[] = []
afterEach(() => {
  for (const one of open.splice(0)) one[Symbol.dispose]()
})

/** A store in this thread, whose works are done at once. One session for each repository. */
function openStore(options: { readonly vocabularyBytes?: number } = {}) {
  const database = openMemory()
  open.push(database)
  const store = new TextStore(database.db, new Vocabulary(options.vocabularyBytes))
  const search = new TermSearch(database.db, store.indexer.vocabulary)
  const sessions = new Map<string, SessionTexts>()
  const sessionOf = (name: string) => {
    const session = sessions.get(name) ?? new SessionTexts(sessions.size + 1, name)
    sessions.set(name, session)
    return session
  }
  let number = 0
  const match = (repository: string, term: string): FoundNumbers => {
    const known = store.find(repository)
    const session = sessionOf(repository)
    if (!known || !session.isWhole) throw new Error(`${repository} is not known`)
    return finish(search.match({ repository: known, session, term: foldText(term.toWellFormed()), ranked: false }))
  }
  return {
    store,
    sessionOf,
    update(repository: string, change: { isWhole?: boolean; put?: readonly BugText[]; removed?: readonly string[] }) {
      const { isWhole = false, put = [], removed = [] } = change
      const session = sessionOf(repository)
      const head = { session: session.number, repository, number: ++number, nowMs: 0 }
      for (const { message } of cutUpdate(head, { isWhole, put, removed })) finish(store.update(message, session))
      return number
    },
    purge: (repository: string, upTo: number) => finish(store.purge(repository, upTo, sessionOf(repository))),
    indexAll() {
      while (store.workSome());
    },
    match: (repository: string, term: string): number[] =>
      numbersOf(toTextMatch({ kind: 'found', number: 0, ...match(repository, term) })),
  }
}

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

type Texts = ReadonlyMap<number, string>

const put = (texts: Texts) => [...texts].map(([number, text]) => bugText(number, text))
const toTexts = (texts: readonly string[]): Texts => new Map(texts.map((text, n) => [n, text]))

describe('what is found', () => {
  test('is what the plainest search finds, in the index and before there is one, whatever texts and terms are', () => {
    fc.assert(
      fc.property(
        fc.array(anyText, { minLength: 1, maxLength: 6 }),
        fc.array(anyTerm, { maxLength: 6 }),
        fc.gen(),
        (list, terms, generate) => {
          const texts = toTexts(list)
          const parts = list.map(text => generate(() => partOf(text)))
          const s = openStore()
          s.update('one', { isWhole: true, put: put(texts) })
          s.update('two', { isWhole: true, put: [bugText(99, list.join(''))] })
          const answers = () => [...terms, ...parts].map(term => [term, s.match('one', term)])
          const expected = [...terms, ...parts].map(term => [term, findPlainly(texts, term)])
          expect(answers()).toEqual(expected)
          s.indexAll()
          expect(answers()).toEqual(expected)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('is the same while a part of the texts is in the index', () => {
    const words = ['kiln', 'relay', 'sensor', 'glaze']
    const list = Array.from({ length: 40 }, (_, n) => `${words[n % 4]} ${n} ${'clay '.repeat(800)}${n % 7}`)
    const texts = toTexts(list)
    const s = openStore()
    s.update('one', { isWhole: true, put: put(texts) })
    let steps = 0
    do {
      for (const term of ['kiln', 'sensor 1', 'clay clay clay clay clay clay', '6', 'nowhere']) {
        expect([term, s.match('one', term)]).toEqual([term, findPlainly(texts, term)])
      }
      steps++
    } while (s.store.workSome())
    expect(steps).toBeGreaterThan(2)
  })

  test('is the same for terms of thousands of characters, and where a text is cut into pieces', () => {
    const long = Array.from({ length: 30_000 }, (_, n) => `word${n} 温度`).join(' ')
    const texts = toTexts([long, long.replace('word20000 ', 'word20000. '), 'short', `${'a'.repeat(300_000)}b`])
    const middle = long.indexOf('word20000') - 2000
    const terms = [
      long.slice(middle, middle + 4096),
      long.slice(middle, middle + 40),
      `${long.slice(middle, middle + 4095)}!`,
      long.slice(-4096),
      'a'.repeat(4096),
      `${'a'.repeat(4095)}b`,
      `b${'a'.repeat(4095)}`,
      `${'a'.repeat(2000)}b${'a'.repeat(2000)}`,
      '"*'.repeat(2000),
      '한'.repeat(4096),
      'ﷺ'.repeat(4096),
      '\0'.repeat(4096),
    ]
    // Across every place where a piece ends; at most as long as pieces overlap, and longer.
    const raw = Buffer.from(foldText(long))
    let end = 0
    for (const { bytes, overlap } of foldPieces(Buffer.from(long))) {
      end += bytes.length - overlap
      for (const reach of [2, 8, 28, 33, 90]) {
        terms.push(raw.toString('utf8', Math.max(0, end - reach), end + reach).replaceAll('\ufffd', ''))
      }
    }
    expect(terms.length).toBeGreaterThan(30)
    const s = openStore()
    s.update('one', { isWhole: true, put: put(texts) })
    const answers = () => terms.map(term => s.match('one', term))
    const expected = terms.map(term => findPlainly(texts, term))
    expect(answers()).toEqual(expected)
    s.indexAll()
    expect(answers()).toEqual(expected)
  })

  test('is the same where there are too many words for the vocabulary, also after the process has ended', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 6 }), anyTerm, (list, term) => {
        const s = openStore({ vocabularyBytes: 8 })
        const texts = toTexts([...list, 'kiln relay sensor'])
        s.update('one', { isWhole: true, put: put(texts) })
        s.indexAll()
        expect(s.store.indexer.vocabulary.isComplete).toBe(false)
        expect(s.match('one', term)).toEqual(findPlainly(texts, term))
        expect(new TextStore(s.store.db).indexer.vocabulary.isComplete).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  test('is what it was when the words of the vocabulary are read again', () => {
    const s = openStore()
    const texts = toTexts(['The kilns smoke', 'relay 温度計 iphone', `${'long'.repeat(100)} kiln`])
    s.update('one', { isWhole: true, put: put(texts) })
    s.indexAll()
    const { vocabulary } = new TextStore(s.store.db).indexer
    expect(vocabulary.count).toBe(s.store.indexer.vocabulary.count)
    expect(vocabulary.find(Buffer.from('kil'), 9)).toEqual(['kilns', 'kiln'])
  })

  test('of texts in pieces is the same while a part of the pieces is in the index, also for a process after this one', () => {
    const words = Array.from({ length: 30_000 }, (_, n) => `word${n}`)
    words[15_000] = 'x'.repeat(90_000)
    const text = words.join(' ')
    const texts = toTexts([text, 'word14999 word15001'])
    const terms = ['word29998 word2', 'word1', 'ord27', 'word14998 word14999 xx', 'word14999 word1500', 'x'.repeat(40)]
    const raw = Buffer.from(text)
    let end = 0
    for (const { bytes, overlap } of foldPieces(raw)) {
      end += bytes.length - overlap
      terms.push(
        ...raw
          .toString('utf8', Math.max(0, end - 40), end + 40)
          .split(' ')
          .slice(1, -1),
      )
      terms.push(
        raw
          .toString('utf8', Math.max(0, end - 100), end + 40)
          .split(' ')
          .slice(1, -1)
          .join(' '),
      )
    }
    const expected = terms.map(term => (term.trim() === '' ? [] : findPlainly(texts, term)))
    const s = openStore()
    s.update('one', { isWhole: true, put: put(texts) })
    let steps = 0
    do {
      expect(terms.map(term => (term.trim() === '' ? [] : s.match('one', term)))).toEqual(expected)
      steps++
    } while (s.store.workSome() && s.store.find('one')!.indexed < s.store.find('one')!.next - 1)
    s.indexAll()
    expect(terms.map(term => (term.trim() === '' ? [] : s.match('one', term)))).toEqual(expected)
    expect(steps).toBeGreaterThan(3)
  })

  test('is the same where a phrase has words of more bytes than a token, or more words than a piece repeats', () => {
    const long = Array.from({ length: 60 }, (_, n) => `n${n}`).join('')
    const many = Array.from({ length: 40 }, (_, n) => `w${n}`).join(' ')
    const texts = toTexts([`one ${long} two`, `one ${long}x two`, `one ${long.slice(0, 96)} two`, many, `${many}x`])
    const terms = [
      `${long} two`,
      `one ${long}`,
      `one ${long} tw`,
      `one ${long.slice(0, 96)}`,
      many,
      `${many.slice(3)}x`,
    ]
    const s = openStore()
    s.update('one', { isWhole: true, put: put(texts) })
    s.indexAll()
    expect(terms.map(term => s.match('one', term))).toEqual(terms.map(term => findPlainly(texts, term)))
  })

  test('is the same where the process ended when a text was indexed in part', () => {
    const text = Array.from({ length: 30_000 }, (_, n) => `word${n}`).join(' ')
    const s = openStore()
    s.update('one', { isWhole: true, put: [bugText(0, text)] })
    s.store.workSome()
    const store = new TextStore(s.store.db)
    const { indexed, base, next } = store.find('one')!
    expect([indexed > base, indexed < next - 2]).toEqual([true, true])
    const session = new SessionTexts(1, 'one')
    const head = { session: 1, repository: 'one', number: 1, nowMs: 0 }
    for (const { message } of cutUpdate(head, { isWhole: true, put: [knownBug(0)], removed: [] })) {
      finish(store.update(message, session))
    }
    while (store.workSome());
    const search = new TermSearch(s.store.db, store.indexer.vocabulary)
    const repository = store.find('one')!
    // Across each place where a piece ends.
    let end = 0
    for (const { bytes, overlap } of foldPieces(Buffer.from(text))) {
      end += bytes.length - overlap
      const words = text
        .slice(Math.max(0, end - 50), end + 50)
        .split(' ')
        .slice(1, -1)
      for (const term of [...words, words.join(' '), words.slice(0, 2).join(' ')]) {
        expect([term, finish(search.match({ repository, session, term, ranked: false })).count]).toEqual([term, 1])
      }
    }
  })

  test('takes time that grows with the texts only', () => {
    const texts = Array.from({ length: 4 }, (_, n) =>
      bugText(n, n % 2 === 0 ? 'a'.repeat(1_000_000) : 'a '.repeat(500_000)),
    )
    const s = openStore()
    s.update('one', { isWhole: true, put: texts })
    for (const term of [
      `${'a'.repeat(4000)}b`,
      `${'a'.repeat(2000)}b${'a'.repeat(2000)}`,
      'aaab',
      'ab',
      'a b',
      `${'a '.repeat(2000)}b`,
    ]) {
      expect(processorMs(() => expect(s.match('one', term)).toEqual([]))).toBeLessThan(3000)
    }
  })
})

describe('an update', () => {
  test('after any number of them, what is found is what the last state holds, and nothing else when that is purged', () => {
    const change = fc.array(fc.tuple(fc.nat(5), fc.nat(3), anyText), { maxLength: 4 })
    const step = fc.record({
      change,
      gone: fc.array(fc.nat(5), { maxLength: 2 }),
      isWhole: fc.boolean(),
      index: fc.nat(2),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), anyTerm, (steps, term) => {
        const s = openStore()
        const textByTip = new Map<number, string>()
        let state = new Map<number, { number: number; tip: number }>()
        let next = 0
        steps.forEach(({ change, gone, isWhole, index }, n) => {
          if (isWhole || n === 0) state = new Map()
          const bugs = new Map(change.map(([bug, version, text]) => [bug, { tip: bug * 16 + version, text }]))
          const list: BugText[] = []
          for (const [bug, { tip, text }] of bugs) {
            // The same tip is always the same text.
            if (!textByTip.has(tip)) textByTip.set(tip, text)
            const number = next++
            state.set(bug, { number, tip })
            list.push(bugText(number, textByTip.get(tip) ?? '', { id: bug, tip }))
          }
          const removed = gone.filter(bug => !bugs.has(bug))
          for (const bug of removed) state.delete(bug)
          const update = s.update('one', { isWhole: isWhole || n === 0, put: list, removed: removed.map(idOf) })
          const current = new Map([...state.values()].map(({ number, tip }) => [number, textByTip.get(tip) ?? '']))
          for (let count = 0; count < index; count++) s.store.workSome()
          // Those that were replaced may be found; those of the state must be.
          expect(s.match('one', term)).toEqual(expect.arrayContaining(findPlainly(current, term)))
          s.purge('one', update)
          expect(s.match('one', term)).toEqual(findPlainly(current, term))
        })
      }),
      { numRuns: 300 },
    )
  })

  test('of texts that are there already writes none of them again, and answers to their new numbers and the old ones', () => {
    const list = Array.from({ length: 300 }, (_, n) => `text ${n}`)
    const s = openStore()
    s.update('one', { isWhole: true, put: put(toTexts(list)) })
    s.indexAll()
    const { next } = s.store.find('one')!
    const again = list.map((_, n) => knownBug(300 + n, { id: n, tip: n }))
    const update = s.update('one', { isWhole: true, put: again })
    expect([s.store.find('one')?.next, s.store.workSome(), s.sessionOf('one').isComplete]).toEqual([next, false, true])
    expect(s.match('one', 'text 299')).toEqual([299, 599])
    s.purge('one', update)
    expect(s.match('one', 'text 299')).toEqual([599])
  })

  test('keeps what it replaces for those who look at the state before, until that is purged', () => {
    const s = openStore()
    s.update('one', { isWhole: true, put: [bugText(1, 'old words'), bugText(2, 'other')] })
    s.indexAll()
    const second = s.update('one', { put: [bugText(3, 'new words', { id: 1 })] })
    const third = s.update('one', { removed: [idOf(2)] })
    expect(s.match('one', 'words')).toEqual([1, 3])
    s.purge('one', second)
    expect(s.match('one', 'words')).toEqual([3])
    expect(s.match('one', 'other')).toEqual([2])
    s.purge('one', third)
    expect(s.match('one', 'other')).toEqual([])
  })

  test('brings a text back that was replaced and not purged yet', () => {
    const s = openStore()
    s.update('one', { isWhole: true, put: [bugText(1, 'before')] })
    s.update('one', { put: [bugText(2, 'after', { id: 1 })] })
    const number = s.update('one', { put: [bugText(3, 'before', { id: 1, tip: 1 })] })
    s.purge('one', number)
    expect([s.match('one', 'before'), s.match('one', 'after')]).toEqual([[3], []])
  })

  test('of a repository touches no other one', () => {
    const s = openStore()
    for (const name of ['one', 'two', 'three']) s.update(name, { isWhole: true, put: [bugText(1, `text of ${name}`)] })
    s.indexAll()
    finish(s.store.drop('two'))
    expect(s.store.find('two')).toBeUndefined()
    s.sessionOf('two').reset()
    s.update('two', { isWhole: true, put: [bugText(2, 'text that is new')] })
    expect(s.match('one', 'text of one')).toEqual([1])
    expect(s.match('three', 'three')).toEqual([1])
    expect(s.match('two', 'text')).toEqual([2])
  })

  test('that is taken in after the process had ended keeps what it names, and replaces the rest', () => {
    const s = openStore()
    s.update('one', { isWhole: true, put: [bugText(1, 'kept words'), bugText(2, 'gone words')] })
    s.indexAll()
    // Another store on the same database, as the next process has it.
    const store = new TextStore(s.store.db)
    const session = new SessionTexts(1, 'one')
    const head = { session: 1, repository: 'one', number: 1, nowMs: 0 }
    const change = { isWhole: true, put: [knownBug(0, { id: 1, tip: 1 }), knownBug(1, { id: 3, tip: 3 })], removed: [] }
    for (const { message } of cutUpdate(head, change)) finish(store.update(message, session))
    expect([session.isWhole, session.isComplete, session.nextPortion().map(({ tip }) => tip)]).toEqual([
      true,
      false,
      [knownBug(1, { id: 3, tip: 3 }).tip],
    ])
    finish(store.purge('one', 1, session))
    const search = new TermSearch(s.store.db, store.indexer.vocabulary)
    const repository = store.find('one')!
    const found = finish(search.match({ repository, session, term: 'words', ranked: false }))
    expect([found.count, [...found.bits]]).toEqual([1, [1]])
    expect(s.store.db.prepare('SELECT count(*) AS value FROM texts').get()?.value).toBe(1)
  })
})

test('a dropped repository leaves no text behind, in the indexes neither, and gives its room back', () => {
  const s = openStore()
  const list = Array.from({ length: 600 }, (_, n) => `secret ${n} ${`word${n} `.repeat(300)}`)
  s.update('one', { isWhole: true, put: put(toTexts(list)) })
  s.indexAll()
  const full = s.store.bytes
  finish(s.store.drop('one'))
  const count = (table: string) => s.store.db.prepare(`SELECT count(*) AS value FROM ${table}`).get()?.value
  expect(['bugs', 'pieces', 'texts', 'repositories', 'trigrams', 'words'].map(count)).toEqual([0, 0, 0, 0, 0, 0])
  for (const table of ['trigrams', 'words']) {
    expect(s.store.db.prepare(`SELECT rowid FROM ${table} WHERE ${table} MATCH '"secret"'`).all()).toEqual([])
  }
  s.indexAll()
  expect([full > 4_000_000, s.store.bytes / full < 0.5]).toEqual([true, true])
})

test('repositories that nobody has opened for long are told, and those that are open are not', () => {
  const s = openStore()
  for (const name of ['one', 'two']) s.update(name, { isWhole: true, put: [bugText(1, 'text')] })
  const isOpen = (name: string) => name === 'two'
  expect(s.store.listUnused(5000, 0, isOpen)).toEqual([])
  expect(s.store.listUnused(9000, 4000, isOpen)).toEqual(['one'])
  expect(s.store.listUnused(9000, 9500, () => false)).toEqual(['one', 'two'])
})
