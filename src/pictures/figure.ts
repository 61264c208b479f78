/**
 * A picture with what it shows in words above it and its numbers below it, in a table that anybody can unfold and that
 * text browsers and screen readers read. HTML that may stand as it is: all text in it is escaped here.
 */
import { escapeText } from './markup.ts'

export interface Figure {
  /** The id of the words, unique on the page. */
  readonly nameId: string
  readonly words: readonly FigureWord[]
  /** HTML, as `drawBars` and `drawLine` make it. */
  readonly picture: string
  readonly table: NumberTable
}

/** Part of what a figure says about itself. */
export type FigureWord = string | WholeWord

/** Stays on one line. With a kind it explains what in the picture has that class. */
interface WholeWord {
  readonly text: string
  readonly kind?: 'open' | 'closed'
}

export interface NumberTable {
  /** What unfolds it. */
  readonly title: string
  /** Headings; the first is that of the periods. */
  readonly columns: readonly string[]
  readonly rows: readonly NumberRow[]
}

export interface NumberRow {
  readonly period: string
  readonly cells: readonly NumberCell[]
}

/** A number as it is to be read, and where it leads. */
export type NumberCell = string | { readonly text: string; readonly url: string }

/** HTML of the figure. */
export function drawFigure({ nameId, words, picture, table }: Figure): string {
  return (
    `<figure class="picture"><figcaption id="${escapeText(nameId)}">${words.map(word).join(' ')}</figcaption>\n` +
    `${picture}\n<details><summary>${escapeText(table.title)}</summary>${drawTable(table)}</details></figure>`
  )
}

function word(part: FigureWord): string {
  if (typeof part === 'string') return escapeText(part)
  return `<span${part.kind === undefined ? '' : ` class="${part.kind}"`}>${escapeText(part.text)}</span>`
}

function drawTable({ columns, rows }: NumberTable): string {
  const headings = columns.map(
    (name, index) => `<th scope="col"${index > 0 ? ' class="n"' : ''}>${escapeText(name)}</th>`,
  )
  const lines = rows.map(
    ({ period, cells }) => `<tr><th scope="row">${escapeText(period)}</th>${cells.map(cell).join('')}</tr>\n`,
  )
  return `<table class="list counts"><thead><tr>${headings.join('')}</tr></thead><tbody>\n${lines.join('')}</tbody></table>`
}

function cell(content: NumberCell): string {
  if (typeof content === 'string') return `<td class="n">${escapeText(content)}</td>`
  return `<td class="n"><a href="${escapeText(content.url)}" rel="nofollow">${escapeText(content.text)}</a></td>`
}
