import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { foldText } from '../../src/bug/search-text.ts'
import { foldPieces } from '../../src/search/fold-pieces.ts'
import { openMemory } from '../../src/search/open-database.ts'
import { TermSearch } from '../../src/search/term-search.ts'
import { TextStore } from '../../src/search/text-store.ts'
import { type BugText, cutUpdate } from '../../src/search/update-parts.ts'
import { anyTerm, anyText, bugText, findPlainly, idOf, partOf, type TextsByTip, tipOf } from './texts.ts'

const open: Disposable[] = []
afterEach(() => {
  for (const one of open.splice(0)) one[Symbol.dispose]()
})

/** A store in this thread, whose works are done at once. */
function openStore() {
  const database = openMemory()
  open.push(database)
  const store = new TextStore(database.db)
  const search = new TermSearch(database.db)
  let number = 0
  return {
    store,
    update(repository: string, change: { isWhole?: boolean; put?: readonly BugText[]; removed?: readonly string[] }) {
      const { isWhole = false, put = [], removed = [] } = change
      const parts = cutUpdate({ repository, number: ++number }, { isWhole, put, removed })
      for (const { message } of parts) finish(store.update(message))
      return number
    },
    indexAll() {
      while (store.indexSome());
    },
    match(repository: string, term: string): string[] {
      const known = store.find(repository)
      if (!known) throw new Error(`${repository} is not known`)
      const tips = finish(search.match(known, foldText(term.toWellFormed())))
      return [...new Set(tips === '' ? [] : tips.split('\n'))].sort()
    },
  }
}

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

const put = (texts: TextsByTip) => [...texts].map(([tip, text], n) => bugText(n, text, tip))
const toTexts = (texts: readonly string[]): TextsByTip => new Map(texts.map((text, n) => [tipOf(n), text]))

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
    } while (s.store.indexSome())
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

  test('takes time that grows with the texts only', () => {
    const texts = Array.from({ length: 4 }, (_, n) => bugText(n, 'a'.repeat(1_000_000)))
    const s = openStore()
    s.update('one', { isWhole: true, put: texts })
    for (const term of [`${'a'.repeat(4000)}b`, `${'a'.repeat(2000)}b${'a'.repeat(2000)}`, 'aaab', 'ab']) {
      const startMs = performance.now()
      expect(s.match('one', term)).toEqual([])
      expect(performance.now() - startMs).toBeLessThan(3000)
    }
  })
})

describe('an update', () => {
  test('after any number of them, what is found is what the last state holds, and nothing twice', () => {
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
        const texts = new Map<string, string>()
        let state = new Map<number, string>()
        steps.forEach(({ change, gone, isWhole, index }, n) => {
          if (isWhole || n === 0) state = new Map()
          const bugs = new Map(change.map(([bug, version, text]) => [bug, { tip: tipOf(bug * 16 + version), text }]))
          for (const [bug, { tip, text }] of bugs) {
            state.set(bug, tip)
            // The same tip is always the same text.
            if (!texts.has(tip)) texts.set(tip, text)
          }
          const removed = gone.filter(bug => !bugs.has(bug))
          for (const bug of removed) state.delete(bug)
          const list = [...bugs].map(([bug, { tip }]) => bugText(bug, texts.get(tip) ?? '', tip))
          const number = s.update('one', { isWhole: isWhole || n === 0, put: list, removed: removed.map(idOf) })
          const current: TextsByTip = new Map([...state.values()].map(tip => [tip, texts.get(tip) ?? '']))
          for (let count = 0; count < index; count++) s.store.indexSome()
          // Those that were replaced may be found; those of the state must be.
          expect(s.match('one', term)).toEqual(expect.arrayContaining(findPlainly(current, term)))
          finish(s.store.purge('one', number))
          expect(s.match('one', term)).toEqual(findPlainly(current, term))
        })
      }),
      { numRuns: 300 },
    )
  })

  test('of texts that are there already writes none of them again', () => {
    const list = Array.from({ length: 300 }, (_, n) => `text ${n}`)
    const s = openStore()
    s.update('one', { isWhole: true, put: put(toTexts(list)) })
    s.indexAll()
    const { next } = s.store.find('one')!
    s.update('one', { isWhole: true, put: put(toTexts(list)) })
    expect(s.store.find('one')?.next).toBe(next)
    expect(s.store.indexSome()).toBe(false)
    expect(s.match('one', 'text 299')).toEqual([tipOf(299)])
  })

  test('keeps what it replaces for those who look at the state before, until that is purged', () => {
    const s = openStore()
    s.update('one', { isWhole: true, put: [bugText(1, 'old words', tipOf(10)), bugText(2, 'other')] })
    s.indexAll()
    const second = s.update('one', { put: [bugText(1, 'new words', tipOf(11))] })
    const third = s.update('one', { removed: [idOf(2)] })
    expect(s.match('one', 'words')).toEqual([tipOf(10), tipOf(11)])
    finish(s.store.purge('one', second))
    expect(s.match('one', 'words')).toEqual([tipOf(11)])
    expect(s.match('one', 'other')).toEqual([tipOf(2)])
    finish(s.store.purge('one', third))
    expect(s.match('one', 'other')).toEqual([])
  })

  test('brings a text back that was replaced and not purged yet', () => {
    const s = openStore()
    const before = bugText(1, 'before', tipOf(10))
    s.update('one', { isWhole: true, put: [before] })
    s.update('one', { put: [bugText(1, 'after', tipOf(11))] })
    const number = s.update('one', { put: [bugText(1, 'before', tipOf(10))] })
    finish(s.store.purge('one', number))
    expect([s.match('one', 'before'), s.match('one', 'after')]).toEqual([[tipOf(10)], []])
  })

  test('of a repository touches no other one', () => {
    const s = openStore()
    for (const name of ['one', 'two', 'three']) s.update(name, { isWhole: true, put: [bugText(1, `text of ${name}`)] })
    s.indexAll()
    finish(s.store.drop('two'))
    expect(s.store.find('two')).toBeUndefined()
    s.update('two', { isWhole: true, put: [bugText(2, 'text that is new')] })
    expect(s.match('one', 'text of one')).toEqual([tipOf(1)])
    expect(s.match('three', 'three')).toEqual([tipOf(1)])
    expect(s.match('two', 'text')).toEqual([tipOf(2)])
  })
})

test('a dropped repository leaves no text behind, in the index neither', () => {
  const s = openStore()
  const list = Array.from({ length: 600 }, (_, n) => `secret ${n}`)
  s.update('one', { isWhole: true, put: put(toTexts(list)) })
  s.indexAll()
  finish(s.store.drop('one'))
  const count = (table: string) => s.store.db.prepare(`SELECT count(*) AS value FROM ${table}`).get()?.value
  expect(['bugs', 'pieces', 'texts', 'repositories', 'trigrams'].map(count)).toEqual([0, 0, 0, 0, 0])
  expect(s.store.db.prepare(`SELECT rowid FROM trigrams WHERE trigrams MATCH '"secret"'`).all()).toEqual([])
})

test('a repository of which only a part was given is not answered for', () => {
  const s = openStore()
  s.update('one', { put: [bugText(1, 'text')] })
  expect(s.store.find('one')).toBeUndefined()
  s.update('one', { isWhole: true, put: [bugText(1, 'text')] })
  expect(s.match('one', 'text')).toEqual([tipOf(1)])
  s.store.distrust('one')
  expect(s.store.find('one')).toBeUndefined()
})
