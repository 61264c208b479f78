import { expect, test } from 'vitest'
import type { Lease } from '../../src/cache/lease.ts'
import { querySource } from '../../src/http/query-use.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { selectBugs } from '../../src/query/select.ts'
import { inventKiln } from '../support/kiln.ts'

const { tracker } = inventKiln()
const numbers = tracker.bugs.map(({ textNumber }) => textNumber)

/** What a query finds, and what texts were asked for, where each term is in the bugs that `matches` gives. */
async function find(text: string, matches: Readonly<Record<string, readonly number[]>>) {
  const asked: string[] = []
  const matchText = async (term: string) => {
    asked.push(term)
    const found = new Set(matches[term])
    return { count: found.size, has: (number: number) => found.has(number), score: () => 0 }
  }
  const parsed = parseQuery(text)
  if ('error' in parsed) throw new Error(parsed.error.message)
  const source = await querySource({ tracker, matchText } as unknown as Lease, parsed.query)
  return { asked, found: selectBugs(parsed.query, source).length }
}

test('each term is looked up once, folded', async () => {
  const all = { relay: numbers, cafe: numbers, slow: [] }
  expect(await find('Relay CAFÉ -slow -SLOW café', all)).toEqual({
    asked: ['relay', 'cafe', 'slow'],
    found: numbers.length,
  })
})

test('a term that no bug holds ends it, and one that none may hold does not', async () => {
  expect(await find('-slow relay nowhere more', { relay: numbers, more: numbers })).toEqual({
    asked: ['relay', 'nowhere'],
    found: 0,
  })
  expect(await find('-nowhere -relay', { relay: numbers.slice(1) })).toEqual({ asked: ['nowhere', 'relay'], found: 1 })
})

test('nobody is asked where there is no term, or titles are enough', async () => {
  expect(await find('status:open title:relay', {})).toMatchObject({ asked: [] })
  expect(await find('in:title relay', {})).toMatchObject({ asked: [] })
})

test('whoever no longer waits is let go', async () => {
  const gone = AbortSignal.abort(new Error('the client has gone'))
  const matchText = (_term: string, signal?: AbortSignal) => Promise.reject(signal?.reason)
  const parsed = parseQuery('relay')
  if ('error' in parsed) throw new Error(parsed.error.message)
  const waiting = querySource({ tracker, matchText } as unknown as Lease, parsed.query, gone)
  await expect(waiting).rejects.toThrow('the client has gone')
})
