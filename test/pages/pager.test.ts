import { describe, expect, test } from 'vitest'
import { pageCount, pagerView } from '../../src/pages/pager.ts'

const pager = (page: number, total: number) => pagerView({ page, pageSize: 50, total }, number => `?page=${number}`)
const texts = (page: number, total: number) =>
  pager(page, total)
    ?.pages.map(({ text }) => text)
    .join(' ')

describe('the pages of a long list', () => {
  test('one page needs no pager', () => {
    expect(pager(1, 50)).toBeUndefined()
    expect(pager(1, 0)).toBeUndefined()
    expect(pageCount({ page: 1, pageSize: 50, total: 0 })).toBe(1)
  })

  test('the first, the last and the pages around are shown, with gaps between', () => {
    expect(texts(1, 1000)).toBe('1 2 3 … 20')
    expect(texts(10, 1000)).toBe('1 … 8 9 10 11 12 … 20')
    expect(texts(20, 1000)).toBe('1 … 18 19 20')
    expect(texts(1, 51)).toBe('1 2')
  })

  test('the current page is marked and counts what it shows', () => {
    const view = pager(2, 120)
    expect(view?.pages.filter(({ current }) => current).map(({ text }) => text)).toEqual(['2'])
    expect(view).toMatchObject({ range: '51–100 of 120', previousUrl: '?page=1', nextUrl: '?page=3' })
  })
})
