import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportFormats } from '../../src/base/export-formats.ts'
import { type AddressRules, ownHost, readAddress } from '../../src/export/addresses.ts'
import { isSafePath, repositoryFolders, safeName } from '../../src/export/file-names.ts'
import { normalQuery } from '../../src/export/lists.ts'
import { createLinks } from '../../src/pages/links.ts'

const links = createLinks({ basePath: '', asset: name => name })
const id = 'ab'.repeat(32)
const rules: AddressRules = {
  formats: new Set(exportFormats),
  named: new Set([normalQuery('sort:creation-asc status:open label:"help wanted" label:x')!]),
}
const at = (url: string, given = rules) => readAddress(url, '/t/-/bugs', given)
const pathOf = (url: string, given = rules) => {
  const address = at(url, given)
  return typeof address === 'object' ? address.path : address
}

describe('an address and its file', () => {
  test.each([
    [links.index(), 'index.html'],
    [links.index({ sort: 'name' }), 'index.html'],
    [links.index({ sort: 'open' }), '-/by-open/index.html'],
    [links.queryHelp(), '-/help/query/index.html'],
    [links.staticFile('viewer.1a2b.css'), '-/static/viewer.1a2b.css'],
    [links.bugs('t'), '-/bugs/index.html'],
    [links.bugs('t', { page: 3 }), '-/bugs/page-3.html'],
    [links.bugsMbox('t'), '-/bugs.mbox'],
    [links.bugsNdjson('t', ''), '-/bugs/list/all.ndjson'],
    [links.bundle('t'), '-/bugs.bundle'],
    [links.bug('a b/ü', id), `-/bugs/${id}/index.html`],
    [links.comment('t', id, 'cd'.repeat(32)), `-/bugs/${id}/index.html`],
    [links.bugMarkdown('t', id), `-/bugs/${id}.md`],
    [links.edits('t', id, id), `-/bugs/${id}/edits/${id}/index.html`],
    [links.personAtom('t', id), `-/identities/${id}.atom`],
    [links.people('t'), '-/identities/index.html'],
    [links.badge('t'), '-/badge.svg'],
    ['/t/-/a-page-of-the-future', '-/a-page-of-the-future/index.html'],
  ])('%s is in %s', (url, path) => expect(pathOf(url)).toBe(path))

  test('keeps the address that the program is asked for', () => {
    expect(at(links.bug('a b/ü', id))).toMatchObject({ repository: 'a b/ü', url: `/a%20b/%C3%BC/-/bugs/${id}` })
    expect(at(`https://${ownHost}/t/-/about`)).toMatchObject({ repository: 't', url: '/t/-/about', kind: 'file' })
    expect(at('https://elsewhere.example/t/-/about')).toBeUndefined()
    expect(at('mailto:ada@example.org')).toBeUndefined()
  })

  test.each([
    [
      'the text stays',
      'text',
      [
        links.bugAt('t', id, 'ab12'),
        links.bugs('t', { group: 'kind' }),
        links.bugs('t', { limit: 10 }),
        `${links.people('t')}?q=x`,
        links.bugs('t', { q: 'words' }),
        links.badge('t', 'x'),
      ],
    ],
    [
      'the link goes',
      'nothing',
      [
        links.search(),
        links.go(),
        links.openSearch(),
        links.events('t', 'ab'),
        links.commentText('t', id),
        '/t/-/bugs.tar',
        links.bugsCsv('t', 'label:x'),
      ],
    ],
  ])('what only a server answers has no file: %s', (_, left, urls) => {
    expect(urls.map(url => [url, pathOf(url)])).toEqual(urls.map(url => [url, left]))
  })

  test('has to be asked for where it leads on, or where its type decides its name', () => {
    const kinds = ['/t', '/t/', links.bug('t', 'abcd'), links.commentById('t', 'abcdef'), links.issue('t', '12')]
    expect(kinds.map(url => at(url))).toEqual(
      kinds.map(() => expect.objectContaining({ repository: 't', kind: 'redirect' })),
    )
    expect(at(links.file('t', id))).toMatchObject({ path: `-/files/${id}`, kind: 'attachment' })
  })

  test('formats that nobody wants are left out', () => {
    const few = { ...rules, formats: new Set(['html', 'json'] as const) }
    expect(pathOf(links.bugJson('t', id), few)).toBe(`-/bugs/${id}.json`)
    expect(pathOf(links.bugText('t', id), few)).toBe('nothing')
    expect(pathOf(links.bugsAtom('t'), few)).toBe('nothing')
  })
})

