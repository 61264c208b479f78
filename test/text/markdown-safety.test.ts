import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'

import fc from 'fast-check'
import { HtmlValidate } from 'html-validate'
import sanitizeHtml from 'sanitize-html'
import { describe, expect, test } from 'vitest'

import { createMarkdown } from '../../src/text/markdown.ts'

const markdown = createMarkdown()
const rel = 'nofollow noopener ugc'

// The allow-list once more, written by hand: a change in the project's own table has to be made here as well.
const lineElements = 'abbr b br cite code del dfn em i ins kbd mark q s samp small span strong sub sup u var wbr'.split(
  ' ',
)
const blockElements = 'blockquote details div dl dd dt h3 h4 h5 h6 hr li ol p pre summary ul'.split(' ')
const tableElements = 'caption table tbody td tfoot th thead tr'.split(' ')
const count = /^(?:[1-9][0-9]?|100)$/
const alignment = /^align-(?:left|center|right)$/
const attributes: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  a: {
    href: /^(?:https?:\/\/[^\s"<>]|mailto:)[^"<>]*$/,
    rel: new RegExp(`^${rel}$`),
    class: /^image$/,
    title: /^[^"<>]+$/,
    'data-image': /^https?:\/\/[^\s"<>]+$/,
  },
  abbr: { title: /^[^"<>]+$/ },
  code: { class: /^language-[a-z0-9+#._-]+$/ },
  details: { open: /^$/ },
  img: {
    src: /^https?:\/\/[^\s"<>]+$/,
    alt: /^[^"<>]*$/,
    title: /^[^"<>]+$/,
    width: /^[0-9]{1,4}$/,
    height: /^[0-9]{1,4}$/,
    loading: /^lazy$/,
    referrerpolicy: /^no-referrer$/,
  },
  li: { class: /^task-item$/ },
  ol: { start: /^-?[0-9]+$/ },
  p: { class: /^cut$/ },
  pre: { class: /^plain$/ },
  span: {
    class: /^(?:inert|image|odd|task|task task-done|h[cdiknst])$/,
    title: /^[^"<>]+$/,
    role: /^img$/,
    'aria-label': /^(?:done|to do|[a-z0-9 +-]+)$/,
  },
  td: { class: alignment, colspan: count, rowspan: count },
  th: { class: alignment, colspan: count, rowspan: count, scope: /^(?:col|row)$/ },
}
const allowed = new Set(['a', ...lineElements, ...blockElements, ...tableElements])

const tag = /<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+(?:="[^"<>]*")?)*)>/g
const attribute = / ([a-z-]+)(?:="([^"]*)")?/g

/** Loads something: only where the operator wants it. */
const loading = new Set(['img'])

/** Everything in the HTML that is not on the list; and every bracket that belongs to no tag. */
function notAllowed(html: string, mode = 'link'): string[] {
  const found: string[] = []
  for (const [whole, slash, name, list] of html.matchAll(tag)) {
    if (!allowed.has(name!) && !(mode === 'always' && loading.has(name!))) found.push(whole)
    if (mode !== 'click' && list!.includes(' data-image=')) found.push(whole)
    const written = [...list!.matchAll(attribute)]
    for (const [, key, value = ''] of written) {
      const rule = slash === '' ? attributes[name!]?.[key!] : undefined
      if (rule?.test(value) !== true) found.push(whole)
    }
    if (name === 'a' && slash === '' && !list!.includes(` rel="${rel}"`)) found.push(whole)
  }
  return [...found, ...(html.replace(tag, '').match(/[<>].{0,20}/g) ?? [])]
}

/** The same HTML as another reader of the same list writes it. */
function sanitizedAgain(html: string): string {
  const again = sanitizeHtml(html, {
    allowedTags: [...allowed, ...loading],
    allowedAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, rules]) => [name, Object.keys(rules)]),
    ),
    allowedSchemes: ['http', 'https', 'mailto'],
    selfClosing: ['br', 'hr', 'img', 'wbr'],
  })
  return again.replaceAll(' />', '>')
}

// Trailing white space is part of preformatted text. Levels of headings are the writer's.
const validator = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: { 'no-trailing-whitespace': 'off', 'heading-level': 'off' },
})

/** What a validator finds wrong when the HTML stands where a comment stands. */
function invalid(html: string): string[] {
  const report = validator.validateStringSync(`<div>\n${html}</div>\n`)
  return report.results.flatMap(result => result.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`))
}

function expectSafe(html: string, mode = 'link'): void {
  expect(notAllowed(html, mode)).toEqual([])
  expect(sanitizedAgain(html)).toBe(html)
  expect(invalid(html)).toEqual([])
}

const tags = [
  '<b> </b> <p> </p> <li> </li> <ul> </ul> </ol> <table> </table> <tr> </tr> <td> </td> <th> <thead> </thead> <tbody>',
  '<tfoot> <caption> </caption> <details> </details> <summary> </summary> </a> <dl> </dl> <dt> <dd> <hr> <br> <wbr>',
  '<h1> </h1> </h4> <pre> </pre> <code> </code> </div> <blockquote> </blockquote> <del> </del> </span> <kbd> </kbd>',
  '<li><ul> <ul><p> --> <script> </script> <style> <textarea> <title> <svg/onload=x> <math> <template> <form> <iframe>',
  '<noscript> <plaintext> <xmp> <![CDATA[ ]]> </body> </html> <frameset> <http://x.y>',
].flatMap(line => line.split(' '))
const marks = '** * _ ~~ ` `` [ ] ]( ) ![ [a] &amp; &lt; &#x202e; &nbsp; &#0; &bogus; & < > " \' "> \'> \\ a'.split(' ')
const fragments = [
  ...tags,
  ...marks,
  '<ol start=3>',
  '<a href="http://a.b/c">',
  '<a href="#x">',
  '<a name=x>',
  '<img src="http://a.b/c.png" alt="al t">',
  '<img src=x onerror=alert(1)>',
  '<h4 id=x>',
  '<div class=x onclick="z">',
  '<span style="x:y">',
  '<td align=right colspan=2 rowspan=x>',
  '<th scope=row>',
  '<abbr title="&quot;&lt;b&gt;">',
  '<a title="',
  "<b c='",
  '<!-- ',
  '<input name=q>',
  '<iframe src=javascript:x>',
  '<!DOCTYPE html>',
  '<body onload=x>',
  '<base href=x>',
  '<meta http-equiv=refresh>',
  '[x](javascript:alert(1))',
  '[x](../y)',
  '![i](data:x)',
  '[a]: http://x.y "t"\n',
  'http://e.f/g?h=1&i=2 ',
  'www.x.y ',
  'm@n.oo ',
  '|a|b|\n|-|:-:|\n|1|2|\n',
  '- [ ] ',
  '- [x] ',
  '- ',
  '1. ',
  '> ',
  '# ',
  '---\n',
  '```\n',
  '```js\n',
  '```html\n<b class="x">&amp;</b>\n```\n',
  '`:tada:` :tada:',
  ':constructor:',
  '@ada ',
  'a/b#12 ',
  ' 0a1b2c3 ',
  'https://a.b/c/issues/3#d ',
  '\u0001\u0002',
  '~~~ "\n',
  '    ',
  '\t',
  ' ',
  'word ',
  '\n',
  '\n\n',
  '\r\n',
  '\u202e',
  '\u200b',
  '\0',
  '\ud800',
  '👩‍👩‍👧',
  '\u0301'.repeat(12),
  '\n-- \nx',
  '\n\nOn 3 Nov, a wrote:\n> q\n',
]

interface GoldenBug {
  readonly title: string
  readonly comments: readonly { readonly message: string }[]
}

const goldenDirectory = process.env.GOLDEN_DIR ?? path.join(import.meta.dirname, '../../../shared/golden')
const goldenFile = path.join(goldenDirectory, 'made.json.gz')

describe('what leaves the renderer', () => {
  test('is on the allow-list and valid for any mix of nasty fragments', () => {
    const mix = fc.array(fc.constantFrom(...fragments), { maxLength: 25 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(mix, source => expectSafe(markdown.render(source).html)),
      { numRuns: 300 },
    )
  })

  test('is on the allow-list and valid for any string', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map(codes => String.fromCharCode(...codes))
    const source = fc.oneof(units, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii', maxLength: 200 }))
    fc.assert(
      fc.property(source, text => expectSafe(markdown.render(text).html)),
      { numRuns: 300 },
    )
  })

  test('is on the allow-list and valid where limits cut it', () => {
    const small = createMarkdown({ maxChars: 40, maxDepth: 4, maxTokens: 30 })
    const mix = fc.array(fc.constantFrom(...fragments), { maxLength: 15 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(mix, source => expectSafe(small.render(source).html)),
      { numRuns: 200 },
    )
  })

  test.each(['click', 'always'] as const)('is on the allow-list and valid with pictures as %s', mode => {
    const withPictures = createMarkdown({ images: mode })
    const mix = fc.array(fc.constantFrom(...fragments), { maxLength: 25 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(mix, source => expectSafe(withPictures.render(source).html, mode)),
      { numRuns: 150 },
    )
  })

  test('an excerpt is one line without hidden characters, for any mix of nasty fragments', () => {
    const mix = fc.array(fc.constantFrom(...fragments), { maxLength: 25 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(mix, fc.integer({ min: 1, max: 60 }), (source, maxChars) => {
        const line = markdown.excerpt(source, maxChars)
        expect(line.length).toBeLessThanOrEqual(maxChars)
        expect(line).not.toMatch(/[\n\r\t\0\u202e\u200b]/)
        expect(line.isWellFormed()).toBe(true)
      }),
    )
  })

  test('the check itself finds what must not be there', () => {
    for (const html of [
      '<script>',
      '<b id="x">',
      '<a href="javascript:x">',
      '<p style="x">',
      '<b onclick="x">',
      'a < b',
    ]) {
      expect(notAllowed(html)).not.toEqual([])
    }
    expect(invalid('<ul><p>a</p></ul>')).not.toEqual([])
    expect(sanitizedAgain('<b>a')).not.toBe('<b>a')
  })
})

describe.skipIf(!existsSync(goldenFile))('the tracker that was made with the real client', () => {
  const read = () => JSON.parse(gunzipSync(readFileSync(goldenFile)).toString()) as { bugs: readonly GoldenBug[] }

  test('every comment of it is safe, valid and whole', () => {
    const messages = read().bugs.flatMap(bug => bug.comments.map(comment => comment.message))
    expect(messages.length).toBeGreaterThan(300)
    for (const message of messages) {
      const { html, cut } = markdown.render(message)
      expect(cut).toBe(false)
      expectSafe(html)
    }
  })

  test('its hostile comment does nothing and loses nothing', () => {
    const message = read()
      .bugs.flatMap(bug => bug.comments)
      .find(comment => comment.message.startsWith('# Heading'))!.message
    const { html } = markdown.render(message)
    expect(html).not.toMatch(/<(?:script|img|iframe|style|form|input|svg|textarea)|<[^>]*(?: on[a-z]+=|javascript:)/)
    for (const text of ['&lt;script&gt;alert(1)', 'alert(7)', 'line one<br>\nline two', '[U+202E]', '[U+200B]']) {
      expect(html).toContain(text)
    }
  })
})
