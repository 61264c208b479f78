import { describe, expect, test } from 'vitest'
import type { CommentEvent } from '../../src/bug/model.ts'
import { bugPage } from '../../src/pages/bug-page.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'
import { directTexts } from '../../src/text/comment-texts.ts'
import { createMarkdown } from '../../src/text/markdown.ts'
import { type BugParts, inventBug, inventTracker } from '../support/invented-tracker.ts'
import { inventKiln } from '../support/kiln.ts'
import { createRenderer } from '../support/preview.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const kiln = inventKiln()
const repository = { name: 'tools/kiln', tracker: kiln.tracker }
const markdown = createMarkdown()
const texts = directTexts(markdown)
const page = (parts: BugParts) => bugPage({ site, repository, bug: inventBug(1, parts), texts, markdown })
const rich = bugPage({ site, repository, bug: kiln.rich, texts, markdown })

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
      showCommand: `git bug bug show ${id.slice(0, 7)}`,
      answerCommand: `git bug bug comment new ${id.slice(0, 7)}`,
      imported: { text: '#212', url: 'https://example.org/kiln/issues/212' },
    })
    expect(rich.layout).toMatchObject({
      title: `Firing schedule is lost when the controller restarts · ${id.slice(0, 7)} · tools/kiln · Bugs`,
      canonical: `/tools/kiln/-/bugs/${id}`,
      indexed: true,
    })
    expect(rich.layout.description).toContain('After a power cut the controller')
  })

  test('says how to answer, but for an earlier state, and where the operator says it', () => {
    const choices = { queries: [], columns: [], commitUrl: undefined, autolinks: [], report: 'Write to us.' }
    const told = createSite({ ...site, choicesFor: () => choices })
    const input = { site, repository, bug: kiln.rich, texts, markdown }
    expect(bugPage({ ...input, site: told }).answerCommand).toBeUndefined()
    expect(bugPage({ ...input, current: kiln.rich }).answerCommand).toBeUndefined()
    expect(bugPage(input).answerCommand).toBeDefined()
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
    const view = bugPage({ site, repository, bug: { ...bug, timeline: [event, twin] }, texts, markdown })
    expect(view.timeline.map(({ anchor }) => anchor)).toEqual([`c-${event.id.slice(0, 16)}`, `c-${twin.id}`])
  })

  test('what carries an earlier time than something before it is marked', () => {
    const marked = rich.timeline.flatMap(({ clock }, index) => (clock ? [[index, clock.text]] : []))
    expect(marked).toEqual([[5, 'arrived later']])
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
    expect(view.timeline.map(({ clock, at }) => [clock?.text, at.text])).toEqual([
      ['impossible clock', 'unknown date'],
      [undefined, '2023-11-14 22:13'],
      ['impossible clock', 'unknown date'],
    ])
    expect(view.opened.text).toBe('unknown date')
  })

  test('an edited comment says when, the latest first, and leads to what was changed', () => {
    const [event] = kiln.rich.timeline
    expect(rich.timeline[0]?.comment?.edits).toEqual({
      text: 'edited twice',
      lastBy: undefined,
      each: [
        { at: expect.objectContaining({ text: '2026-11-18 11:14' }), by: undefined },
        { at: expect.objectContaining({ text: '2026-11-18 10:14' }), by: undefined },
      ],
      more: '',
      url: `/tools/kiln/-/bugs/${kiln.rich.id}/edits/${event?.id}`,
    })
    expect(rich.timeline[2]?.comment?.edits).toBeUndefined()
  })

  test('an edit by somebody else has their name', () => {
    const bug = inventBug(1, { title: 'x', events: [['ada', 1, { type: 'create', text: 'now', earlier: ['then'] }]] })
    const event = bug.timeline[0] as CommentEvent
    const history = event.history.map((version, index) =>
      index === 1 ? { ...version, authorId: kiln.bugs[3]!.authorId } : version,
    )
    const view = bugPage({ site, repository, bug: { ...bug, timeline: [{ ...event, history }] }, texts, markdown })
    expect(view.timeline[0]?.comment?.edits?.lastBy?.name).toBe('tomas')
    expect(createRenderer()({ template: 'bug', view })).toContain('edited once by tomas</summary>')
  })

  test('of very many edits it says how many are not shown', () => {
    const earlier = Array.from({ length: 30 }, (_, index) => `text ${index}`)
    const edits = page({ title: 'x', events: [['ada', 1, { type: 'create', text: 'now', earlier }]] }).timeline[0]
      ?.comment?.edits
    expect(edits?.each).toHaveLength(20)
    expect(edits).toMatchObject({ text: 'edited 30 times', more: '10 earlier edits' })
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
      page({ title: 'x', events: [['ada', 1, { type: 'create', text: '', files }]] }).timeline[0]?.comment?.files
        ?.shown,
    ).toMatchObject([
      { name: hash.slice(0, 12), url: `/tools/kiln/-/files/${hash}`, about: '' },
      { name: '../../etc/passwd', url: undefined, about: '' },
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
    const view = bugPage({ site, repository, bug, texts, markdown })
    expect(view.timeline).toHaveLength(5000)
    expect(view.timeline[0]?.comment).toMatchObject({ files: { more: '5,900 more files' } })
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

  test('texts that are too long together are left out, and the page says so at each', () => {
    const text = 'x'.repeat(300 * 1024)
    const comments = Array.from({ length: 20 }, () => ['ada', 2, { type: 'comment', text }] as const)
    const last = ['ada', 3, { type: 'comment', text: 'Short.' }] as const
    const view = page({ title: 'x', events: [['ada', 1, { type: 'create', text: 'x' }], ...comments, last] })
    const shown = view.timeline.map(({ comment }) => comment?.html.includes('This text is left out here') === false)
    expect(shown).toEqual([...Array(16).fill(true), ...Array(5).fill(false), true])
    expect(view.timeline.at(-2)?.comment).toMatchObject({ cut: true, textUrl: expect.stringContaining('.txt') })
  })

  test('addresses that a bridge left are links, others are not', () => {
    expect(rich.origins).toEqual([{ text: 'example.org/kiln/issues/212', url: 'https://example.org/kiln/issues/212' }])
  })

  test('an address that two bridges left is one link', () => {
    const url = 'https://example.org/kiln/issues/7'
    const events = [['ada', 1, { type: 'create', text: '' }]] as const
    expect(page({ title: 'x', metadata: { 'a-url': url, 'b-url': url }, events }).origins).toHaveLength(1)
  })

  test('an address breaks behind its slashes', () => {
    const html = createRenderer()({ template: 'bug', view: rich })
    expect(html).toContain('>example.org/<wbr>kiln/<wbr>issues/<wbr>212</a>')
  })

  test('says who has changed the status and when, the last change first, and leads there', () => {
    expect(rich.statusHistory?.changes.map(({ word, author, at }) => [word, author.name, at.text])).toEqual([
      ['Opened again', expect.stringContaining('unknown'), '2026-11-20'],
      ['Closed', 'Ada Marsh (ada)', '2026-11-20'],
      ['Opened', 'Ada Marsh (ada)', '2026-11-18'],
    ])
    const [again, closed, opened] = rich.statusHistory?.changes ?? []
    expect([opened, closed, again].map(change => change?.anchor)).toEqual(
      [0, 6, 7].map(index => rich.timeline[index]?.anchor),
    )
    expect(createRenderer()({ template: 'bug', view: rich })).toContain(`<a href="#${closed?.anchor}">Closed <time`)
  })

  test('says nothing of a status that never changed, and counts no change that changed nothing', () => {
    const create = ['ada', 1, { type: 'create', text: '' }] as const
    const opened = ['bob', 2, { type: 'status', status: 'open' }] as const
    const closed = ['bob', 3, { type: 'status', status: 'closed' }] as const
    expect(page({ title: 'x', events: [create, opened] }).statusHistory).toBeUndefined()
    const history = page({ title: 'x', events: [create, opened, closed, closed] }).statusHistory
    expect(history?.changes.map(({ word }) => word)).toEqual(['Closed', 'Opened'])
    expect(history?.more).toBe('')
  })

  test('of a status that changed often it shows the last changes, also where the page ends before them', () => {
    const flips = Array.from(
      { length: 5010 },
      (_, index) => ['ada', index + 2, { type: 'status', status: index % 2 === 0 ? 'closed' : 'open' }] as const,
    )
    const create = ['ada', 1, { type: 'create', text: '' }] as const
    const { changes, more } = page({ title: 'x', events: [create, ...flips] }).statusHistory ?? {}
    expect([changes?.length, more]).toEqual([10, '5,001 earlier'])
    expect(changes?.[0]).toMatchObject({ word: 'Opened again', anchor: undefined })
    const shown = page({ title: 'x', events: [create, ...flips.slice(0, 20)] }).statusHistory
    expect(shown?.changes.every(({ anchor }) => anchor !== undefined)).toBe(true)
  })

  test('an author without an identity is unknown', () => {
    expect(rich.timeline[7]?.author).toMatchObject({
      name: expect.stringMatching(/^unknown \([0-9a-f]{7}\)$/),
      url: undefined,
    })
  })

  test('says where the data comes from', () => {
    expect(rich.provenance).toEqual({
      ref: `refs/bugs/${kiln.rich.id}`,
      commitUrl: `/tools/kiln/-/bugs/${kiln.rich.id}/at/${kiln.rich.tip}`,
      signatures: '',
      packs: '9 packs',
      commit: kiln.rich.tip.slice(0, 7),
      wholeCommit: kiln.rich.tip,
      lamport: '909',
    })
    const tracker = inventTracker({ bugs: [], identities: [] })
    const bug = { ...kiln.rich, editLamport: 2n ** 63n }
    expect(bugPage({ site, repository: { name: 'x', tracker }, bug, texts, markdown }).provenance.lamport).toBe(
      '9223372036854775808',
    )
  })
})
