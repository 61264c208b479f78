import { describe, expect, test } from 'vitest'
import { bugListPage } from '../../src/pages/bug-list-page.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'
import { foldFields } from '../../src/query/fold.ts'
import { selectAndCount } from '../../src/query/select.ts'
import { parseGood } from '../query/bugs.ts'
import { inventBug, inventIdentity, inventTracker } from '../support/invented-tracker.ts'
import { hostileText, inventKiln } from '../support/kiln.ts'
import { listPage } from '../support/preview.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const kiln = inventKiln()
const repository = { name: 'tools/kiln', tracker: kiln.tracker }
const noTexts = { ...kiln.tracker, textMatches: () => ({ has: () => false, hasNumber: () => false, score: () => 0 }) }
const list = (text?: string, page?: number) =>
  listPage({ site, repository, ...(text === undefined ? {} : { text }), ...(page === undefined ? {} : { page }) })
type View = ReturnType<typeof list>
const entriesOf = (view: View, menu: string) =>
  view.menus
    .filter(({ name }) => name === menu)
    .flatMap(({ parts }) => parts.flatMap(({ heading, entries }) => entries.map(entry => ({ ...entry, heading }))))
const q = (url: string) => new URLSearchParams(url.split('?')[1] ?? '').get('q')

describe('the list of bugs', () => {
  test('without a query shows the open bugs, the last changed first, and says so in the box', () => {
    const view = list()
    expect(view.text).toBe('status:open sort:edit-desc')
    expect(view.rows[0]).toMatchObject({ title: 'Firing schedule is lost when the controller restarts', replies: 3 })
    expect(view.rows.every(({ status }) => status === 'open')).toBe(true)
    expect(view.layout).toMatchObject({ canonical: '/tools/kiln/-/bugs', indexed: true })
  })

  test('keeps the box as the visitor left it', () => {
    expect(list('  STATUS:closed ').text).toBe('  STATUS:closed ')
    expect(list(`"${hostileText}`).text).toBe(`"${hostileText}`)
    expect(list('').text).toBe('')
  })

  test('has tabs with counts that keep the rest of the query', () => {
    const view = list('status:open label:kind/bug sort:comments')
    expect(view.tabs.map(({ text, count, url, current }) => [text, count, q(url), current])).toEqual([
      ['Open', '25', 'status:open label:kind/bug sort:comments-desc', true],
      ['Closed', '0', 'status:closed label:kind/bug sort:comments-desc', false],
      ['All', '25', 'label:kind/bug sort:comments-desc', false],
    ])
  })

  test('no tab is current where the query leaves no bug to any', () => {
    expect(list('status:open -status:open').tabs.map(({ current }) => current)).toEqual([false, false, false])
  })

  test('the link to the default query is the short address', () => {
    expect(list('status:closed sort:edit-desc').tabs[0]?.url).toBe('/tools/kiln/-/bugs')
  })

  test('has menus whose counts are the bugs behind their links', () => {
    const view = list('status:open')
    const bug = entriesOf(view, 'Label').find(({ heading, text }) => `${heading}${text}` === 'kind/bug')!
    expect(bug).toMatchObject({ count: '25', active: false })
    expect(list(q(bug.url)!).layout.title).toContain('Open bugs')
    expect(list(q(bug.url)!).tabs[0]?.count).toBe('25')
    expect(view.menus.map(({ name }) => name)).toEqual(['Label', 'Author', 'Board', 'Sort'])
  })

  test('the number beside a person or a label is that of the bugs behind its link, whoever the query asks for', () => {
    let seen = 0
    for (const text of ['', 'author:a', 'author:zo author:ada', 'author:a -author:zo', 'no:label author:a']) {
      for (const { count, url, active } of ['Author', 'Label'].flatMap(menu => entriesOf(list(text), menu))) {
        if (active) continue
        seen++
        expect([text, url, String(selectAndCount(parseGood(q(url)!), noTexts).bugs.length)]).toEqual([text, url, count])
      }
    }
    expect(seen).toBeGreaterThan(20)
  })

  test('a label or scope that is too long for an address has no link', () => {
    const labels = ['x'.repeat(100_000), `${'s'.repeat(300)}/v`, 'short/v']
    const bug = inventBug(1, { title: 'x', labels, events: [['ada', 1, { type: 'create', text: '' }]] })
    const other = inventBug(2, { title: 'y', labels, events: [['ada', 1, { type: 'create', text: '' }]] })
    const tracker = inventTracker({ bugs: [bug, other], identities: [] })
    const view = listPage({ site, repository: { name: 'kiln', tracker }, text: '' })
    expect(view.rows[0]?.labels.map(({ url }) => url === undefined).sort()).toEqual([false, false, true])
    expect(entriesOf(view, 'Label').filter(({ url }) => url.length > 1000)).toEqual([])
    expect(entriesOf(view, 'Board').map(({ text }) => text)).toEqual(['status', 'author', 'short'])
  })

  test('groups labels by their scope, each scope under a heading, those without one first', () => {
    const { parts } = list('').menus[0]!
    expect(parts.map(({ heading, entries }) => [heading, entries.map(({ text }) => text)])).toEqual([
      ['', ['good first issue', expect.stringContaining('xyyy'), 'No label']],
      ['a/', ['b/c']],
      ['area/', ['ui', 'firmware', 'storage']],
      ['firmware/', ['2.4']],
      ['kind/', ['bug', 'feature', 'docs']],
      ['needs/', ['hardware']],
      ['priority/', ['high']],
    ])
  })

  test('an active entry of a menu takes its filter away', () => {
    const entries = entriesOf(list('label:kind/bug'), 'Label')
    expect(entries.find(({ heading, text }) => `${heading}${text}` === 'kind/bug')).toMatchObject({
      active: true,
      url: '/tools/kiln/-/bugs?q=',
    })
  })

  test('the order in force is marked in its menu', () => {
    const active = (text: string) =>
      entriesOf(list(text), 'Sort')
        .filter(entry => entry.active)
        .map(entry => entry.text)
    expect(active('sort:edit')).toEqual(['Recently recorded'])
    expect(active('sort:updated')).toEqual(['Recently updated'])
    expect(active('')).toEqual(['Newest'])
    expect(active('sort:id')).toEqual(['By id'])
    expect(active('sort:relevance-asc')).toEqual([])
  })

  test('has a chip for every filter but the status that a tab shows, each with a link that removes it', () => {
    const { id } = kiln.ada
    const view = list(`status:open label:kind/bug -firmware author:${id.slice(0, 8)} sort:edit`)
    expect(view.chips.map(({ text, removeUrl }) => [text, q(removeUrl)])).toEqual([
      ['label:kind/bug', `status:open -firmware author:${id.slice(0, 8)} sort:edit-desc`],
      ['-firmware', `status:open label:kind/bug author:${id.slice(0, 8)} sort:edit-desc`],
      [`author:${id.slice(0, 8)} Ada Marsh (ada)`, 'status:open label:kind/bug -firmware sort:edit-desc'],
    ])
    expect(list('-status:open -status:closed').chips).toHaveLength(2)
  })

  test('a query with hundreds of filters has a few chips, and says how many there are besides', () => {
    const view = list(Array.from({ length: 200 }, (_, n) => `label:l${n}`).join(' '))
    expect([view.chips.length, view.moreChips]).toEqual([30, 'and 170 more'])
    expect(JSON.stringify(view).length).toBeLessThan(400_000)
    expect(list('label:a -label:b').moreChips).toBe('')
  })

  test('a label in a row adds itself to the query', () => {
    const chip = list('title:glazes').rows[0]?.labels.find(({ value }) => value === 'feature')
    expect(q(chip?.url ?? '')).toBe('title:glazes label:kind/feature')
  })

  test('shows at most four labels in a row and says how many more there are', () => {
    expect(list().rows[0]).toMatchObject({ moreLabels: 2, moreLabelsText: '2 more labels' })
    expect(list().rows[0]?.labels).toHaveLength(4)
  })

  test('has fifty bugs on a page, and the pages as plain addresses', () => {
    const first = list('')
    expect(first.rows).toHaveLength(50)
    expect(first.pager).toMatchObject({
      previousUrl: undefined,
      nextUrl: '/tools/kiln/-/bugs?q=&page=2',
      range: '1–50 of 74',
    })
    const second = list('', 2)
    expect(second).toMatchObject({
      firstNumber: 51,
      pager: { previousUrl: '/tools/kiln/-/bugs?q=', nextUrl: undefined },
    })
    expect(second.rows).toHaveLength(24)
    expect(second.layout).toMatchObject({
      canonical: '/tools/kiln/-/bugs?q=&page=2',
      previousUrl: '/tools/kiln/-/bugs?q=',
    })
  })

  test('has as many bugs on a page as the address asks for, and every link keeps the number', () => {
    const view = listPage({ site, repository, text: '', page: 2, limit: 25 })
    expect(view.rows).toHaveLength(25)
    expect(view).toMatchObject({ firstNumber: 26, hidden: [{ name: 'limit', value: '25' }] })
    expect(view.pager).toMatchObject({
      nextUrl: '/tools/kiln/-/bugs?q=&page=3&limit=25',
      previousUrl: '/tools/kiln/-/bugs?q=&limit=25',
    })
    const links = [...view.tabs, ...view.menus.flatMap(({ parts }) => parts.flatMap(({ entries }) => entries))]
    expect(links.filter(({ url }) => !url.includes('limit=25'))).toEqual([])
    expect(listPage({ site, repository, limit: 50 }).tabs[0]?.url).toBe('/tools/kiln/-/bugs')
  })

  test('offers the queries that the operator has named, and marks the one that is shown', () => {
    const queries = [
      { name: 'Open', query: 'sort:edit is:open' },
      { name: 'No label', query: 'no:label' },
      { name: 'Wrong', query: 'colour:red' },
    ]
    const choices = { queries, columns: [], commitUrl: undefined, autolinks: [], report: undefined }
    const named = createSite({ ...site, choicesFor: () => choices })
    expect(listPage({ site: named, repository }).named).toEqual([
      { name: 'Open', url: '/tools/kiln/-/bugs', current: true },
      { name: 'No label', url: '/tools/kiln/-/bugs?q=no:label', current: false },
      { name: 'Wrong', url: '/tools/kiln/-/bugs?q=colour:red', current: false },
    ])
  })

  test('a page of nonsense is the first one', () => {
    expect(list('', -3).rows[0]).toEqual(list('').rows[0])
    expect(list('', 1.7).firstNumber).toBe(1)
  })

  test('keeps search engines away from filtered lists', () => {
    expect(list('label:kind/bug').layout.indexed).toBe(false)
    expect(list('status:open sort:edit-desc').layout.indexed).toBe(false)
  })

  test('names its other formats with the same query', () => {
    expect(list('label:kind/bug').layout.formats).toEqual([
      { label: 'Feed (Atom)', type: 'application/atom+xml', url: '/tools/kiln/-/bugs.atom?q=label:kind/bug' },
      { label: 'JSON', type: 'application/json', url: '/tools/kiln/-/bugs.json?q=label:kind/bug' },
      { label: 'CSV', type: 'text/csv', url: '/tools/kiln/-/bugs.csv?q=label:kind/bug' },
      { label: 'Text', type: 'text/plain', url: '/tools/kiln/-/bugs.txt?q=label:kind/bug' },
      { label: 'NDJSON', type: 'application/x-ndjson', url: '/tools/kiln/-/bugs.ndjson?q=label:kind/bug' },
      { label: 'mbox', type: 'application/mbox', url: '/tools/kiln/-/bugs.mbox?q=label:kind/bug' },
    ])
    expect(list().layout.formats[0]?.url).toBe('/tools/kiln/-/bugs.atom')
  })
})

