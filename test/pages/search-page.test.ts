import { describe, expect, test } from 'vitest'
import { createLinks } from '../../src/pages/links.ts'
import { type FoundInRepository, searchPage, shownBugs } from '../../src/pages/search-page.ts'
import { bugSnippet, markedParts } from '../../src/pages/search-snippet.ts'
import { createSite } from '../../src/pages/site.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { textPlaces } from '../../src/query/text-places.ts'
import { createMarkdown } from '../../src/text/markdown.ts'
import { inventKiln } from '../support/kiln.ts'

const markdown = createMarkdown()
const kiln = inventKiln()
const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })

function read(text: string) {
  const parsed = parseQuery(text)
  if ('error' in parsed) throw new Error(parsed.error.message)
  return parsed.query
}

const comment = (message: string, id = 'c') => ({
  id,
  authorId: 'a',
  message,
  files: [],
  createdAt: 1,
  editedAt: 1,
  edited: false,
})

/** The snippet of a bug with these comments, with brackets around what is marked. */
function snippet(query: string, ...messages: string[]): string | undefined {
  const places = textPlaces(read(query), 'comment')!
  const bug = { comments: messages.map((message, n) => comment(message, `${n}`)) }
  const found = bugSnippet({ bug, places, markdown })
  return (
    found && `${found.commentId}: ${found.parts.map(({ text, isMarked }) => (isMarked ? `[${text}]` : text)).join('')}`
  )
}

describe('a snippet', () => {
  test('is of the comment that has most of the words', () => {
    expect(snippet('relay kiln', 'A relay.', 'The **kiln**.', 'Of the kiln, the *relay* again', 'kiln relay')).toBe(
      '2: Of the [kiln], the [relay] again',
    )
    expect(snippet('relay', 'nothing', 'here')).toBeUndefined()
  })

  test('is a line of what a reader sees, cut around the first word', () => {
    const text = snippet('relay', `${'before '.repeat(200)}the \`relay\`\n\n- ${'after '.repeat(200)}`)!
    expect(text).toMatch(/^0: …before .*the \[relay\] after .*after…$/)
    expect(text.length).toBeLessThan(260)
  })

  test('is cut where different words are close together', () => {
    const text = `relay ${'word '.repeat(60)}relay ${'word '.repeat(60)}the relay of the kiln`
    expect(snippet('relay kiln', text)).toMatch(/the \[relay\] of the \[kiln\]$/)
  })

  test('shows what Markdown hides, where the word is there', () => {
    expect(snippet('hidden', '[text](https://example.org/hidden-place)')).toBe(
      '0: [text](https://example.org/[hidden]-place)',
    )
    expect(snippet('end', '\u202eend <b>bold</b>')).toBe('0: [U+202E][end] bold')
  })

  test('is found in a bounded part of what was written', () => {
    const far = `${'x '.repeat(40_000)}relay`
    expect(snippet('relay', far)).toBeUndefined()
    expect(snippet('relay', 'y'.repeat(70_000), 'relay')).toBeUndefined()
  })
})

test('the parts of a text are the text', () => {
  const text = 'Crème brûlée'
  const parts = markedParts(text, textPlaces(read('brulee'), 'title'))
  expect(parts).toEqual([
    { text: 'Crème ', isMarked: false },
    { text: 'brûlée', isMarked: true },
  ])
  expect(markedParts(text, undefined)).toEqual([{ text, isMarked: false }])
})

describe('the search page', () => {
  const found = (count: number): FoundInRepository[] =>
    Array.from({ length: count }, (_, n) => ({
      repository: { name: `r${n}`, tracker: { ...kiln.tracker, lastActivity: n } },
      bugs: kiln.bugs.slice(0, 7),
    }))
  const reach = { from: undefined, total: 300, looked: 12, late: ['slow'], next: 'x y' }
  const view = (parts: FoundInRepository[]) =>
    searchPage({ site, text: 'kiln', result: { query: read('kiln'), found: parts, reach, snippets: new Map() } })

  test('shows some bugs of each repository, as many as fit, and counts the others', () => {
    const page = view(found(130))
    expect(page.groups.map(({ rows }) => rows.length)).toEqual([5, 5, 5, 5, 5])
    expect(page.groups[0]).toMatchObject({ name: 'r129', count: '7 bugs', more: '2 more bugs' })
    expect(page.others).toHaveLength(100)
    expect(page.moreOthers).toBe('25 more repositories')
    expect(shownBugs(found(130)).map(({ repository }) => repository.name)).toEqual([
      'r129',
      'r128',
      'r127',
      'r126',
      'r125',
    ])
  })

  test('says how far it came and where it goes on', () => {
    const page = view(found(1))
    expect(page.summary).toBe('7 bugs in 1 repository. 11 of 300 repositories were searched.')
    expect(page.rest).toEqual({ text: 'Search the rest, from x y on', url: '/-/search?q=kiln&from=x+y' })
    expect(page.late).toEqual([{ name: 'slow', url: '/slow/-/bugs?q=kiln' }])
    expect(page.layout).toMatchObject({ indexed: false, nextUrl: '/-/search?q=kiln&from=x+y' })
  })
})
