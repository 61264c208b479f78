/**
 * The worst that 4,096 characters of a query can ask for, over HTTP. What a query costs for ten thousand bugs is measured
 * in the rooms that answer it (`test/query/matcher.test.ts`, `test/search`); here is what goes around it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const at = 1_700_000_000
let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  const t = createTrackerWriter({ seed: 'bombs' })
  const all = Array.from({ length: 20 }, (_, n) => t.identity({ name: `Person ${n}`, at }))
  for (let n = 0; n < 100; n++) {
    const bug = t.bug(all[n % 20]!, { title: `The kiln ${n}`, message: 'the '.repeat(400), at: at + n })
    bug.labels(all[n % 20]!, { added: [`l${n}`], at: at + n })
  }
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

/** As many pieces as a query has room for. */
function fill(piece: (n: number) => string): string {
  let text = ''
  for (let n = 0; text.length + piece(n).length < 4096; n++) text += `${text === '' ? '' : ' '}${piece(n)}`
  return text
}

const letters = 'etaoinshrdlucmfwypvbgkjqxz'
const letter = (n: number) => letters[n % letters.length]!
const bombs: readonly [name: string, query: string][] = [
  ['hundreds of terms of two letters', fill(n => letter(n) + letter(Math.floor(n / 26)))],
  ['hundreds of terms that are not wanted', fill(n => `-${letter(n)}${letter(Math.floor(n / 26))}q`)],
  ['hundreds of phrases', fill(n => `"${letter(n)} ${letter(Math.floor(n / 26))}"`)],
  ['one term of four thousand letters', 'e'.repeat(4096)],
  ['a phrase of a thousand words', `"${'the '.repeat(1023)}"`],
  ['people who are nobody', fill(n => `-participant:zq${n}`)],
  ['labels that are not there', fill(n => `-label:q${n}`)],
  ['ranges', fill(() => 'created:>2010-01-01')],
  ['titles', fill(n => `-title:q${n}`)],
  ['terms in an order by how well they fit', `sort:relevance ${fill(n => `${letter(n)}h`).slice(0, 4000)}`],
  ['quotes', '"'.repeat(4096)],
  ['colons', ':'.repeat(4096)],
  ['signs', '-'.repeat(4096)],
]
const places = [
  '/tracker/-/bugs',
  '/tracker/-/bugs.json',
  '/-/search',
  '/api/v1/repos/tracker/bugs',
  '/tracker/-/suggest',
]

describe.each(places)('%s', place => {
  test.each(bombs)('answers a query of %s, in a bounded page', async (_name, query) => {
    const { statusCode, body } = await viewer.get(`${place}?${new URLSearchParams({ q: query })}`)
    expect([200, 400]).toContain(statusCode)
    expect(body.length).toBeLessThan(2 * 1024 * 1024)
  })
})
