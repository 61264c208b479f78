import { describe, expect, test } from 'vitest'
import { anchor, createLinks } from '../../src/pages/links.ts'

const id = 'ab'.repeat(32)
const links = createLinks({ basePath: '', asset: name => `${name}?v=1` })

describe('links', () => {
  test('a name keeps its slashes and everything else of it is encoded', () => {
    expect(links.bugs('group/a tool?#%')).toBe('/group/a%20tool%3F%23%25/-/bugs')
    expect(links.labels('ä/"<>')).toBe('/%C3%A4/%22%3C%3E/-/labels')
  })

  test('every link starts with the base path', () => {
    const inside = createLinks({ basePath: '/tracker/', asset: name => name })
    expect(inside.index()).toBe('/tracker/')
    expect(inside.bug('kiln', id)).toBe(`/tracker/kiln/-/bugs/${id}`)
    expect(inside.staticFile('viewer.css')).toBe('/tracker/-/static/viewer.css')
    expect(inside.queryHelp()).toBe('/tracker/-/help/query')
  })

  test('a query stays readable in the address and cannot leave its parameter', () => {
    expect(links.bugs('kiln', { q: 'label:kind/bug "a b"&page=9#x', page: 2 })).toBe(
      '/kiln/-/bugs?q=label:kind/bug+%22a+b%22%26page%3D9%23x&page=2',
    )
    expect(new URLSearchParams(links.bugs('kiln', { q: 'a+b c%20d' }).split('?')[1]).get('q')).toBe('a+b c%20d')
  })

  test('the first page and a missing query have no parameter, an empty query has one', () => {
    expect(links.bugs('kiln', { page: 1 })).toBe('/kiln/-/bugs')
    expect(links.bugs('kiln', { q: '' })).toBe('/kiln/-/bugs?q=')
    expect(links.index({ q: 'x', sort: 'open' })).toBe('/?q=x&sort=open')
  })

  test('the other formats are suffixes of the same address', () => {
    expect(links.bugsAtom('kiln', 'x')).toBe('/kiln/-/bugs.atom?q=x')
    expect(links.bugsJson('kiln')).toBe('/kiln/-/bugs.json')
    expect(links.bugsCsv('kiln', 'x')).toBe('/kiln/-/bugs.csv?q=x')
    expect(links.bugsText('kiln', 'x')).toBe('/kiln/-/bugs.txt?q=x')
    expect(links.bugsMbox('kiln', 'x')).toBe('/kiln/-/bugs.mbox?q=x')
    expect(links.bugJson('kiln', id)).toBe(`/kiln/-/bugs/${id}.json`)
    expect(links.bugText('kiln', id)).toBe(`/kiln/-/bugs/${id}.txt`)
    expect(links.bugMarkdown('kiln', id)).toBe(`/kiln/-/bugs/${id}.md`)
    expect(links.bugMbox('kiln', id)).toBe(`/kiln/-/bugs/${id}.mbox`)
    expect(links.personJson('kiln', id)).toBe(`/kiln/-/identities/${id}.json`)
    expect(links.peopleJson('kiln')).toBe('/kiln/-/identities.json')
    expect(links.labelsJson('kiln')).toBe('/kiln/-/labels.json')
    expect(links.problemsJson('kiln')).toBe('/kiln/-/problems.json')
  })

  test('a comment is found by the first 16 digits of its combined id', () => {
    const combined = '0123456789abcdef'.repeat(4)
    expect(anchor(combined)).toBe('c-0123456789abcdef')
    expect(links.comment('kiln', id, combined)).toBe(`/kiln/-/bugs/${id}#c-0123456789abcdef`)
  })

  test('half a character becomes a replacement character and no error', () => {
    expect(links.bugs('a\ud800', { q: '\udc00' })).toBe('/a%EF%BF%BD/-/bugs?q=%EF%BF%BD')
  })

  test('an id that is none stays one segment', () => {
    expect(links.file('kiln', '../../x?y')).toBe('/kiln/-/files/..%2F..%2Fx%3Fy')
  })
})
