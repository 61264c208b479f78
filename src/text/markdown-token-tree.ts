/**
 * The tree of a comment straight from the parser's pieces, for comments in which nobody wrote HTML: most of them, at a
 * fifth of the time. Nothing a reader could tell apart: the tests hold it against the way through the gate, which has to
 * give the same tree for the same source.
 *
 * Promises the gate's safety by construction: an element is written only where the allow-list has it, every attribute
 * comes from the rules of `markdown-attributes.ts` or is a class of the allow-list, and text is text. It refuses
 * whatever it does not know (a comment with HTML, a kind of piece that a later parser makes) by `'html'`: the gate then
 * does it.
 */

import type { Token } from 'markdown-it'

import { escapeAttribute } from './escape.ts'
import { createTagRules, type ImageMode, type TagRule } from './markdown-attributes.ts'
import { elements } from './markdown-elements.ts'
import { filterBlock, filterTags } from './markdown-raw-html.ts'
import { addText, type Branch, closeBranch, createBranch } from './markdown-tree.ts'

/** What a tree is made of. */
export interface TokenTreeOptions {
  readonly maxDepth: number
  readonly images: ImageMode
}

/** Makes trees; `'deep'` where elements are nested deeper than allowed, `'html'` where the gate is needed. */
export type TokenTree = (tokens: readonly Token[]) => Branch | 'deep' | 'html'

/** Stops a builder; never leaves this file. */
class Refusal extends Error {
  readonly reason: 'deep' | 'html'

  constructor(reason: 'deep' | 'html') {
    super(reason)
    this.reason = reason
  }
}

/** Attributes in the gate's spelling, classes only where the allow-list has them. */
function writeAttributes(tagName: string, attribs: Readonly<Record<string, string>>): string {
  const rule = elements.get(tagName)
  let written = ''
  for (const name in attribs) {
    const value = attribs[name] ?? ''
    if (name === 'class') {
      const classes = value
        .split(/\s+/)
        .filter(one =>
          rule?.classes?.some(allowed => (typeof allowed === 'string' ? allowed === one : allowed.test(one))),
        )
      if (classes.length > 0) written += ` class="${escapeAttribute(classes.join(' '))}"`
    } else if (rule?.attributes?.includes(name)) {
      written += ` ${name}="${escapeAttribute(value)}"`
    }
  }
  return written
}

function attributesOf(token: Token): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of token.attrs ?? []) found[name] = String(value)
  return found
}

const describing: ReadonlySet<string> = new Set(['text', 'code_inline', 'html_inline', 'html_block'])

/** The text of a picture's description, which may have markup in it. */
function plainText(tokens: readonly Token[]): string {
  let text = ''
  for (const token of tokens) {
    if (token.type === 'image') text += plainText(token.children ?? [])
    else if (token.type === 'softbreak' || token.type === 'hardbreak') text += '\n'
    else if (describing.has(token.type)) text += token.content
  }
  return text
}

/** The class of a fence's language: the first word of what is said of it. */
function languageOf(info: string): Record<string, string> {
  // Escapes and entities in it are for the parser to read.
  if (/[&\\]/.test(info)) throw new Refusal('html')
  const [language = ''] = info.trim().split(/\s+/)
  return language === '' ? {} : { class: `language-${language}` }
}

class Builder {
  readonly #maxDepth: number
  readonly #rules: ReadonlyMap<string, TagRule>
  readonly root = createBranch('', '')
  readonly #open = [this.root]
  #parent = this.root
  #inLink = false

  constructor(maxDepth: number, rules: ReadonlyMap<string, TagRule>) {
    this.#maxDepth = maxDepth
    this.#rules = rules
  }

  addTokens(tokens: readonly Token[]): void {
    for (const [index, token] of tokens.entries()) this.#add(tokens, index, token)
  }

