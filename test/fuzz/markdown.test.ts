/**
 * Comments of any kind, rendered, and then read by a parser that had no part in it (htmlparser2): whatever was written,
 * only elements, attributes and schemes of the list below come out. The list is not the product's own.
 */
import fc from 'fast-check'
import { Parser } from 'htmlparser2'
import { describe, expect, test } from 'vitest'
import { createMarkdown } from '../../src/text/markdown.ts'
import { fillFragment } from '../../src/text/text-fragment.ts'
import { processorMs } from '../support/processor-time.ts'
import { runs } from './runs.ts'

const elements = new Set(
  (
    'a abbr b blockquote br caption cite code dd del details dfn div dl dt em h3 h4 h5 h6 hr i ins kbd li mark ol p ' +
    'pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var wbr'
  ).split(' '),
)
const attributesOf: Readonly<Record<string, string>> = {
  a: 'href rel class title',
  abbr: 'title',
  details: 'open',
  ol: 'start',
  span: 'title role aria-label',
  td: 'colspan rowspan',
  th: 'colspan rowspan scope',
}
const schemes = new Set(['http:', 'https:', 'mailto:'])
/** Names of classes that the product gives; a writer of a comment has no say in it. */
const classes =
  /^(?:image|plain|cut|inert|odd|task|task-done|task-item|h[cdiknst]|align-(?:left|center|right)|language-[a-z0-9+#._-]+)$/

/** What a reader finds in the HTML that is not on the list. */
function foreign(html: string): string[] {
  const found: string[] = []
  const open: string[] = []
  const parser = new Parser({
    onopentag(name, attributes) {
      open.push(name)
      if (!elements.has(name)) found.push(`<${name}>`)
      const known = (attributesOf[name] ?? '').split(' ')
      for (const [key, value] of Object.entries(attributes)) {
        const isKnown = key === 'class' ? value.split(' ').every(one => classes.test(one)) : known.includes(key)
        if (!isKnown) found.push(`<${name} ${key}=${value}>`)
      }
      const { href } = attributes
      // As a browser on this site reads it, so that nothing depends on how it is spelled.
      const url = href === undefined ? undefined : URL.parse(href, 'javascript:relative')
      if (href !== undefined && !schemes.has(url?.protocol ?? '')) found.push(`<a href=${href}>`)
    },
    onclosetag: (name, isImplied) => {
      if (isImplied && !['br', 'hr', 'wbr'].includes(name)) found.push(`unclosed ${name}`)
      if (open.pop() !== name) found.push(`crossed ${name}`)
    },
    oncomment: text => found.push(`comment ${text}`),
    onprocessinginstruction: name => found.push(`instruction ${name}`),
    oncdatastart: () => found.push('cdata'),
  })
  parser.end(html)
  return found
}

const markdown = createMarkdown()

function expectClean(source: string): void {
  const { html } = markdown.render(source)
  expect(foreign(html), source).toEqual([])
  // A link that is filled in later comes with words of the repository, which are no safer.
  const link = { href: `/x/-/bugs?q="'<>&`, title: `"><script>alert(1)</script>`, className: 'image', rel: undefined }
  const filled = fillFragment(markdown.fragment(source), () => link).html
  expect(foreign(filled).filter(one => !one.startsWith('<a href=/x/-/bugs?q="\'<>&>'))).toEqual([])
}

/** Ways to run a script, of which each place may be broken up. */
const vectors = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg><style><img src=x onerror=alert(1)></style>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="jav&#x09;ascript:alert(1)">x</a>',
  '<a href=" &#14; javascript:alert(1)">x</a>',
  '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
  '<a href="vbscript:x" onclick=alert(1)>x</a>',
  '<a href="//evil.example" target=_top>x</a>',
  '<a href="http://a\n.b" style="x">x</a>',
  '<details open ontoggle=alert(1)><summary>x</summary></details>',
  '<input autofocus onfocus=alert(1)>',
  '<form action=javascript:alert(1)><button>x</button></form>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="data:text/html,x"></object>',
  '<base href="//evil.example/">',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '<style>@import "//evil.example";</style>',
  '<link rel=stylesheet href=//evil.example>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<textarea><img title="</textarea><img src=x onerror=alert(1)>">',
  '<b title="`onmouseover=alert(1) x=`">x</b>',
  '<abbr title="&quot; onclick=alert(1) x=&quot;">x</abbr>',
  '[x](javascript:alert(1))',
  '[x](<javascript:alert(1)>)',
  '[x](javascript&colon;alert(1))',
  '[x](JaVaScRiPt:alert(1) "t")',
  '[x][r]\n\n[r]: javascript:alert(1)',
  '![x](javascript:alert(1))',
  '![x"onerror="alert(1)](http://a.b/c.png "t\\" onload=\\"x")',
  '<javascript:alert(1)>',
  '[a](http://x/"onclick="alert(1))',
  '[`<b>`](http://a.b/`c`)',
  '`` ` `` ```<script>```',
  '```"><script>alert(1)</script>\nx\n```',
  '``` js onload=alert(1) class="x"\nx\n```',
  '<!-- --!><img src=x onerror=alert(1)> -->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
  '</p></div></article></body><script>alert(1)</script>',
  '<p id=x name=y class="btn primary">x</p>',
  '<div is=x-y data-src=z aria-label="x" role=button tabindex=0 contenteditable>x</div>',
  '<table background=x><tr><td onclick=x colspan=999999999 rowspan=-1>x',
]
const tricks = [
  ...'< > " \' ` = / \\ & ; : # ( ) [ ] ! * _ ~ | - + . @ 0 a <!-- --> <![CDATA[ ]]> &#60; &lt; &lt &#x3c; &#0; &#x110000; &NewLine; &Tab; &colon;'.split(
    ' ',
  ),
  '\0',
  '\t',
  '\n',
  '\n\n',
  '\r',
  '\f',
  '\v',
  ' ',
  '\u00a0',
  '\u00ad',
  '\u200b',
  '\u200d',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\u0301',
  '\ud800',
  '\udc00',
  '🐞',
  'ſ',
  'K',
  'İ',
  '＜',
  '\u0001',
  '\u0002',
  '</',
  '/>',
  '\n> ',
  '\n- ',
  '\n    ',
  '\n```\n',
  '\n|a|\n|-|\n|',
  '\n\n[r]: ',
]
const trick = fc.constantFrom(...tricks)
const change = fc.record({ at: fc.nat(300), remove: fc.nat(4), put: trick })

function mutate(text: string, changes: readonly { at: number; remove: number; put: string }[]): string {
  return changes.reduce((now, { at, remove, put }) => {
    const place = at % (now.length + 1)
    return now.slice(0, place) + put + now.slice(place + remove)
  }, text)
}

const vector = fc
  .tuple(fc.constantFrom(...vectors), fc.array(change, { maxLength: 4 }))
  .map(([one, all]) => mutate(one, all))
const tagName = fc.oneof(
  fc.constantFrom(...elements),
  fc.constantFrom('script', 'img', 'svg', 'style', 'title', 'x-y', 'frameset'),
)
const attribute = fc
  .tuple(
    fc.constantFrom(
      'href',
      'src',
      'onclick',
      'style',
      'id',
      'class',
      'title',
      'srcset',
      'xlink:href',
      'formaction',
      'start',
      'open',
    ),
    fc.constantFrom('=', '="', "='", ' = ', ''),
    fc.oneof(vector, trick, fc.webUrl()),
  )
  .map(([name, sign, value]) => ` ${name}${sign}${value}${sign.includes('"') ? '"' : sign.includes("'") ? "'" : ''}`)
const { soup } = fc.letrec<{ soup: string }>(again => ({
  soup: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.oneof(trick, vector, fc.lorem({ maxCount: 3 })),
    fc
      .tuple(
        tagName,
        fc.array(attribute, { maxLength: 3 }),
        fc.array(again('soup'), { maxLength: 3 }),
        fc.constantFrom('', '', '>', 'x'),
      )
      .map(([name, list, inside, end]) => `<${name}${list.join('')}>${inside.join('')}</${name}${end}>`),
    fc
      .tuple(
        fc.constantFrom('**', '*', '~~', '`', '[', '![', '\n> ', '\n1. ', '\n# ', '\n```\n', '|'),
        fc.array(again('soup'), { maxLength: 3 }),
      )
      .map(
        ([mark, inside]) =>
          `${mark}${inside.join(' ')}${mark.startsWith('[') || mark === '![' ? '](http://a.b)' : mark}`,
      ),
  ),
}))

