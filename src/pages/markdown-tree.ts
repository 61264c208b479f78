/** The HTML that the gate lets out, as a tree. Knows only the gate's spelling; it is no HTML parser. */

import { elements } from './markdown-elements.ts'

export interface Branch {
  readonly name: string
  /** Attributes as the gate wrote them, with a space before each. */
  readonly attributes: string
  readonly children: (Branch | string)[]
  /** Has a block, or a part of a structure, somewhere below. */
  hasBlocks: boolean
  /** Has text other than white space, or a link, somewhere below. A link without text is given one. */
  hasText: boolean
}

function createBranch(name: string, attributes: string): Branch {
  return { name, attributes, children: [], hasBlocks: false, hasText: false }
}

/** True for white space between tags. */
export function isBlank(text: string): boolean {
  return text.trim() === ''
}

/** Reads one tag, without its brackets. A void element has ` /` at its end. */
function parseTag(tag: string): Branch {
  const bare = tag.endsWith(' /') ? tag.slice(0, -2) : tag
  const space = bare.indexOf(' ')
  return space === -1 ? createBranch(bare, '') : createBranch(bare.slice(0, space), bare.slice(space))
}

function close(branch: Branch, parent: Branch): void {
  parent.hasText ||= branch.hasText || branch.name === 'a'
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
    if (text !== '') {
      parent.children.push(text)
      parent.hasText ||= !isBlank(text)
    }
    if (start === -1) break
    const end = html.indexOf('>', start)
    const tag = html.slice(start + 1, end)
    at = end + 1
    if (tag.startsWith('/')) {
      const closed = open.pop()
      parent = open.at(-1) ?? root
      if (closed !== undefined) close(closed, parent)
      continue
    }
    const branch = parseTag(tag)
    parent.children.push(branch)
    if (elements.get(branch.name)?.content === 'nothing') {
      close(branch, parent)
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
