import { describe, expect, test } from 'vitest'
import { isBot } from '../../src/pages/bots.ts'
import { bugPage } from '../../src/pages/bug-page.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'
import { directTexts } from '../../src/text/comment-texts.ts'
import { createMarkdown } from '../../src/text/markdown.ts'
import { type EventParts, inventBug, inventTracker } from '../support/invented-tracker.ts'
import { inventKiln } from '../support/kiln.ts'
import { createRenderer } from '../support/preview.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const { tracker } = inventKiln()
const markdown = createMarkdown()
const texts = directTexts(markdown)

const events: Record<string, EventParts> = {
  create: { type: 'create', text: 'It smokes.' },
  comment: { type: 'comment', text: 'Yes.' },
  label: { type: 'labels', added: ['a'] },
  close: { type: 'status', status: 'closed' },
  open: { type: 'status', status: 'open' },
  title: { type: 'title', was: 'x', title: 'y' },
}

/** The page of a bug with these events, such as `label` by ada or `bot/label`. */
function viewOf(words: string) {
  const parts = `create ${words}`
    .trim()
    .split(' ')
    .map((word, index) => {
      const [type, author] = word.split('/').reverse()
      return [author ?? 'ada', 1_700_000_000 + index * 60, events[type!]!] as const
    })
  const bug = inventBug(1, { title: 'x', events: parts })
  return bugPage({ site, repository: { name: 'kiln', tracker }, bug, texts, markdown })
}

/** How many events each run has, a fold with what it says. */
const runs = (words: string) =>
  viewOf(words).runs.map(({ summary, items }) => (summary === '' ? items.length : `${items.length}: ${summary}`))

describe('noise of a timeline', () => {
  test.each([
    ['comment label label comment', [5]],
    ['comment label label label comment', [2, '3: 3 label changes by Ada Marsh (ada)', 1]],
    ['bot/label bot/label label', [1, '3: 3 label changes by kiln-bot and Ada Marsh (ada)']],
    ['bot/label tomas/label zoe/label label', [1, '4: 4 label changes by kiln-bot, tomas and 2 others']],
    [
      'label label label comment label label label',
      [1, '3: 3 label changes by Ada Marsh (ada)', 1, '3: 3 label changes by Ada Marsh (ada)'],
    ],
    ['close open close open comment close', [1, '4: closed and opened again twice by Ada Marsh (ada)', 2]],
    ['close open label comment close', [1, '3: 1 label change, closed and opened again by Ada Marsh (ada)', 2]],
    ['close close open open comment close', [1, '4: 4 changes of the status by Ada Marsh (ada)', 2]],
  ])('of %j is folded as %j', (words, expected) => {
    expect(runs(words)).toEqual(expected)
  })

  test.each([
    ['label label label close', [1, '3: 3 label changes by Ada Marsh (ada)', 1]],
    ['close open close open', [5]],
    ['label label label close comment open', [1, '3: 3 label changes by Ada Marsh (ada)', 3]],
    ['label close label comment open', [6]],
    ['title title title', [4]],
    ['label title label label', [5]],
  ])('of %j leaves what tells the state of the bug: %j', (words, expected) => {
    expect(runs(words)).toEqual(expected)
  })

  test('by a program includes changes of the title', () => {
    expect(runs('bot/title bot/label bot/title')).toEqual([1, '3: 1 label change, 2 changes of the title by kiln-bot'])
  })

  test('is on the page whole, in its order and with its anchors', () => {
    const view = viewOf('comment label label label comment close')
    expect(view.runs.flatMap(({ items }) => items)).toEqual(view.timeline)
    const html = createRenderer()({ template: 'bug', view })
    const places = view.timeline.map(({ anchor }) => html.indexOf(`id="${anchor}"`))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    expect(html).toContain('<details><summary>3 label changes by Ada Marsh (ada)</summary>')
  })

  test('does not hide a signature that is wrong', () => {
    const bug = inventBug(1, {
      title: 'x',
      events: ['create', 'label', 'label', 'label', 'label', 'label', 'label', 'label'].map(
        (type, index) => ['ada', 1_700_000_000 + index, events[type]!] as const,
      ),
    })
    const bad = bug.timeline[4]!.commit
    const view = bugPage({
      site,
      repository: { name: 'kiln', tracker },
      bug,
      texts,
      markdown,
      signatureOf: commit => (commit === bad ? { state: 'bad', text: 'bad signature' } : undefined),
      signatures: '1 of 8 packs is badly signed',
    })
    expect(view.runs.map(({ summary, items }) => [summary !== '', items.length])).toEqual([
      [false, 1],
      [true, 3],
      [false, 1],
      [true, 3],
    ])
    const html = createRenderer()({ template: 'bug', view })
    expect(html).toMatch(
      /<span class="sign bad" title="bad signature"><svg[^>]*><use href="#alert"\/><\/svg>bad signature<\/span>/,
    )
    expect(html).toContain('<p>1 of 8 packs is badly signed</p>')
  })

  test('of five thousand changes of status is folded in bounded time', () => {
    const closes = Array.from({ length: 4998 }, () => 'close').join(' ')
    expect(runs(closes)).toEqual([4999])
  })
})

describe('comments of programs', () => {
  const commentBy = (author: string, text: string) =>
    bugPage({
      site,
      repository: { name: 'kiln', tracker },
      bug: inventBug(1, {
        title: 'x',
        events: [
          [author, 1_700_000_000, { type: 'create', text: `first line\n\n${text}` }],
          [author, 1_700_000_060, { type: 'comment', text }],
        ],
      }),
      texts,
      markdown,
    }).timeline.map(({ comment }) => comment?.folded)

  test('are folded behind their first line; the description is not', () => {
    expect(commentBy('bot', '\nBuild failed.\n\nA long log.')).toEqual(['', 'Build failed.'])
    expect(commentBy('bot', 'x'.repeat(1000))).toEqual(['', `${'x'.repeat(119)}…`])
  })

  test('of one short line are shown, and so are those of people', () => {
    expect(commentBy('bot', 'Build failed.')).toEqual(['', ''])
    expect(commentBy('ada', 'Build failed.\n\nA long log.')).toEqual(['', ''])
  })

  test.each([
    ['dependabot[bot]', true],
    ['kiln-bot', true],
    ['Kiln Bot', true],
    ['GitHub-Actions', true],
    ['Talbot', false],
    ['bot', false],
    ['Ada', false],
    [undefined, false],
  ])('are told by the name: %j', (name, expected) => {
    expect([isBot({ name, login: undefined }), isBot({ name: 'Someone', login: name })]).toEqual([expected, expected])
  })
})

test('a tracker without people folds nothing of somebody unknown', () => {
  const empty = inventTracker({ bugs: [], identities: [] })
  const bug = inventBug(1, { title: 'x', events: [['ghost', 1, { type: 'create', text: 'a\nb' }]] })
  const view = bugPage({ site, repository: { name: 'kiln', tracker: empty }, bug, texts, markdown })
  expect(view.timeline[0]?.comment?.folded).toBe('')
})
