/**
 * The allow-list: every element that may appear in a rendered comment, with its attributes, its classes and what may
 * stand in it. Nothing else leaves. There are no ids, names, styles or event handlers in it, and no element that
 * submits or plays anything; one that loads something (`img`) is only written where the operator wants it.
 *
 * Reader, gate and arranger of `markdown.ts` all work from this one table. What is written after them, into text that
 * is safe by then (marks of odd characters, colours of code, emoji, local links), is not in it.
 */

/**
 * What an element holds.
 * - `nothing`: a void element
 * - `line`: text and inline elements
 * - `parent`: whatever its parent holds (the standard's "transparent")
 * - `flow`: blocks and text
 * - `items`, `terms`, `table`, `rows`, `cells`, `disclosure`: only parts of its own kind
 */
type Content = 'nothing' | 'line' | 'parent' | 'flow' | 'items' | 'terms' | 'table' | 'rows' | 'cells' | 'disclosure'

/** Where an element may stand: in a line, among blocks, or only inside the structure that it is a part of. */
type Place = 'line' | 'block' | 'part'

export interface ElementRule {
  readonly place: Place
  readonly content: Content
  readonly attributes?: readonly string[]
  readonly classes?: readonly (string | RegExp)[]
}

const inline: ElementRule = { place: 'line', content: 'line' }
const heading: ElementRule = { place: 'block', content: 'line' }
const section: ElementRule = { place: 'part', content: 'rows' }
const alignments = ['align-left', 'align-center', 'align-right']

/** The allow-list by element name. */
export const elements: ReadonlyMap<string, ElementRule> = new Map<string, ElementRule>([
  ['a', { place: 'line', content: 'parent', attributes: ['href', 'rel', 'title', 'data-image'], classes: ['image'] }],
  ['abbr', { place: 'line', content: 'line', attributes: ['title'] }],
  ['b', inline],
  ['blockquote', { place: 'block', content: 'flow' }],
  ['br', { place: 'line', content: 'nothing' }],
  ['caption', { place: 'part', content: 'line' }],
  ['cite', inline],
  ['code', { place: 'line', content: 'line', classes: [/^language-[a-z0-9+#._-]{1,32}$/] }],
  ['dd', { place: 'part', content: 'flow' }],
  ['del', { place: 'line', content: 'parent' }],
  ['details', { place: 'block', content: 'disclosure', attributes: ['open'] }],
  ['dfn', inline],
  ['div', { place: 'block', content: 'flow' }],
  ['dl', { place: 'block', content: 'terms' }],
  ['dt', { place: 'part', content: 'line' }],
  ['em', inline],
  ['h3', heading],
  ['h4', heading],
  ['h5', heading],
  ['h6', heading],
  ['hr', { place: 'block', content: 'nothing' }],
  ['i', inline],
  [
    'img',
    {
      place: 'line',
      content: 'nothing',
      attributes: ['src', 'alt', 'title', 'width', 'height', 'loading', 'referrerpolicy'],
    },
  ],
  ['ins', { place: 'line', content: 'parent' }],
  ['kbd', inline],
  ['li', { place: 'part', content: 'flow', classes: ['task-item'] }],
  ['mark', inline],
  ['ol', { place: 'block', content: 'items', attributes: ['start'] }],
  ['p', { place: 'block', content: 'line', classes: ['cut'] }],
  ['pre', { place: 'block', content: 'line', classes: ['plain'] }],
  ['q', inline],
  ['s', inline],
  ['samp', inline],
  ['small', inline],
  [
    'span',
    {
      place: 'line',
      content: 'line',
      attributes: ['title', 'role', 'aria-label'],
      classes: ['inert', 'image', 'task', 'task-done'],
    },
  ],
  ['strong', inline],
  ['sub', inline],
  ['summary', { place: 'part', content: 'line' }],
  ['sup', inline],
  ['table', { place: 'block', content: 'table' }],
  ['tbody', section],
  ['td', { place: 'part', content: 'flow', attributes: ['colspan', 'rowspan'], classes: alignments }],
  ['tfoot', section],
  ['th', { place: 'part', content: 'line', attributes: ['colspan', 'rowspan', 'scope'], classes: alignments }],
  ['thead', section],
  ['tr', { place: 'part', content: 'cells' }],
  ['u', inline],
  ['ul', { place: 'block', content: 'items' }],
  ['var', inline],
  ['wbr', { place: 'line', content: 'nothing' }],
])

/**
 * Elements that comments may use under another name: obsolete ones, and headings, which step back behind the page's
 * own: a comment's `# x` is an `h3`.
 */
export const renamedElements: ReadonlyMap<string, string> = new Map([
  ['h1', 'h3'],
  ['h2', 'h4'],
  ['h3', 'h5'],
  ['h4', 'h6'],
  ['h5', 'h6'],
  ['h6', 'h6'],
  ['strike', 's'],
  ['tt', 'code'],
])

/**
 * Elements whose tags go and whose content stays: they say only how things look or are grouped. The tags of all
 * others that are not allowed are shown as text.
 */
export const droppedElements: ReadonlySet<string> = new Set([
  'article',
  'big',
  'center',
  'figcaption',
  'figure',
  'font',
  'picture',
  'rp',
  'rt',
  'ruby',
  'section',
  'source',
  'time',
])
