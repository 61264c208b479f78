/**
 * Puts elements where HTML allows them. Safe, balanced HTML may still be invalid: a list item without a list, a
 * quote inside emphasis, a link in a link. Browsers repair each of these in their own way, some by closing elements of
 * the page around it; so nothing of the kind is sent to them.
 *
 * Promises: the result is valid where flow content may stand, and a parser makes of it exactly the tree that was
 * written. No text is lost: where an element has no place, its tags go and its content stays. It writes no attribute of
 * its own: they are the gate's, and those that the writer of texts (`text-writer.ts`) puts around words.
 *
 * What becomes of what is out of place:
 * - a block inside a paragraph or a heading: that one becomes a `div`; inside emphasis: the emphasis goes
 * - a block where only a line may stand (`summary`, `pre`, a column's head): the block's tags go
 * - a part without its structure (`li`, `td`, `summary` …): a `div`; other content inside a structure: a new part
 * - a link inside a link: only its text; a link without text: its target is its text
 * - empty paragraphs, headings and tables go
 */

import { strings } from '../strings/strings.ts'
import { elements } from './markdown-elements.ts'
import { arrangeTable } from './markdown-table.ts'
import { type Branch, groupChildren, isBlank } from './markdown-tree.ts'
import type { TextWriter } from './text-writer.ts'

/** What may stand at a place: blocks and text, text only, or text and headings (in a `summary`). */
type Model = 'flow' | 'line' | 'summary'

interface Context {
  readonly model: Model
  readonly inLink: boolean
  readonly inCode: boolean
}

const hrefPattern = / href="([^"]*)"/
const language = / class="language-([^"]+)"/
/** Elements whose text is meant letter by letter. */
const codeLike: ReadonlySet<string> = new Set(['code', 'kbd', 'pre', 'samp'])
const headings: ReadonlySet<string> = new Set(['h3', 'h4', 'h5', 'h6'])

class Arranger {
  readonly #writer: TextWriter

  constructor(writer: TextWriter) {
    this.#writer = writer
  }

  /** Writes children one after the other. The gate has bounded the depth, and so the recursion. */
  write(nodes: readonly (Branch | string)[], context: Context): string {
    const place = context.inCode ? 'code' : context.inLink ? 'link' : 'prose'
    let html = ''
    for (const node of nodes)
      html += typeof node === 'string' ? this.#writer.text(node, place) : this.#branch(node, context)
    return html
  }

