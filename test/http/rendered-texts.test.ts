import { describe, expect, test } from 'vitest'
import { noMeasures } from '../../src/base/measures.ts'
import { createRenderedTexts } from '../../src/http/rendered-texts.ts'
import { createLinker } from '../../src/pages/linker.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite, type RepositoryChoices } from '../../src/pages/site.ts'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { createOffStore, type Store } from '../../src/store/store.ts'
import { createMarkdown } from '../../src/text/markdown.ts'
import { at, inventBug, inventedId, inventIdentity, inventTracker } from '../support/invented-tracker.ts'
import { createManualClock } from '../support/manual-clock.ts'

const clock = createManualClock()
const ada = inventIdentity('ada', { name: 'Ada', login: 'ada' })
const parts = (status: 'open' | 'closed') =>
  inventBug(1, {
    title: 'One',
    status,
    metadata: { 'github-url': 'https://a.b/o/r/issues/1' },
    events: [['ada', at('2026-01-01 10:00'), { type: 'create', text: 'x' }]],
  })
const stateOf = (status: 'open' | 'closed') => ({
  name: 'kiln',
  tracker: inventTracker({ bugs: [parts(status)], identities: [ada], problems: [] }),
})
const repository = stateOf('open')
const short = { operationId: inventedId('short'), source: 'See #1, TICKET-2.' }
const long = { operationId: inventedId('long'), source: 'word '.repeat(2000) }

function memoryStore(): Store {
  const bounds = { seconds: undefined, maxBytes: 1 << 20 }
  const limits = { permanent: bounds, intermediate: bounds, result: bounds }
  return createMemoryStore({ limits, clock, measures: noMeasures })
}

interface Given {
  readonly store?: Store
  readonly tag?: string
  readonly maxBytes?: number
  readonly autolinks?: RepositoryChoices['autolinks']
}

/** The keeper, and the texts that it has rendered. */
function openTexts({ store = createOffStore(), tag = 'v1', maxBytes = 1 << 20, autolinks = [] }: Given = {}) {
  const rendered: string[] = []
  const markdown = createMarkdown()
  const choices = { queries: [], columns: [], commitUrl: undefined, report: undefined, autolinks }
  const links = createLinks({ basePath: '', asset: file => file })
  const site = createSite({ title: 'Bugs', links, choicesFor: () => choices })
  const texts = createRenderedTexts(
    {
      markdown: async () => ({
        fragment(source, wordLinks) {
          rendered.push(source)
          return markdown.fragment(source, wordLinks)
        },
      }),
      linker: createLinker(site),
      site,
      store,
      clock,
      measures: noMeasures,
    },
    { maxBytes, tag },
  )
  return { texts, rendered }
}

describe('a text', () => {
  test('is rendered once, however often pages want it', async () => {
    const { texts, rendered } = openTexts()
    const first = await texts({ repository, texts: [short, short] })
    const second = await texts({ repository, texts: [short] })
    expect(second.render(short)).toEqual(first.render(short))
    expect(rendered).toEqual([short.source])
  })

  test('has the links of the state that is shown', async () => {
    const { texts, rendered } = openTexts()
    const open = await texts({ repository, texts: [short] })
    const closed = await texts({ repository: stateOf('closed'), texts: [short] })
    expect(open.render(short).html).toContain('title="Open: One"')
    expect(closed.render(short).html).toContain('title="Closed: One"')
    expect(rendered).toHaveLength(1)
  })

  test('that takes long to render outlives the process; a short one is not worth it', async () => {
    await using store = memoryStore()
    await openTexts({ store }).texts({ repository, texts: [short, long] })
    await store.settled()
    const { texts, rendered } = openTexts({ store })
    const again = await texts({ repository, texts: [short, long] })
    expect(rendered).toEqual([short.source])
    expect(again.render(long)).toEqual({ html: `<p>${long.source.trim()}</p>\n`, cut: false })
  })

  test('of another program or with other links is another one', async () => {
    await using store = memoryStore()
    await openTexts({ store }).texts({ repository, texts: [long] })
    const newer = openTexts({ store, tag: 'v2' })
    await newer.texts({ repository, texts: [long] })
    const autolinks = [{ pattern: 'TICKET-(\\d+)', url: 'https://t.example.org/{1}' }]
    const linking = openTexts({ store, autolinks })
    const shown = await linking.texts({ repository, texts: [short, long] })
    expect(newer.rendered).toHaveLength(1)
    expect(linking.rendered).toHaveLength(2)
    expect(shown.render(short).html).toContain('<a href="https://t.example.org/2"')
  })

  test('that was not announced is a mistake of the page', async () => {
    const { texts } = openTexts()
    const shown = await texts({ repository, texts: [] })
    expect(() => shown.render(short)).toThrow('not among those')
  })
})

test('memory is bounded, and what does not fit is rendered again', async () => {
  const { texts, rendered } = openTexts({ maxBytes: 25_000 })
  const other = { operationId: inventedId('other'), source: long.source }
  await texts({ repository, texts: [long] })
  await texts({ repository, texts: [other] })
  await texts({ repository, texts: [long] })
  expect(rendered).toHaveLength(3)
})

test('a store that does not answer is not waited for', async () => {
  const silent: Store = { ...createOffStore(), getMany: () => new Promise(() => {}) }
  const { texts } = openTexts({ store: silent })
  const waiting = texts({ repository, texts: [long] })
  clock.advance(50)
  expect((await waiting).render(long).cut).toBe(false)
})

test('whoever no longer wants a page stops its texts', async () => {
  const silent: Store = { ...createOffStore(), getMany: () => new Promise(() => {}) }
  const { texts, rendered } = openTexts({ store: silent })
  const reader = new AbortController()
  const waiting = texts({ repository, texts: [long] }, reader.signal)
  reader.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  expect(rendered).toEqual([])
})