describe('an empty list says why', () => {
  test('nothing matches', () => {
    expect(list('label:none').empty).toMatchObject({
      why: 'No bug matches this query.',
      ways: [{ url: '/tools/kiln/-/bugs?q=' }],
    })
  })

  test('only bugs of the other status match', () => {
    expect(list('status:closed title:cone').empty).toMatchObject({
      why: 'No closed bug matches this query.',
      ways: [{ text: 'Show 12 open matching bugs', url: '/tools/kiln/-/bugs?q=status:open+title:cone' }, {}],
    })
  })

  test('and without which filter there would be bugs, the fewest first', () => {
    const parsed = (text: string) => parseGood(text)
    const loosened = [
      { without: 'label:none', query: parsed('title:cone'), count: 12 },
      { without: 'title:cone', query: parsed('label:none'), count: 0 },
      { without: 'author:ada', query: parsed('label:kind/bug'), count: 3 },
    ]
    const result = { query: parsed('label:none title:cone'), ...selectAndCount(parsed('label:none'), noTexts) }
    const view = bugListPage({ site, repository, text: 'label:none title:cone', result, page: 1, loosened })
    expect(view.empty?.ways).toEqual([
      { text: '3 bugs without author:ada', url: '/tools/kiln/-/bugs?q=label:kind/bug' },
      { text: '12 bugs without label:none', url: '/tools/kiln/-/bugs?q=title:cone' },
      { text: 'Show all bugs of this repository', url: '/tools/kiln/-/bugs?q=' },
    ])
  })

  test('and where an id may be that is no bug’s', () => {
    expect(list('deadbeef').empty?.ways[0]).toEqual({
      text: 'Look for the id deadbeef everywhere',
      url: '/-/go?id=deadbeef',
    })
  })

  test('all bugs have the other status', () => {
    const tracker = inventTracker({
      bugs: [inventBug(1, { title: 'x', status: 'closed', events: [['ada', 1, { type: 'create', text: '' }]] })],
      identities: [],
    })
    expect(listPage({ site, repository: { name: 'x', tracker } }).empty).toMatchObject({
      why: 'No bug is open.',
      ways: [{ text: 'Show 1 closed bug', url: '/x/-/bugs?q=status:closed+sort:edit-desc' }],
    })
  })

  test('the page is beyond the end', () => {
    expect(list('', 9).empty).toMatchObject({
      why: 'There is no page 9: the list ends with page 2.',
      ways: [{ url: '/tools/kiln/-/bugs?q=&page=2' }],
    })
  })

  test('the repository has no bugs, or none that can be read', () => {
    const identities = [inventIdentity('ada', { name: 'Ada' })]
    const empty = (problems: { ref: string; reason: string }[]) =>
      listPage({ site, repository: { name: 'x', tracker: inventTracker({ bugs: [], identities, problems }) } }).empty
    expect(empty([])?.commands).toEqual(['git bug bug new', 'git bug push'])
    expect(empty([{ ref: 'r', reason: 'x' }])).toMatchObject({
      why: expect.stringContaining('could be read'),
      commands: [],
    })
  })
})

