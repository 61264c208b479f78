import { describe, expect, test } from 'vitest'
import type { CommentEvent } from '../../src/bug/model.ts'
import { editsPage } from '../../src/pages/edits-page.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'
import { inventBug } from '../support/invented-tracker.ts'
import { hostileText, inventKiln } from '../support/kiln.ts'
import { createRenderer } from '../support/preview.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const repository = { name: 'kiln', tracker: inventKiln().tracker }
const render = createRenderer()

/** The page of a description that had these texts. */
function pageOf(...texts: readonly string[]) {
  const create = { type: 'create', text: texts.at(-1)!, earlier: texts.slice(0, -1) } as const
  const bug = inventBug(1, { title: 'x', events: [['ada', 1_700_000_000, create]] })
  return editsPage({ site, repository, bug, event: bug.timeline[0] as CommentEvent })
}

const kinds = (page: ReturnType<typeof pageOf>) => page.edits.map(({ pieces }) => pieces.map(({ kind }) => kind))

describe('the edits of a comment', () => {
  test('are shown the latest first, and the first text at the end', () => {
    const page = pageOf('It smokes.', 'It smokes a lot.', 'It smoked a lot.')
    expect(page.summary).toBe('edited twice')
    expect(page.edits.map(({ number, at, amount }) => [number, at.text, amount])).toEqual([
      [2, '2023-11-15 00:13', '1 word added, 1 removed'],
      [1, '2023-11-14 23:13', '2 words added'],
    ])
    expect(page.edits[1]?.pieces).toEqual([
      { kind: 'same', text: 'It smokes' },
      { kind: 'added', text: ' a lot' },
      { kind: 'same', text: '.' },
    ])
    expect(page.first).toEqual({ at: expect.objectContaining({ text: '2023-11-14 22:13' }), text: 'It smokes.' })
  })

  test('say what was added and removed in elements and in words for those who do not see colours', () => {
    const html = render({ template: 'edits', view: pageOf('It smokes.', 'It smoked.') })
    expect(html).toContain(
      'It <del><span class="hidden">removed: </span>smokes</del><ins><span class="hidden">added: </span>smoked</ins>.</pre>',
    )
  })

  test('are only text, with hidden characters shown', () => {
    const html = render({ template: 'edits', view: pageOf('It smokes.', hostileText) })
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).not.toContain('<script>')
    expect(html).toContain('[U+202E]')
  })

  test('of one that was never edited are its text', () => {
    expect(pageOf('It smokes.')).toMatchObject({ summary: 'never edited', edits: [], first: { text: 'It smokes.' } })
  })

  test('that change nothing or only white space say so', () => {
    expect(pageOf('a b', 'a b').edits[0]?.amount).toBe('the text stayed the same')
    expect(pageOf('a b', 'a  b').edits[0]?.amount).toBe('only white space changed')
  })

  test('of long texts show what is around each change, and count the rest', () => {
    const long = (word: string) =>
      `${'before '.repeat(300)}${word} ${'between '.repeat(300)}${word}${' after'.repeat(300)}`
    const [edit] = pageOf(long('smokes'), long('smoked')).edits
    expect(edit?.pieces.map(({ kind }) => kind).join()).toBe(
      'same,folded,same,removed,added,same,folded,same,removed,added,same,folded,same',
    )
    expect(edit?.pieces[1]?.text).toMatch(/^1,9\d\d characters unchanged$/)
    expect(edit?.pieces.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(1200)
  })

  test('of texts that have nothing in common are both texts', () => {
    const words = (word: string) => Array.from({ length: 3000 }, (_, index) => `${word}${index}`).join('.')
    expect(kinds(pageOf(words('a'), words('b')))).toEqual([['removed', 'added']])
  })

  test('of very many and very large texts are cut, and what is missing is counted', () => {
    const many = pageOf(...Array.from({ length: 300 }, (_, index) => `text ${index}`))
    expect([many.edits.length, many.more, many.first]).toEqual([200, '99 earlier edits are', undefined])
    const large = pageOf(...Array.from({ length: 30 }, (_, index) => `${index} `.repeat(40_000)))
    expect(large.cut).toBe(true)
    expect(large.more).toMatch(/^\d+ earlier edits are$/)
    const html = render({ template: 'edits', view: large })
    expect(html.length).toBeLessThan(2_000_000)
    expect(html).toContain('not shown on this page; <a href=')
    expect(html).toContain('Long texts are cut here')
  })

  test('of long texts take bounded work, however little each has changed', () => {
    for (const text of ['a,', 'word ', '\u202ea'] as const) {
      const long = text.repeat(50_000)
      const page = pageOf(...Array.from({ length: 150 }, (_, index) => `${index} ${long}`))
      expect(page.edits.length).toBeGreaterThan(1)
      expect(page.edits.length).toBeLessThan(20)
      expect(page.more).toBe(`${149 - page.edits.length} earlier edits are`)
    }
  })

  test('leads to the comment, to its text and to the bug, and is not for search engines', () => {
    const page = pageOf('a', 'b')
    expect(page).toMatchObject({
      commentUrl: expect.stringMatching(/^\/kiln\/-\/bugs\/[0-9a-f]{64}#c-[0-9a-f]{16}$/),
      textUrl: `/kiln/-/c/${page.combinedId}.txt`,
      author: { name: 'Ada Marsh (ada)' },
      layout: { indexed: false, canonical: expect.stringContaining(`/edits/${page.combinedId}`) },
    })
  })
})
