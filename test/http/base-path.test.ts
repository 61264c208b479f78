/** A site below a path of another one: every address of every page stays below that path, and leads somewhere. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const base = '/tools/bugs'
let repositories: BuiltRepository[]
let viewer: Viewer

beforeAll(async () => {
  const t = createTrackerWriter({ seed: 'base path' })
  const ada = t.identity({ name: 'Ada', login: 'ada', at: 1_700_000_000 })
  for (let n = 0; n < 60; n++) {
    const bug = t.bug(ada, { title: `Bug ${n}`, message: 'See #1 and @ada.', at: 1_700_000_000 + n })
    bug.labels(ada, { added: ['kind/bug'], at: 1_700_000_100 + n })
  }
  const bug = t.bug(ada, { title: 'With edits', message: 'before', at: 1_700_000_900 })
  const comment = bug.comment(ada, { message: 'wrong', at: 1_700_000_901 })
  bug.editComment(ada, comment, { message: 'right', at: 1_700_000_902 })
  repositories = [await buildRepository(t), await buildRepository(t, { bare: false })]
  const list = repositories.map(({ path }, index) => ({ path, name: `r${index}` }))
  viewer = await openViewer({ yaml: JSON.stringify({ server: { basePath: base }, repositories: { list } }) })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  for (const repository of repositories) await repository[Symbol.asyncDispose]()
})

/** Every address of this server that a page names, in whatever attribute. */
function addresses(html: string, from: string): string[] {
  return [...html.matchAll(/ (?:href|src|action|data-[a-z]+)="((?:\/|\?|\.)[^"]*)"/g)].map(([, address]) => {
    const { pathname, search } = new URL(address!.replaceAll('&amp;', '&').replaceAll('&quot;', '"'), `http://x${from}`)
    return pathname + search
  })
}

/** Pages of the same kind differ in names, ids and queries. */
const kindOf = (address: string) => address.replace(/\/r[01]\//, '/r/').replace(/[0-9a-f]{7,}|(?<==).*/g, '…')

test('every address that a page names is below the path, and none leads nowhere', async () => {
  const kinds = new Map<string, string>()
  const wrong: string[] = []
  const waiting = [`${base}/`]
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    if (address.includes('/events?')) continue
    const answer = await viewer.get(address)
    const type = String(answer.headers['content-type'])
    if (answer.statusCode >= 400) wrong.push(`${address}: ${answer.statusCode}`)
    const named = type.startsWith('text/html') ? addresses(answer.body, address) : []
    const { location } = answer.headers
    for (const next of location === undefined ? named : [...named, String(location)]) {
      if (next !== base && !next.startsWith(`${base}/`)) wrong.push(`${address} names ${next}`)
      if (kinds.has(kindOf(next))) continue
      kinds.set(kindOf(next), next)
      waiting.push(next)
    }
  }
  expect(wrong).toEqual([])
  expect(kinds.size).toBeGreaterThan(20)
})