describe('the form', () => {
  test('is filled with what the query says, and what it cannot say goes along', () => {
    const { form } = list(
      'status:open label:kind/bug label:area/ui -label:x author:ada "empty frame" -slow created:2026',
    )
    expect(form).toMatchObject({
      rest: 'label:kind/bug label:area/ui -label:x created:2026',
      status: 'open',
      hasLabels: true,
      author: 'ada',
      words: '"empty frame" -slow',
    })
    expect(form?.sorts.filter(({ selected }) => selected)).toEqual([
      { value: 'creation-desc', text: 'Newest', selected: true },
    ])
    expect(list('author:" ada"').form).toMatchObject({ author: '', rest: 'author:" ada"' })
    expect(list('author:ada author:tomas').form).toMatchObject({
      author: '',
      hasLabels: false,
      rest: 'author:ada author:tomas',
    })
  })

  test('offers labels and people of the bugs that are found, but none that a field would show as another', () => {
    const { form } = list('')
    expect(form?.knownLabels).toContain('kind/bug')
    expect(form?.knownLabels.join()).not.toContain('\u202e')
    expect(form?.knownAuthors).toContain('ada')
  })

  test.each([
    'status:closed label:kind/bug author:ada sort:comments-asc',
    '-label:x created:2026 "two words" -slow in:title',
    '',
    'label:a label:b label:c label:d label:e',
  ])('sent as it is gives the same bugs: %s', text => {
    const { form, rows } = list(text)
    const folded = foldFields(form!.rest, {
      status: [form!.status],
      label: [''],
      author: [form!.author],
      text: [form!.words],
      sort: form!.sorts.filter(({ selected }) => selected).map(({ value }) => value),
    })
    expect(list(folded).rows.map(({ url }) => url)).toEqual(rows.map(({ url }) => url))
  })
})

