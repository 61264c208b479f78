/**
 * A small, strict reader of XML for tests: refuses what is not well-formed (XML 1.0), instead of mending it as HTML
 * parsers do. Elements, attributes, text and the five named entities; no DTD, no comments, no CDATA.
 */

export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** The element's own text, without that of its children. */
  readonly text: string
}

interface Building {
  name: string
  attributes: Map<string, string>
  children: XmlElement[]
  text: string
}

const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
const pieces = /<\?xml [^?]*\?>|<(\/?)([A-Za-z][\w:.-]*)((?:\s+[A-Za-z][\w:.-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
const attribute = /([A-Za-z][\w:.-]*)="([^"<]*)"/g
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** The root element. @throws Error that says what is wrong and where */
export function parseXml(source: string): XmlElement {
  const odd = notXml.exec(source)
  if (odd) throw new Error(`no character of XML at ${odd.index}`)
  const root: Building = { name: '', attributes: new Map(), children: [], text: '' }
  const open: Building[] = [root]
  pieces.lastIndex = 0
  while (pieces.lastIndex < source.length) {
    const at = pieces.lastIndex
    const piece = pieces.exec(source)
    if (piece === null) throw new Error(`not well-formed at ${at}: ${source.slice(at, at + 60)}`)
    const [, end, name, attributes = '', empty, text] = piece
    const top = open.at(-1)!
    if (text !== undefined) {
      if (top === root && text.trim() !== '') throw new Error(`text outside the root at ${at}`)
      top.text += decode(text)
    } else if (end === '/') {
      if (top.name !== name) throw new Error(`</${name}> closes <${top.name}> at ${at}`)
      open.pop()
    } else if (name !== undefined) {
      const element: Building = { name, attributes: readAttributes(attributes), children: [], text: '' }
      top.children.push(element)
      if (empty === '') open.push(element)
    }
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)!.name}> is never closed`)
  if (root.children.length !== 1) throw new Error(`${root.children.length} roots`)
  return root.children[0]!
}

/** The child elements of that name. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter(child => child.name === name)
}

/** The text of the first child of that name. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return childrenOf(element, name)[0]?.text
}

function readAttributes(source: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, name, value] of source.matchAll(attribute)) {
    if (found.has(name!)) throw new Error(`attribute ${name} twice`)
    found.set(name!, decode(value!))
  }
  return found
}

function decode(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (all, name: string, end: string) => {
    const character = entities[name]
    if (end === '' || character === undefined) throw new Error(`unknown entity ${all.slice(0, 20)}`)
    return character
  })
}
