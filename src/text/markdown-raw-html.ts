/**
 * HTML that people wrote into a comment, before the gate sees it. Bug reports are full of `<id>`, `<script>` and XML
 * that nobody meant as markup, so: tags of allowed elements stay, comments go, and everything else is shown as it was
 * written. No part of a comment disappears because an HTML parser would have swallowed it.
 *
 * Promises: in what comes out, every `<` begins a complete tag of an allowed or dropped element. This makes the text
 * readable; it is not what makes it safe, which is the gate's job. Linear time.
 */

import { escapeText } from './escape.ts'
import { droppedElements, elements, renamedElements } from './markdown-elements.ts'

/**
 * A complete tag. Two attempts that start at different places are never in the same quote at the same time, so at
 * most three of them can be under way at any place and the whole search is linear.
 */
const tagPattern =
  /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:[\s/]+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*\/?>/y

const blockStart = /^\s*<\/?([a-zA-Z][a-zA-Z0-9-]*)[\s/>]/

function isMarkup(name: string): boolean {
  return name === 'img' || elements.has(name) || renamedElements.has(name) || droppedElements.has(name)
}

/** The tag at `at`, with the name that it has in the output; undefined where there is no complete tag of ours. */
function readTag(source: string, at: number): { readonly html: string; readonly end: number } | undefined {
  tagPattern.lastIndex = at
  const match = tagPattern.exec(source)
  const written = match?.[2]?.toLowerCase()
  if (match === null || written === undefined || !isMarkup(written)) return undefined
  const name = renamedElements.get(written) ?? written
  return { html: `<${match[1] ?? ''}${name}${match[3] ?? ''}>`, end: at + match[0].length }
}

/**
 * Keeps the tags of our elements, drops comments, makes text of every other `<`.
 * @param source raw HTML as CommonMark found it: one tag, or the lines of an HTML block
 */
export function filterTags(source: string): string {
  let result = ''
  let done = 0
  let lastCommentEnd: number | undefined
  for (let at = source.indexOf('<'); at !== -1; at = source.indexOf('<', done)) {
    result += source.slice(done, at)
    if (source.startsWith('<!--', at)) {
      // The last end is looked up once: without it, each of many unclosed comments would search to the end.
      lastCommentEnd ??= source.lastIndexOf('-->')
      if (lastCommentEnd >= at + 2) {
        done = source.indexOf('-->', at + 2) + 3
        continue
      }
    }
    const tag = readTag(source, at)
    result += tag?.html ?? '&lt;'
    done = tag?.end ?? at + 1
  }
  return result + source.slice(done)
}

/**
 * An HTML block. One that begins with an element that is not ours is somebody's XML or page source: it is shown whole,
 * with its lines, as plain text.
 */
export function filterBlock(source: string): string {
  const name = blockStart.exec(source)?.[1]?.toLowerCase()
  if (name === undefined || isMarkup(name)) return filterTags(source)
  return `<pre class="plain">${escapeText(source.trimEnd())}</pre>\n`
}