  #branch(branch: Branch, context: Context): string {
    const rule = elements.get(branch.name)
    if (rule === undefined) return this.write(branch.children, context)
    if (rule.content === 'nothing')
      return rule.place === 'line' || context.model === 'flow' ? `<${branch.name}${branch.attributes}>` : ' '
    if (rule.place === 'line') return this.#inline(branch, context)
    if (context.model !== 'flow') return this.#blockInLine(branch, context)
    if (rule.place === 'part') return this.#wrap('div', branch, context)
    switch (rule.content) {
      case 'line':
        return this.#lineBlock(branch, context)
      case 'items':
        return this.#list(branch, context)
      case 'terms':
        return this.#terms(branch, context)
      case 'disclosure':
        return this.#disclosure(branch, context)
      case 'table':
        return arrangeTable(branch, {
          line: nodes => this.write(nodes, { ...context, model: 'line' }),
          flow: nodes => this.write(nodes, context),
        })
      default:
        return this.#wrap(branch.name, branch, context)
    }
  }

  #wrap(name: string, branch: Branch, context: Context): string {
    const attributes = name === branch.name ? branch.attributes : ''
    const inside = codeLike.has(name) ? { ...context, inCode: true } : context
    return `<${name}${attributes}>${this.write(branch.children, inside)}</${name}>`
  }

  #inline(branch: Branch, context: Context): string {
    if (branch.name === 'a') return this.#link(branch, context)
    const splits = branch.hasBlocks && context.model === 'flow'
    if (splits && elements.get(branch.name)?.content !== 'parent') return this.write(branch.children, context)
    if (branch.name === 'span' && branch.attributes === '') return this.write(branch.children, context)
    return this.#wrap(branch.name, branch, splits ? context : { ...context, model: 'line' })
  }

  #link(branch: Branch, context: Context): string {
    if (context.inLink) return this.write(branch.children, context)
    const tag = this.#writer.link(branch.attributes)
    if (!branch.hasText) return `${tag}${hrefPattern.exec(branch.attributes)?.[1] ?? ''}</a>`
    const model = branch.hasBlocks && context.model === 'flow' ? 'flow' : 'line'
    return `${tag}${this.write(branch.children, { ...context, model, inLink: true })}</a>`
  }

  /** A block where only a line may stand. The spaces keep its text apart from what is beside it. */
  #blockInLine(branch: Branch, context: Context): string {
    if (context.model === 'summary' && headings.has(branch.name) && branch.hasText && !branch.hasBlocks) {
      return this.#wrap(branch.name, branch, { ...context, model: 'line' })
    }
    return ` ${this.write(branch.children, { ...context, model: 'line' })} `
  }

  /** A paragraph, a heading, preformatted text. */
  #lineBlock(branch: Branch, context: Context): string {
    if (!branch.hasText && branch.name !== 'pre') return ''
    if (branch.hasBlocks && branch.name !== 'pre') return this.#wrap('div', branch, context)
    const code = branch.name === 'pre' ? codeOf(branch) : undefined
    if (code !== undefined) {
      const { attributes, text } = code
      const written = this.#writer.code(text, language.exec(attributes)?.[1] ?? '')
      return `<pre${branch.attributes}><code${attributes}>${written}</code></pre>`
    }
    return this.#wrap(branch.name, branch, { ...context, model: 'line' })
  }

  /** Items, and one more for each group of other content between them. */
  #list(branch: Branch, context: Context): string {
    let html = ''
    for (const part of groupChildren(branch.children, node => node.name === 'li')) {
      html += 'name' in part ? `${this.#wrap('li', part, context)}\n` : `<li>${this.write(part, context)}</li>\n`
    }
    return html === '' ? '' : `<${branch.name}${branch.attributes}>\n${html}</${branch.name}>`
  }

  /** A list of terms, where it begins with a term, ends with a description and has nothing else. Otherwise blocks. */
  #terms(branch: Branch, context: Context): string {
    const nodes = branch.children.filter(node => typeof node !== 'string' || !isBlank(node))
    const names = nodes.map(node => (typeof node === 'string' ? '' : node.name))
    const sound = names.every(name => name === 'dt' || name === 'dd') && names[0] === 'dt' && names.at(-1) === 'dd'
    if (!sound) return this.#wrap('div', branch, context)
    let html = ''
    for (const node of branch.children) {
      if (typeof node === 'string') html += node
      else html += this.#wrap(node.name, node, node.name === 'dt' ? { ...context, model: 'line' } : context)
    }
    return `<dl>${html}</dl>`
  }

  #disclosure(branch: Branch, context: Context): string {
    // What opens and closes has no place inside a link.
    if (context.inLink) return this.#wrap('div', branch, context)
    const summary = branch.children.find(node => typeof node !== 'string' && node.name === 'summary')
    const label =
      typeof summary === 'object' && summary.hasText
        ? this.write(summary.children, { ...context, model: 'summary' })
        : strings.text.details
    const rest = branch.children.filter(node => node !== summary)
    return `<details${branch.attributes}><summary>${label}</summary>${this.write(rest, context)}</details>`
  }
}

/** The one element of code that is all of a preformatted block and has only text, where its language is named. */
function codeOf({ children }: Branch): { readonly attributes: string; readonly text: string } | undefined {
  const [only, ...others] = children
  if (typeof only !== 'object' || only.name !== 'code' || others.length > 0) return undefined
  const [text = '', ...more] = only.children
  if (typeof text !== 'string' || more.length > 0 || !language.test(only.attributes)) return undefined
  return { attributes: only.attributes, text }
}

/**
 * Valid HTML from a safe tree.
 * @param root of a tree that the gate's HTML, or the parser's pieces, gave
 * @param writer writes text as HTML that may stand in a line; sees each stretch between two tags whole
 */
export function arrange(root: Branch, writer: TextWriter): string {
  return new Arranger(writer).write(root.children, { model: 'flow', inLink: false, inCode: false })
}
