/**
 * A comment as a tree of elements and text. It is made from the HTML that the gate lets out, of which it knows only the
 * gate's spelling (it is no HTML parser), or from the parser's pieces (`markdown-token-tree.ts`).
 */

import { unescapeText } from './escape.ts'
import { elements } from './markdown-elements.ts'

export interface Branch {
  readonly name: string
  /** Attributes as the gate writes them, with a space before each. */
  readonly attributes: string
  /** Elements and text, the text as it is read: not escaped. */
  readonly children: (Branch | string)[]
  /** Has a block, or a part of a structure, somewhere below. */
  hasBlocks: boolean
  /** Has text other than white space, a link or a picture somewhere below. A link without text is given one. */
  hasText: boolean
}

/** An element without children. */
export function createBranch(name: string, attributes: string): Branch {
  return { name, attributes, children: [], hasBlocks: false, hasText: false }
}

/** True for white space between tags. */
export function isBlank(text: string): boolean {
  return text.trim() === ''
}

/** Puts text at the end of a branch; text beside text is one. */
export function addText(parent: Branch, text: string): void {
  if (text === '') return
  const last = parent.children.length - 1
  const before = parent.children[last]
  if (typeof before === 'string') parent.children[last] = before + text
  else parent.children.push(text)
  parent.hasText ||= !isBlank(text)
}

/** Reads one tag, without its brackets. A void element has ` /` at its end. */
function parseTag(tag: string): Branch {
  const bare = tag.endsWith(' /') ? tag.slice(0, -2) : tag
  const space = bare.indexOf(' ')
  return space === -1 ? createBranch(bare, '') : createBranch(bare.slice(0, space), bare.slice(space))
}

/** Tells the parent what a branch holds, once that is complete. */
export function closeBranch(branch: Branch, parent: Branch): void {
  parent.hasText ||= branch.hasText || branch.name === 'a' || branch.name === 'img'
  parent.hasBlocks ||= branch.hasBlocks || elements.get(branch.name)?.place !== 'line'
}

/**
 * The tree, under a root without a name.
 * @param html what `Gate.sanitize` returned: balanced, brackets only around tags
 */
export function parseTree(html: string): Branch {
  const root = createBranch('', '')
  const open = [root]
  let parent = root
  let at = 0
  while (at < html.length) {
    const start = html.indexOf('<', at)
    const text = html.slice(at, start === -1 ? html.length : start)
    addText(parent, unescapeText(text))
    if (start === -1) break
    const end = html.indexOf('>', start)
    const tag = html.slice(start + 1, end)
    at = end + 1
    if (tag.startsWith('/')) {
      const closed = open.pop()
      parent = open.at(-1) ?? root
      if (closed !== undefined) closeBranch(closed, parent)
      continue
    }
    const branch = parseTag(tag)
    parent.children.push(branch)
    if (elements.get(branch.name)?.content === 'nothing') {
      closeBranch(branch, parent)
    } else {
      open.push(branch)
      parent = branch
    }
  }
  return root
}

/**
 * Splits children into those of the wanted kind and groups of others between them. White space beside the wanted ones
 * goes.
 */
export function groupChildren(
  nodes: readonly (Branch | string)[],
  isWanted: (node: Branch) => boolean,
): (Branch | readonly (Branch | string)[])[] {
  const groups: (Branch | (Branch | string)[])[] = []
  let others: (Branch | string)[] | undefined
  for (const node of nodes) {
    if (typeof node !== 'string' && isWanted(node)) {
      groups.push(node)
      others = undefined
    } else if (others !== undefined) {
      others.push(node)
    } else if (typeof node !== 'string' || !isBlank(node)) {
      others = [node]
      groups.push(others)
    }
  }
  return groups
}
