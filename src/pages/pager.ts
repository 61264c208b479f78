/** The pages of a long list as links: the first, the last, those around the current one, and gaps between them. */
import { strings } from '../strings/strings.ts'
import { grouped } from './wording.ts'

export interface PagerView {
  /** In order; a gap has neither number nor address. */
  readonly pages: readonly PageLink[]
  readonly previousUrl: string | undefined
  readonly nextUrl: string | undefined
  /** Such as `51–100 of 141`. */
  readonly range: string
}

export interface PageLink {
  readonly text: string
  readonly url: string | undefined
  readonly current: boolean
}

export interface Paging {
  /** From 1. */
  readonly page: number
  readonly pageSize: number
  readonly total: number
}

/** Pages on each side of the current one. */
const around = 2

/** How many pages there are; an empty list has one. */
export function pageCount({ total, pageSize }: Paging): number {
  return Math.max(1, Math.ceil(total / pageSize))
}

/** @returns undefined where everything fits on one page */
export function pagerView(paging: Paging, urlOf: (page: number) => string): PagerView | undefined {
  const last = pageCount(paging)
  if (last === 1) return undefined
  const { page, pageSize, total } = paging
  const pages: PageLink[] = []
  let previous = 0
  for (const number of nearPages(page, last)) {
    if (number > previous + 1) pages.push({ text: '…', url: undefined, current: false })
    pages.push({ text: grouped(number), url: urlOf(number), current: number === page })
    previous = number
  }
  const from = (page - 1) * pageSize + 1
  return {
    pages,
    previousUrl: page > 1 ? urlOf(page - 1) : undefined,
    nextUrl: page < last ? urlOf(page + 1) : undefined,
    range: strings.pager.range(grouped(from), grouped(Math.min(total, from + pageSize - 1)), grouped(total)),
  }
}

function nearPages(page: number, last: number): number[] {
  const numbers = [1]
  for (let number = Math.max(2, page - around); number <= Math.min(last - 1, page + around); number++)
    numbers.push(number)
  numbers.push(last)
  return numbers
}
