/**
 * The one place where HTML that people wrote becomes safe. Only elements, attributes and classes of the allow-list in
 * `markdown-elements.ts` get out, and what they say is decided by the rules of `markdown-attributes.ts`.
 */

import sanitizeHtml from 'sanitize-html'

import { createTagRules, type ImageMode } from './markdown-attributes.ts'
import { elements } from './markdown-elements.ts'

function gateOptions(images: ImageMode): sanitizeHtml.IOptions {
  const entries = [...elements]
  return {
    allowedTags: entries.map(([name]) => name),
    allowedAttributes: Object.fromEntries(entries.map(([name, rule]) => [name, [...(rule.attributes ?? [])]])),
    allowedClasses: Object.fromEntries(entries.map(([name, rule]) => [name, [...(rule.classes ?? [])]])),
    allowedSchemes: ['http', 'https', 'mailto'],
    allowProtocolRelative: false,
    disallowedTagsMode: 'discard',
    selfClosing: ['br', 'hr', 'img', 'wbr'],
    parseStyleAttributes: false,
    transformTags: Object.fromEntries(createTagRules(images)),
  }
}

/** Stops the sanitizer; never leaves this file. */
class TooDeep extends Error {}

/** Makes HTML safe. */
export interface Gate {
  /**
   * Balanced HTML of allow-listed elements only, in the spelling of `sanitize-html`: `<br />`, and `&amp;`, `&lt;`,
   * `&gt;`, `&quot;` as the only entities.
   * @param html anything at all
   * @returns undefined where elements are nested deeper than allowed, in what comes in or in what would go out
   */
  sanitize(html: string): string | undefined
}

export interface GateOptions {
  /** Levels of elements inside one another; the parser's work grows with the square of its depth. */
  readonly maxDepth: number
  readonly images: ImageMode
}

/** Builds the gate. */
export function createGate({ maxDepth, images }: GateOptions): Gate {
  const options = gateOptions(images)
  return {
    sanitize(html) {
      let depth = 0
      const onOpenTag = () => {
        depth++
        if (depth > maxDepth) throw new TooDeep()
      }
      const onCloseTag = () => {
        depth--
      }
      try {
        return sanitizeHtml(html, { ...options, onOpenTag, onCloseTag })
      } catch (error) {
        if (error instanceof TooDeep) return undefined
        throw error
      }
    },
  }
}