describe('the list of a query', () => {
  const list = (q: string) => pathOf(links.bugs('t', { q }))

  test('is one file however the query is written', () => {
    expect(['status:open', 'is:open sort:edit', 'status:open sort:edit-desc'].map(list)).toEqual(
      Array(3).fill('-/bugs/index.html'),
    )
    expect(list('status:closed sort:edit-desc')).toBe('-/bugs/list/closed/index.html')
    expect(list('sort:edit-desc')).toBe('-/bugs/list/all/index.html')
    expect(list('label:ui status:open')).toBe(list('status:open sort:edit-desc label:ui'))
    expect(list('status:open label:ui')).toBe('-/bugs/list/open-label-ui/index.html')
    expect(list('author:abcdef1')).toBe('-/bugs/list/all-author-abcdef1/index.html')
    expect(list('participant:abcdef1 -author:abcdef1')).toBe('-/bugs/list/all-participant-abcdef1-of-others/index.html')
  })

  test('is there for one thing at a time, in one order, and for what the operator has named', () => {
    for (const q of [
      'label:a label:b',
      '-label:a',
      'label:a sort:id',
      'x',
      'status:open status:closed',
      'author:a -author:b',
      'bad:',
      '"',
    ]) {
      expect(list(q)).toBe('text')
    }
    expect(list('sort:creation-asc status:open label:"help wanted" label:x')).toMatch(
      /^-\/bugs\/list\/query-[a-z-]+~[0-9a-f]+\/index\.html$/,
    )
  })

  test('has names that differ in more than case', () => {
    expect(list('label:Bug')).not.toBe(list('label:bug'))
    const lower = (q: string) => String(list(q)).toLowerCase()
    expect(lower('label:Bug')).not.toBe(lower('label:bug'))
    expect(list('label:"../../x"')).toMatch(/^-\/bugs\/list\/all-label-x~[0-9a-f]{12}\/index\.html$/)
  })
})

describe('names of files', () => {
  test('are safe on every system, whatever they come from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 90 }), text => {
        const name = safeName(text)
        expect(name).toMatch(/^[a-z0-9_-][a-z0-9._~-]{0,79}$/)
        expect(name).not.toMatch(/\.$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/)
      }),
    )
    for (const odd of ['', '.', '..', 'a/b', 'a:b', 'a?b', '50%', 'con', 'NUL.txt', 'x.', 'é', '~', 'a'.repeat(500)]) {
      expect(safeName(odd)).not.toBe(odd)
      expect(isSafePath(safeName(odd))).toBe(true)
    }
    expect(['kiln', 'v1.2_x-y', id].map(safeName)).toEqual(['kiln', 'v1.2_x-y', id])
  })

  test('of repositories are theirs where that can be, and never the same', () => {
    const names = [
      'Tool',
      'tool',
      'TOOL',
      'group/a b',
      'index.html',
      'index.html/a',
      'index.html/A',
      'sitemap-2.xml',
      'con',
      'Linux',
      '\u00e9',
      'e\u0301',
    ]
    const folders = repositoryFolders(names)
    expect(folders.get('tool')).toBe('tool')
    expect(folders.get('Linux')).toBe('Linux')
    expect(new Set([...folders.values()].map(folder => folder.toLowerCase())).size).toBe(names.length)
    for (const folder of folders.values()) expect(folder).toMatch(/^[\w~./-]+$/)
    expect(['index.html', 'con'].map(name => folders.get(name))).toEqual([
      expect.stringMatching(/^index-html~/),
      expect.stringMatching(/^con~/),
    ])
    for (const folder of folders.values()) expect(folder).not.toMatch(/^index\.html\//)
    expect(repositoryFolders([...names].reverse())).toEqual(folders)
  })

  test('that no export writes are refused', () => {
    for (const path of ['../x', 'a/../b', '/etc', 'a//b', 'a\\b', 'a\nb', '.', '', '.git/config', 'a/.x'])
      expect(isSafePath(path)).toBe(false)
  })
})