describe('what comes of a comment is on the list', () => {
  test('for every vector, as it is', () => {
    for (const one of vectors) expectClean(one)
  })

  test('for vectors that were changed, alone and inside one another', () => {
    const any = fc.array(fc.oneof(vector, trick), { minLength: 1, maxLength: 6 }).map(all => all.join(''))
    fc.assert(fc.property(any, expectClean), { numRuns: runs(1500) })
  })

  test('for elements and marks in any order, closed or not', () => {
    const any = fc.array(soup, { minLength: 1, maxLength: 5 }).map(all => all.join(''))
    fc.assert(fc.property(any, expectClean), { numRuns: runs(1000) })
  })

  test('and the reader of this test finds what is not', () => {
    const bad = [
      '<script>',
      '<a href="/x">x</a>',
      '<a href="java\tscript:x">x</a>',
      '<b onclick="">x</b>',
      '<b>',
      '<!-- -->',
      '<p class="x">x</p>',
    ]
    for (const html of bad) expect([html, foreign(html)]).toEqual([html, expect.arrayContaining([expect.any(String)])])
  })
})

describe('what a comment costs', () => {
  const size = 256 * 1024
  const block = fc.constantFrom(
    '> ',
    '> > ',
    '- ',
    '1. ',
    '# ',
    '    ',
    '\n',
    '\n\n',
    '\n\t',
    '\n```\n',
    '\n---\n',
    '\n===\n',
    '|a|',
    '\n|-|-|\n',
    '[a]: b',
    '<p>\n',
  )
  const piece = fc
    .array(fc.oneof(trick, block, block, fc.constantFrom(...vectors)), { minLength: 1, maxLength: 4 })
    .map(all => all.join(''))
  /** One piece again and again; many of one and then one of another; more of it every time; all of one, all of another. */
  const shape = fc.constantFrom<(a: string, b: string, chars: number) => string>(
    (a, _b, chars) => a.repeat(Math.ceil(chars / a.length)),
    (a, b, chars) => `${a.repeat(30)}${b}\n`.repeat(Math.ceil(chars / (a.length * 30 + b.length + 1))),
    (a, b, chars) => {
      const rounds = Math.ceil(Math.sqrt((2 * chars) / a.length))
      return Array.from({ length: rounds }, (_, n) => a.repeat(n) + b).join('')
    },
    (a, b, chars) => a.repeat(Math.ceil(chars / 2 / a.length)) + b.repeat(Math.ceil(chars / 2 / b.length)),
  )

  test('grows about linearly, whatever pieces are repeated in whatever way', () => {
    const costs: { ms: number; a: string; b: string; make: (a: string, b: string, chars: number) => string }[] = []
    fc.assert(
      fc.property(piece, piece, shape, (a, b, make) => {
        const source = make(a, b, size / 16).slice(0, size / 16)
        costs.push({ ms: processorMs(() => markdown.render(source)), a, b, make })
      }),
      { numRuns: runs(120) },
    )
    // The dearest of them at the largest size that is laid out. What grew with the square would take half a minute.
    for (const { a, b, make } of costs.toSorted((x, y) => y.ms - x.ms).slice(0, 3)) {
      const source = make(a, b, size).slice(0, size)
      expect([a, b, processorMs(() => markdown.render(source))]).toEqual([a, b, expect.toSatisfy(ms => ms < 3000)])
    }
  })
})
