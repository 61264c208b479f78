import { createRequire } from 'node:module'
import fc from 'fast-check'
import type { HLJSApi } from 'highlight.js'
import { describe, expect, test } from 'vitest'

import { createHighlighter } from '../../src/text/highlighter.ts'
import { createMarkdown } from '../../src/text/markdown.ts'

const highlight = createHighlighter()
const languages = (createRequire(import.meta.url)('highlight.js/lib/common') as HLJSApi).listLanguages()
const markdown = createMarkdown()

describe('code', () => {
  test('of a language that was named is coloured', () => {
    expect(markdown.render('```js\nconst a = "<b>" // c\n```').html).toBe(
      '<pre><code class="language-js"><span class="hk">const</span> a = <span class="hs">"&lt;b&gt;"</span> <span class="hc">// c</span>\n</code></pre>\n',
    )
  })

  test('is found by other names of its language', () => {
    for (const name of ['js', 'JavaScript', 'sh', 'py', 'yml', 'golang', 'c++', 'rs', 'html', 'diff', 'patch'])
      expect(highlight('x = 1 # "a"\n', name), name).toBeDefined()
  })

  test('of an HTML comment is coloured as that of a fence', () => {
    expect(markdown.render('<div>\n<pre><code class="language-py">def</code></pre>\n</div>').html).toContain(
      '<pre><code class="language-py"><span class="hk">def</span></code></pre>',
    )
  })

  test.each([
    ['without a language', '```\nconst a\n```'],
    ['of an unknown language', '```klingon\nconst a\n```'],
    ['in a line', '`const a`'],
    ['that is indented', '    const a'],
  ])('%s stays plain: nothing is guessed', (_what, source) => {
    expect(markdown.render(source).html).not.toContain('<span')
  })

  test('with other elements in it stays as it is', () => {
    expect(markdown.render('<pre><code class="language-js">const <b>a</b></code></pre>').html).toContain(
      '>const <b>a</b></code>',
    )
  })

  test('shows its odd characters', () => {
    expect(markdown.render('```js\n"a\u202eb"\n```').html).toContain('title="U+202E right-to-left override"')
  })
})

describe('what the highlighter may do', () => {
  test('the pieces are the code, in every language and for any text', () => {
    const parts = fc.constantFrom(
      ...'a 1 " \' ` / * { } ( ) [ ] < > & ; : # @ $ \\ = - + . , \n'.split(' '),
      '<b>',
      '&amp;',
      '🦋',
    )
    const texts = fc.oneof(
      fc.array(parts, { maxLength: 40 }).map(list => list.join('')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...languages), texts, (language, code) => {
        const pieces = highlight(code, language) ?? [{ text: code, kind: undefined }]
        expect(pieces.map(({ text }) => text).join('')).toBe(code)
        for (const { kind } of pieces) expect(kind ?? 'hk').toMatch(/^h[cdiknst]$/)
      }),
      { numRuns: 500 },
    )
  })

  test('long blocks and long lines stay plain', () => {
    const line = `${'a'.repeat(99)}\n`
    expect(highlight(line.repeat(61), 'js')).toBeDefined()
    expect(highlight(line.repeat(62), 'js')).toBeUndefined()
    expect(highlight('a'.repeat(300), 'js')).toBeDefined()
    expect(highlight('a'.repeat(301), 'js')).toBeUndefined()
  })

  test('more code in one comment than is coloured stays plain from there on', () => {
    const block = `\`\`\`js\n${'if (a) b()\n'.repeat(500)}\`\`\`\n\n`
    const { html } = markdown.render(block.repeat(5))
    expect(
      html
        .split('<pre>')
        .slice(1)
        .map(part => part.includes('class="hk"')),
    ).toEqual([true, true, false, false, false])
  })
})
