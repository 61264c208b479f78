import { describe, expect, test } from 'vitest'
import { indexPage, type RepositoryEntry } from '../../src/pages/index-page.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const repositories: readonly RepositoryEntry[] = [
  { name: 'tools/wheel', owner: 'Tomas', counts: { open: 3, closed: 1, lastActivity: 1_700_000_000 } },
  { name: 'tools/kiln', description: 'Controller', counts: { open: 1234, closed: 0, lastActivity: 1_795_161_600 } },
  { name: 'glaze', counts: { open: 0, closed: 0, lastActivity: undefined } },
  { name: 'archive/old' },
]
const namesOf = (view: ReturnType<typeof indexPage>) =>
  view.sections.map(section => [section.name, section.entries.map(({ folder, name }) => folder + name)])

describe('the index', () => {
  test('groups repositories by the first part of their name, those without one first', () => {
    expect(namesOf(indexPage({ site, repositories }))).toEqual([
      ['', ['glaze']],
      ['archive', ['archive/old']],
      ['tools', ['tools/kiln', 'tools/wheel']],
    ])
  })

  test('a section that the repository names itself counts more than its folder', () => {
    const view = indexPage({ site, repositories: [...repositories, { name: 'glaze/base', section: 'tools' }] })
    expect(namesOf(view)).toEqual([
      ['', ['glaze']],
      ['archive', ['archive/old']],
      ['tools', ['glaze/base', 'tools/kiln', 'tools/wheel']],
    ])
    const hostile = indexPage({ site, repositories: [{ name: 'x', section: `\u202e${'y'.repeat(500)}` }] })
    expect(hostile.sections[0]?.name).toMatch(/^\[U\+202E\]y+…$/)
    expect(hostile.sections[0]?.name.length).toBeLessThan(250)
  })

  test('of a thousand repositories has pages, and keeps sections in order over them', () => {
    const many = Array.from({ length: 1000 }, (_, n) => ({
      name: `group-${String(n % 7)}/repository-${String(n).padStart(4, '0')}`,
      counts: { open: 2, closed: 1, lastActivity: 1_700_000_000 },
    }))
    const view = indexPage({ site, repositories: many, page: 2 })
    expect(view).toMatchObject({ total: '1,000 repositories', open: '2,000 open bugs' })
    expect(view.pager).toMatchObject({ range: '201–400 of 1,000', previousUrl: '/', nextUrl: '/?page=3' })
    expect(view.layout).toMatchObject({ nextUrl: '/?page=3', canonical: '/?page=2' })
    expect(view.sections.map(({ name }) => name)).toEqual(['group-1', 'group-2'])
    expect(view.sections.flatMap(({ entries }) => entries)).toHaveLength(200)
    expect(indexPage({ site, repositories: many, q: 'group-3', sort: 'open' }).pager).toBeUndefined()
    expect(indexPage({ site, repositories: many, sort: 'open' }).pager?.nextUrl).toBe('/?sort=open&page=2')
  })

  test('shows a dash for what is not known yet, and a zero only for none', () => {
    const rows = indexPage({ site, repositories }).sections.flatMap(({ entries }) => entries)
    expect(rows.map(({ open, closed, activity }) => [open, closed, activity?.text])).toEqual([
      ['0', '0', undefined],
      ['–', '–', undefined],
      ['1,234', '0', '2026-11-20'],
      ['3', '1', '2023-11-14'],
    ])
  })

  test('sorts by activity and by open bugs in one list, the unknown last', () => {
    const order = (sort: 'activity' | 'open') => namesOf(indexPage({ site, repositories, sort }))
    expect(order('activity')).toEqual([['', ['tools/kiln', 'tools/wheel', 'glaze', 'archive/old']]])
    expect(order('open')).toEqual([['', ['tools/kiln', 'tools/wheel', 'glaze', 'archive/old']]])
  })

  test('finds words in name, description and owner, all of them, in any case', () => {
    const found = (q: string) => namesOf(indexPage({ site, repositories, q })).flatMap(([, names]) => names)
    expect(found('TOOLS tomas')).toEqual(['tools/wheel'])
    expect(found('controller')).toEqual(['tools/kiln'])
    const sectioned = indexPage({ site, repositories: [{ name: 'x', section: 'Public tools' }], q: 'public' })
    expect(namesOf(sectioned)).toEqual([['Public tools', ['x']]])
    expect(found('  ')).toHaveLength(4)
  })

  test('keeps the search in the links that sort', () => {
    const { sorts } = indexPage({ site, repositories, q: 'tools', sort: 'open' })
    expect(sorts.map(({ url, current }) => [url, current])).toEqual([
      ['/?q=tools', false],
      ['/?q=tools&sort=activity', false],
      ['/?q=tools&sort=open', true],
    ])
  })

  test('tells nothing configured from nothing found', () => {
    expect(indexPage({ site, repositories: [] }).empty).toBe('none')
    expect(indexPage({ site, repositories, q: 'zzz' }).empty).toBe('unmatched')
    expect(indexPage({ site, repositories }).empty).toBeUndefined()
  })

  test('is for search engines only as it is without parameters', () => {
    expect(indexPage({ site, repositories }).layout.indexed).toBe(true)
    expect(indexPage({ site, repositories, q: 'tools' }).layout.indexed).toBe(false)
    expect(indexPage({ site, repositories, sort: 'open' }).layout.indexed).toBe(false)
  })
})
