import { describe, expect, test } from 'vitest'
import { bugPage } from '../../src/pages/bug-page.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createMarkdown } from '../../src/pages/markdown.ts'
import { type BugParts, inventBug, inventTracker } from '../support/invented-tracker.ts'
import { inventKiln } from '../support/kiln.ts'
import { createRenderer } from '../support/preview.ts'

const site = { title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) }
const kiln = inventKiln()
const repository = { name: 'tools/kiln', tracker: kiln.tracker }
const markdown = createMarkdown()
const page = (parts: BugParts) => bugPage({ site, repository, bug: inventBug(1, parts), markdown })
const rich = bugPage({ site, repository, bug: kiln.rich, markdown })

describe('the page of a bug', () => {
  test('says what it is in the title and the facts', () => {
    const { id } = kiln.rich
    expect(rich).toMatchObject({
      title: 'Firing schedule is lost when the controller restarts',
      humanId: id.slice(0, 7),
      statusWord: 'Open',
      author: { name: 'Ada Marsh (ada)' },
      opened: { text: '2026-11-18' },
      updated: { text: '2026-11-20' },
      repliesText: '3 replies',
      cloneCommand: `git bug bug show ${id.slice(0, 7)}`,
    })
    expect(rich.layout).toMatchObject({
      title: `Firing schedule is lost when the controller restarts · ${id.slice(0, 7)} · tools/kiln · Bugs`,
      canonical: `/tools/kiln/-/bugs/${id}`,
      indexed: true,
    })
    expect(rich.layout.description).toContain('After a power cut the controller')
  })

  test('shows the whole timeline in the order of the data', () => {
    const kinds = rich.timeline.map(({ comment, status, title, labels }) => [
      comment && 'comment',
      status,
      title && 'title',
      labels && 'labels',
    ])
    expect(kinds.map(kind => kind.filter(part => part !== undefined).join())).toEqual(
      'comment labels comment labels title comment closed open comment'.split(' '),
    )
  })

  test('every comment and event can be linked to', () => {
    expect(rich.timeline.map(({ anchor }) => anchor)).toEqual(
      kiln.rich.timeline.map(({ id }) => `c-${id.slice(0, 16)}`),
    )
  })

  test('two events with the same first digits have different anchors', () => {
    const bug = inventBug(1, { title: 'x', events: [['ada', 1, { type: 'create', text: '' }]] })
    const event = bug.timeline[0]!
    const twin = { ...event, id: `${event.id.slice(0, 16)}${'0'.repeat(48)}` }
    const view = bugPage({ site, repository, bug: { ...bug, timeline: [event, twin] }, markdown })
    expect(view.timeline.map(({ anchor }) => anchor)).toEqual([`c-${event.id.slice(0, 16)}`, `c-${twin.id}`])
  })

  test('what carries an earlier time than something before it is marked', () => {
    expect(rich.timeline.map(({ late }) => late)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      false,
      false,
      false,
    ])
  })

  test('a time that no calendar shows is unknown, and makes nothing after it late', () => {
    const view = page({
      title: 'x',
      events: [
        ['ada', Number.MAX_SAFE_INTEGER, { type: 'create', text: '' }],
        ['ada', 1_700_000_000, { type: 'comment', text: '' }],
        ['ada', -1, { type: 'comment', text: '' }],
      ],
    })
    expect(view.timeline.map(({ late, at }) => [late, at.text])).toEqual([
      [false, 'unknown date'],
      [false, '2023-11-14 22:13'],
      [false, 'unknown date'],
    ])
    expect(view.opened.text).toBe('unknown date')
  })

  test('an edited comment lists its earlier texts, the latest first', () => {
    const edits = rich.timeline[0]?.comment?.edits
    expect(edits).toMatchObject({
      text: 'edited twice',
      lastAt: { text: '2026-11-18 11:14' },
      more: '',
      earlier: [
        { at: { text: '2026-11-18 10:14' }, source: expect.stringContaining('More tomorrow.'), isFirst: false },
        { at: { text: '2026-11-18 09:14' }, source: 'The schedule is gone.', isFirst: true },
      ],
    })
    expect(rich.timeline[2]?.comment?.edits).toBeUndefined()
  })

  test('of very many earlier texts it says how many are not shown', () => {
    const earlier = Array.from({ length: 30 }, (_, index) => `text ${index}`)
    const edits = page({ title: 'x', events: [['ada', 1, { type: 'create', text: 'now', earlier }]] }).timeline[0]
      ?.comment?.edits
    expect(edits?.earlier.map(({ source }) => source)).toEqual(earlier.slice(10).reverse())
    expect(edits).toMatchObject({ text: 'edited 30 times', more: '10 texts before these are' })
    expect(edits?.earlier.some(({ isFirst }) => isFirst)).toBe(false)
  })

  test('a comment without text has no HTML, so that the page can say so', () => {
    expect(
      page({ title: 'x', events: [['ada', 1, { type: 'create', text: ' \n ' }]] }).timeline[0]?.comment,
    ).toMatchObject({
      html: '',
      isDescription: true,
    })
  })

  test('attached files are links, and what is no hash is not', () => {
    const hash = 'ab'.repeat(20)
    const files = [hash, '../../etc/passwd']
    expect(
      page({ title: 'x', events: [['ada', 1, { type: 'create', text: '', files }]] }).timeline[0]?.comment?.files,
    ).toEqual([
      { name: hash.slice(0, 12), url: `/tools/kiln/-/files/${hash}` },
      { name: '../../etc/passwd', url: undefined },
    ])
  })

  test('what would make a page that no browser opens is counted instead, and never left out silently', () => {
    const many = Array.from({ length: 6000 }, (_, index) => `label ${index}`)
    const files = many.map((_, index) => index.toString(16).padStart(40, '0'))
    const earlier = ['x'.repeat(1_000_000)]
    const bug = inventBug(1, {
      title: 'x'.repeat(1_000_000),
      labels: many,
      metadata: Object.fromEntries(many.map(key => [`${key}-url`, `https://example.org/${key}`])),
      events: [
        ['ada', 1, { type: 'create', text: 'x', files, earlier }],
        ['ada', 2, { type: 'labels', added: many }],
        ...many.map(text => [text, 3, { type: 'comment', text }] as const),
      ],
    })
    const view = bugPage({ site, repository, bug, markdown })
    expect(view.timeline).toHaveLength(5000)
    expect(view.timeline[0]?.comment).toMatchObject({ moreFiles: '5,900 more files', edits: { cut: true } })
    expect(view.timeline[1]?.labels?.added).toMatchObject({ more: '5,950 more' })
    expect(view).toMatchObject({
      moreEvents: '1,002 more events are',
      moreLabels: '5,800 more',
      moreParticipants: '5,801 others',
      participantsText: '6,001 participants',
    })
    expect(view.title).toHaveLength(2000)
    expect(view.origins).toHaveLength(10)
    expect(createRenderer()({ template: 'bug', view })).toContain('1,002 more events are not shown on this page')
  })

  test('addresses that a bridge left are links, others are not', () => {
    expect(rich.origins).toEqual([{ text: 'example.org/kiln/issues/212', url: 'https://example.org/kiln/issues/212' }])
  })

  test('an author without an identity is unknown', () => {
    expect(rich.timeline[7]?.author).toMatchObject({
      name: expect.stringMatching(/^unknown \([0-9a-f]{7}\)$/),
      url: undefined,
    })
  })

  test('says where the data comes from', () => {
    expect(rich.provenance).toEqual({
      packs: '9 packs',
      commit: kiln.rich.tip.slice(0, 7),
      wholeCommit: kiln.rich.tip,
      lamport: '909',
    })
    const tracker = inventTracker({ bugs: [], identities: [] })
    const bug = { ...kiln.rich, editLamport: 2n ** 63n }
    expect(bugPage({ site, repository: { name: 'x', tracker }, bug, markdown }).provenance.lamport).toBe(
      '9223372036854775808',
    )
  })
})
