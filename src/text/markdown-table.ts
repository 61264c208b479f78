/**
 * Tables in valid order: a caption, a head, bodies, a foot; rows in them, cells in rows. What people leave out is put
 * in, what they put elsewhere becomes a row or a cell of its own. A table without any cell is no table: its caption
 * stays as text.
 */

import { elements } from './markdown-elements.ts'
import { type Branch, groupChildren } from './markdown-tree.ts'

type Nodes = readonly (Branch | string)[]

/** How the content of cells and captions is written. */
export interface CellWriter {
  /** As text in a line. */
  line(nodes: Nodes): string
  /** As blocks and text. */
  flow(nodes: Nodes): string
}

interface Section {
  readonly name: string
  rows: string
}

function isCell(node: Branch): boolean {
  return node.name === 'td' || node.name === 'th'
}

function writeRow(nodes: Nodes, writer: CellWriter): string {
  let cells = ''
  for (const part of groupChildren(nodes, isCell)) {
    if (!('name' in part)) cells += `<td>${writer.flow(part)}</td>`
    else if (part.name === 'th') cells += `<th${part.attributes}>${writer.line(part.children)}</th>`
    else cells += `<td${part.attributes}>${writer.flow(part.children)}</td>`
  }
  return cells === '' ? '' : `<tr>${cells}</tr>\n`
}

function writeRows(nodes: Nodes, writer: CellWriter): string {
  let rows = ''
  for (const part of groupChildren(nodes, node => node.name === 'tr'))
    rows += writeRow('name' in part ? part.children : part, writer)
  return rows
}

/** Sections in the order they were written, rows that stand alone in a body of their own. */
function writeSections(nodes: Nodes, writer: CellWriter): Section[] {
  const sections: Section[] = []
  for (const part of groupChildren(nodes, node => elements.get(node.name)?.content === 'rows')) {
    const rows = writeRows('name' in part ? part.children : part, writer)
    if (rows !== '') sections.push({ name: 'name' in part ? part.name : 'tbody', rows })
  }
  return sections
}

/** A table as HTML. */
export function arrangeTable(table: Branch, writer: CellWriter): string {
  const caption = table.children.find(node => typeof node !== 'string' && node.name === 'caption')
  const label = typeof caption === 'object' && caption.hasText ? writer.line(caption.children) : ''
  const sections = writeSections(
    table.children.filter(node => node !== caption),
    writer,
  )
  if (sections.length === 0) return label === '' ? '' : `<div>${label}</div>`
  let html = label === '' ? '' : `<caption>${label}</caption>\n`
  for (const [index, { name, rows }] of sections.entries()) {
    const inPlace = name === 'thead' ? index === 0 : name === 'tfoot' ? index === sections.length - 1 : true
    const written = inPlace ? name : 'tbody'
    html += `<${written}>\n${rows}</${written}>\n`
  }
  return `<table>\n${html}</table>`
}
