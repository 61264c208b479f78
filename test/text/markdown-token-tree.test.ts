import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { ImageMode } from '../../src/text/markdown-attributes.ts'
import { createGate } from '../../src/text/markdown-gate.ts'
import { createMarkdownParser } from '../../src/text/markdown-parser.ts'
import { createTokenTree } from '../../src/text/markdown-token-tree.ts'
import { parseTree } from '../../src/text/markdown-tree.ts'

function createWays(maxDepth: number, images: ImageMode) {
  const parser = createMarkdownParser({ maxDepth, maxTokens: 100_000 })
  const gate = createGate({ maxDepth, images })
  const tree = createTokenTree({ maxDepth, images })
  return {
    /** The short way: the tree, or why there is none. */
    short(source: string) {
      const parsed = parser.parse(source)
      return parsed === undefined ? 'unparsed' : tree(parsed.tokens)
    },
    /** The way through the gate. */
    long(source: string) {
      const parsed = parser.parse(source)
      if (parsed === undefined) return 'unparsed'
      const safe = gate.sanitize(parsed.toHtml())
      return safe === undefined ? 'deep' : parseTree(safe)
    },
  }
}

const fragments = [
  ...'** * _ ~~ ` `` [ ] ]( ) ![ [a] &amp; &lt; &#x202e; &nbsp; &#0; &bogus; & < > " \' \\ a | - = # : @ + 1.'.split(
    ' ',
  ),
  '[x](javascript:alert(1))',
  '[x](../y "t&quot;<")',
  '[x](http://a.b/c?d=e&f="g" "t")',
  '[](http://a.b/c)',
  '![i](data:x)',
  '![i *j* `k`\nl](http://a.b/c.png "t")',
  '[![i](http://a.b/c.png)](http://d.e/)',
  '[a]: http://x.y "t"\n',
  '[a]: <mailto:x@y.z>\n',
  'http://e.f/g?h=1&i=2 ',
  'www.x.y ',
  'm@n.oo ',
  '<http://x.y>',
  '<!-- a -->',
  '\n<!-- a\n\nb -->\n',
  '|a|b|\n|-|:-:|\n|1|2|\n',
  '|a|\n|--:|\n|`x`|**y**|\n',
  '- [ ] ',
  '- [x] ',
  '- ',
  '7. ',
  '> ',
  '# ',
  '---\n',
  '===\n',
  '```\n',
  '```js a\n',
  '```&#106;s\n',
  '~~~ "\n',
  '    ',
  '\t',
  ' ',
  '  ',
  'word ',
  '\n',
  '\n\n',
  '  \n',
  '\\\n',
  '\r\n',
  '\u202e',
  '\u00a0',
  '\0',
  '👩‍👩‍👧',
]
/** Ends of mails. */
const tails = ['', '', '\n-- \nx', '\n\nOn 3 Nov, a wrote:\n> q\n> - r', '\nOn 3 Nov, a wrote:\n\n> q\n\n-- \nx']
const mixes = fc
  .tuple(fc.array(fc.constantFrom(...fragments), { maxLength: 30 }), fc.constantFrom(...tails))
  .map(([parts, tail]) => `${parts.join('')}${tail}`)

describe('the short way from the parser to the tree', () => {
  test.each<[number, ImageMode]>([
    [100, 'link'],
    [100, 'click'],
    [100, 'always'],
    [4, 'link'],
  ])(
    'gives the tree that the gate would let out (depth %i, images as %s), or leaves it to the gate',
    (depth, images) => {
      const ways = createWays(depth, images)
      let taken = 0
      fc.assert(
        fc.property(mixes, source => {
          const short = ways.short(source)
          if (short === 'html') return
          taken++
          expect(short).toEqual(ways.long(source))
        }),
        { numRuns: 1500 },
      )
      expect(taken).toBeGreaterThan(500)
    },
  )

  test('counts depth as the gate does', () => {
    const ways = createWays(4, 'link')
    for (const source of ['> **_a `b`_**', '> **_a\n> b_**', '> **_![](http://b.c/d)_**']) {
      expect(ways.long(source)).toBe('deep')
      expect(ways.short(source)).toBe('deep')
    }
    expect(ways.short('> **_a_**')).toEqual(ways.long('> **_a_**'))
    expect(ways.short('> **_a_**')).toHaveProperty('children')
  })

  test('gives the same tree for any string', () => {
    const ways = createWays(100, 'link')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const source = text.toWellFormed()
        const short = ways.short(source)
        expect(short === 'html' ? ways.long(source) : short).toEqual(ways.long(source))
      }),
    )
  })

  test('is taken for comments of HTML, of which nothing is left', () => {
    expect(createWays(100, 'link').short('<!-- steps -->\n\na <!-- b --> c')).not.toBe('html')
  })

  test.each(['a <b>b</b>', '<details>a</details>', 'a &lt; <id>', '[[a]: <mailto:x@y.z>\n\\[x](http://a.b/)'])(
    '%s goes through the gate',
    source => {
      expect(createWays(100, 'link').short(source)).toBe('html')
    },
  )
})