  #add(tokens: readonly Token[], index: number, token: Token): void {
    switch (token.type) {
      case 'text':
        this.#text(token.content)
        break
      case 'inline':
        this.addTokens(token.children ?? [])
        break
      case 'softbreak':
      case 'hardbreak':
        this.#void('br', {})
        this.#text('\n')
        break
      case 'code_inline':
        this.#leaf('code', {}, token.content)
        break
      case 'code_block':
        this.#code({}, token.content)
        break
      case 'fence':
        this.#code(languageOf(token.info), token.content)
        break
      case 'image':
        this.#void('img', { ...attributesOf(token), alt: plainText(token.children ?? []) })
        break
      case 'task':
        this.#void('input', attributesOf(token))
        break
      case 'html_inline':
        this.#html(filterTags(token.content))
        break
      case 'html_block':
        this.#html(filterBlock(token.content))
        break
      default:
        this.#element(tokens, index, token)
    }
  }

  #text(text: string): void {
    addText(this.#parent, text)
  }

  /** What is left of HTML once its comments are gone, where that is only text. */
  #html(filtered: string): void {
    if (/[<&]/.test(filtered)) throw new Refusal('html')
    this.#text(filtered)
  }

  #code(attributes: Readonly<Record<string, string>>, content: string): void {
    this.#start('pre', {})
    this.#leaf('code', attributes, content)
    this.#end()
    this.#text('\n')
  }

  /** An element with the line ends that the parser writes around it; they show in preformatted places. */
  #element(tokens: readonly Token[], index: number, token: Token): void {
    if (token.hidden) return
    if (token.tag === '') throw new Refusal('html')
    if (token.tag === 'a') {
      // The parser puts links into links now and then; which of them ends where is for the gate to say.
      if (this.#inLink && token.nesting === 1) throw new Refusal('html')
      this.#inLink = token.nesting === 1
    }
    const before = besideOf(tokens, index, -1)
    if (token.block && token.nesting !== -1 && before?.hidden === true && before.nesting === -1) this.#text('\n')
    if (token.nesting === 1) this.#start(token.tag, attributesOf(token))
    else if (token.nesting === -1) this.#end()
    else this.#void(token.tag, attributesOf(token))
    if (token.block && needsLineEnd(token, besideOf(tokens, index, 1))) this.#text('\n')
  }

  #start(name: string, given: Readonly<Record<string, string>>): void {
    const { tagName, attribs } = this.#rules.get(name)?.(name, given) ?? { tagName: name, attribs: {} }
    if (!elements.has(tagName)) throw new Refusal('html')
    if (this.#open.length > this.#maxDepth) throw new Refusal('deep')
    const branch = createBranch(tagName, writeAttributes(tagName, attribs))
    this.#parent.children.push(branch)
    this.#open.push(branch)
    this.#parent = branch
  }

  #end(): void {
    const closed = this.#open.pop()
    this.#parent = this.#open.at(-1) ?? this.root
    if (closed !== undefined) closeBranch(closed, this.#parent)
  }

  #leaf(name: string, given: Readonly<Record<string, string>>, text: string): void {
    this.#start(name, given)
    this.#text(text)
    this.#end()
  }

  /** An element without content, which may become one with a text of ours. */
  #void(name: string, given: Readonly<Record<string, string>>): void {
    const text = this.#rules.get(name)?.(name, given).text
    this.#leaf(name, given, text ?? '')
  }
}

/** The piece before or after, past those that stand for nothing, such as definitions of links. */
function besideOf(tokens: readonly Token[], index: number, step: 1 | -1): Token | undefined {
  let at = index + step
  while (tokens[at]?.hidden === true && tokens[at]?.nesting === 0) at += step
  return tokens[at]
}

/** Whether the parser ends the line after a tag. */
function needsLineEnd(token: Token, next: Token | undefined): boolean {
  if (token.nesting !== 1 || next === undefined) return true
  if (next.type === 'inline' || next.hidden) return false
  return !(next.nesting === -1 && next.tag === token.tag)
}

/** Builds the maker of trees. */
export function createTokenTree({ maxDepth, images }: TokenTreeOptions): TokenTree {
  const rules = createTagRules(images)
  return tokens => {
    const builder = new Builder(maxDepth, rules)
    try {
      builder.addTokens(tokens)
      return builder.root
    } catch (error) {
      if (error instanceof Refusal) return error.reason
      throw error
    }
  }
}