describe('the board', () => {
  const board = (group: string, text = '') => listPage({ site, repository, text, group })

  test('has a column for each value of the scope, and one for bugs without', () => {
    const view = board('kind')
    expect(view.board?.label).toBe('Bugs by kind')
    expect(view.board?.columns.map(({ title, count, more }) => [title, count, more])).toEqual([
      ['bug', '25', ''],
      ['docs', '12', ''],
      ['feature', '24', ''],
      ['No kind', '13', ''],
    ])
    expect(view).toMatchObject({ rows: [], pager: undefined, empty: undefined })
    expect(view.layout.title).toContain('Bugs by kind')
    expect(view.layout).toMatchObject({ canonical: '/tools/kiln/-/bugs?q=&group=kind', indexed: false })
  })

  test('has the columns that the operator has named first, in that order', () => {
    const choices = { ...site.choicesFor(''), columns: ['kind/feature', 'priority/high', 'kind/nothing', 'kind/bug'] }
    const view = listPage({ site: { ...site, choicesFor: () => choices }, repository, text: '', group: 'kind' })
    expect(view.board?.columns.map(({ title }) => title)).toEqual(['feature', 'bug', 'docs', 'No kind'])
  })

  test('links each column to the list of its bugs', () => {
    const columns = board('kind', 'status:open').board?.columns ?? []
    expect(columns.map(({ url }) => q(url ?? ''))).toEqual(
      [
        'status:open label:kind/bug',
        'status:open label:kind/docs',
        'status:open label:kind/feature',
        'status:open -label:kind/bug -label:kind/docs -label:kind/feature',
      ].slice(0, columns.length),
    )
    for (const { url, count } of columns) expect(list(q(url ?? '')!).rows).toHaveLength(Number(count))
  })

  test('shows the first bugs of a column, and says how many more there are', () => {
    const open = board('status').board?.columns.find(({ title }) => title === 'Open')
    expect(open?.cards).toHaveLength(25)
    expect(open).toMatchObject({ count: '62', more: '37 more bugs', url: '/tools/kiln/-/bugs?q=status:open' })
    expect(board('author').board?.columns.map(({ title }) => title)).toContain('Zoë Ünal')
  })

  test('a card leaves the column’s own label out', () => {
    const bug = board('kind').board?.columns[0]?.cards.find(({ title }) => title.startsWith('Firing'))
    expect(bug?.labels.map(({ scope, value }) => `${scope}${value}`)).not.toContain('kind/bug')
    expect(bug).toMatchObject({ moreLabels: 2, statusWord: 'Open', repliesText: '3 replies' })
  })

  test('stays a board while filters change, and becomes a list again from its menu', () => {
    const view = board('kind')
    const urls = [...view.tabs, ...entriesOf(view, 'Label'), ...entriesOf(view, 'Sort')].map(({ url }) => url)
    expect(urls.filter(url => !url.includes('group=kind'))).toEqual([])
    const menu = entriesOf(view, 'Board')
    expect(menu.find(({ active }) => active)).toMatchObject({ text: 'kind', url: '/tools/kiln/-/bugs?q=' })
    expect(menu.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['status', 'author', 'area', 'kind', 'priority', 'no board: a list']),
    )
    expect(view.hidden).toEqual([{ name: 'group', value: 'kind' }])
  })

  test('of a scope that no label has says which there are', () => {
    expect(board('severity').empty).toMatchObject({
      why: expect.stringContaining('No label of these bugs starts with “severity/”'),
      ways: expect.arrayContaining([{ text: 'kind', url: '/tools/kiln/-/bugs?q=&group=kind' }]),
    })
    expect(board('severity').board).toBeUndefined()
  })

  test('of a query that finds nothing is empty like a list', () => {
    expect(board('kind', 'label:none').empty?.why).toBe('No bug matches this query.')
  })
})

describe('a query with a mistake', () => {
  test('shows the message, the place and the box, and no bugs', () => {
    const view = list('status:open lable:kind/bug')
    expect(view.mistake).toEqual({
      message: 'Unknown qualifier "lable"; did you mean "label"?',
      before: 'status:open ',
      wrong: 'lable',
      after: ':kind/bug',
      pointer: '            ^^^^^',
      instead: {
        text: 'Search for status:open label:kind/bug',
        url: '/tools/kiln/-/bugs?q=status:open+label:kind/bug',
      },
    })
    expect(view).toMatchObject({
      text: 'status:open lable:kind/bug',
      rows: [],
      menus: [],
      pager: undefined,
      empty: undefined,
    })
    expect(view.layout).toMatchObject({ indexed: false, canonical: undefined, formats: [] })
  })

  test('the place stays in sight in a long query', () => {
    const mistake = list(`${'word '.repeat(50)}zzz:${'y'.repeat(100)}`).mistake!
    expect(mistake.before).toHaveLength(25)
    expect(mistake.before.startsWith('…')).toBe(true)
    expect(mistake).toMatchObject({ wrong: 'zzz', after: expect.stringMatching(/^:y{23}…$/) })
    expect(mistake.pointer).toBe(`${' '.repeat(25)}^^^`)
  })

  test('leads to the same query with the word that was meant, where one is near', () => {
    const instead = (text: string) => list(text).mistake?.instead?.text
    expect(instead('sort:edit-des -lable:x')).toBe('Search for sort:edit-desc -lable:x')
    expect(instead('-lable:x')).toBe('Search for -label:x')
    expect(instead('whatever:x')).toBeUndefined()
    expect(instead('status:open "never closed')).toBeUndefined()
  })

  test('line breaks and hidden characters do not move the pointer', () => {
    const mistake = list('a\n\u202eb zzz:x').mistake!
    expect(mistake.before).toBe('a [U+202E]b ')
    expect(mistake.pointer).toBe(`${' '.repeat(mistake.before.length)}^^^`)
  })
})
