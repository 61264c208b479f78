import { describe, expect, test } from 'vitest'

import { createMarkdown } from '../../src/text/markdown.ts'
import { fillFragment } from '../../src/text/text-fragment.ts'

const markdown = createMarkdown()
const size = 20_000

function repeat(piece: string): string {
  return piece.repeat(Math.ceil(size / piece.length)).slice(0, size)
}

describe('a long comment', () => {
  test('of 220,000 characters is shown whole', () => {
    const source = 'All work and no play makes Jack a dull boy.\n'.repeat(5000)
    const { html, cut } = markdown.render(source)
    expect(cut).toBe(false)
    expect(html.match(/dull boy/g)).toHaveLength(5000)
  })

  test('is cut at the end of a line, and a note says how much is left out', () => {
    const { html, cut } = createMarkdown({ maxChars: 100 }).render('0123456789abcde\n'.repeat(100))
    expect(cut).toBe(true)
    expect(html.match(/0123456789abcde/g)).toHaveLength(6)
    expect(html).toMatch(/<p class="cut">The rest of this text is left out here: 1,504 of 1,600 characters\.<\/p>\n$/)
  })

  test('of one line is cut inside it, but not inside a character', () => {
    const { html } = createMarkdown({ maxChars: 11 }).render('🦋'.repeat(100))
    expect(html).toContain(`<p>${'🦋'.repeat(5)}</p>`)
    expect(html).toContain('190 of 200 characters')
  })

  test('that just fits is not cut', () => {
    expect(createMarkdown({ maxChars: 3 }).render('abc')).toEqual({ html: '<p>abc</p>\n', cut: false })
  })

  test('cut inside a fence does not show the note as code', () => {
    const { html } = createMarkdown({ maxChars: 20 }).render(`\`\`\`\n${'abc\n'.repeat(100)}`)
    expect(html).toMatch(/<\/code><\/pre>\n<p class="cut">/)
  })
})

describe('a structure beyond the limits', () => {
  test.each([
    ['10,000 nested quotes', '>'.repeat(10_000)],
    ['nested lists', Array.from({ length: 200 }, (_, level) => `${'  '.repeat(level)}- a\n`).join('')],
    ['nested emphasis', `${'**a '.repeat(200)}${'b** '.repeat(200)}`],
    ['nested elements', '<div>'.repeat(10_000)],
    ['nested inline elements', `a ${'<b>'.repeat(10_000)}`],
    ['elements that other closing tags seem to close', '<b></i>'.repeat(200)],
    ['a long link definition used often', `[a]: http://x/${'y'.repeat(20_000)}\n\n${'[a]'.repeat(6000)}`],
    ['a long title used often', `[a]: b "${'y'.repeat(20_000)}"\n\n${'[a]'.repeat(6000)}`],
    ['a table whose missing cells would be many', `${'|a'.repeat(400)}\n${'|-'.repeat(400)}\n${'b\n'.repeat(1000)}`],
    ['more pieces than allowed', '- a\n'.repeat(20_000)],
    ['more brackets than a parser reads quickly', '!['.repeat(20_001)],
    ['more cells than a parser reads quickly', '|a'.repeat(60_001)],
    ['more lines than a parser reads quickly', 'a\n'.repeat(60_001)],
  ])('%s: the text is shown as it was written, with a note', (_what, source) => {
    const { html, cut } = markdown.render(source)
    expect(cut).toBe(false)
    expect(html).toMatch(/^<p class="cut">This text is shown as it was written/)
    const text = html.slice(html.indexOf('<pre class="plain">\n') + 20, html.lastIndexOf('</pre>'))
    expect(text.replaceAll('&lt;', '<').replaceAll('&gt;', '>')).toBe(source)
  })

  test('structure just within them is laid out', () => {
    expect(markdown.render('[a] '.repeat(20_000)).html).not.toContain('class="cut"')
    expect(markdown.render('a\n\n'.repeat(15_000)).html.match(/<p>/g)).toHaveLength(15_000)
    expect(markdown.render(`${'> '.repeat(90)}a`).html.match(/<blockquote>/g)).toHaveLength(90)
    expect(markdown.render(`<div>${'<i>'.repeat(90)}a`).html.match(/<i>/g)).toHaveLength(90)
  })

  test('plain text is escaped and its odd characters are shown', () => {
    const { html } = createMarkdown({ maxDepth: 3 }).render('> > > > <script>&\u202e')
    expect(html).toContain('&gt; &gt; &gt; &gt; &lt;script&gt;&amp;<span class="odd"')
  })
})

// Each of these took some parser minutes, gigabytes or its whole stack. Here: what comes out is in proportion.
describe('work and output stay in proportion to the source', () => {
  const withoutSpaces = [
    '[ ![ [a]( [a][b] ![[]() * *a ***a_ ~~a ` `a ``a < <a <!-- <![CDATA[ <? </a & &amp &#8238; | [a]:',
    'http:// http://a.b/ //a.b/ www. a@ <a@b.cc> http://a.b/( http://[:: \\',
    '<p> <li> <td> <table> <summary> </p> <li>a <br>',
    '\u202e \u202e\u202d a\u0301 👩‍ \u200d \0 \ud800',
  ].flatMap(line => line.split(' '))
  const withSpaces = [
    '**a ;_a ;<a ;<a x=";<b title="</b>">;<a b="<a c=\'" d="\'";<img src="http://a.b">;[a]: <;[a]: [a;www.a.b ;a@b.cc ',
    '- ;1. ;- > ;> - ;* * ;# ; ;\t;\n;\r;***\n;a\n=;```\n;|-\n;a|b\n-|-\n;[a]: b\n;[\na\n;[a]: b "\n',
  ].flatMap(line => line.split(';'))
  const sources = [...withoutSpaces, ...withSpaces].map((piece): [string, string] => [
    JSON.stringify(piece),
    repeat(piece),
  ])

  test.each([
    ...sources,
    ['a line of letters', 'a'.repeat(100_000)],
    ['a line of words', 'word '.repeat(20_000)],
    ['candidates for links', '@a #1 a/b#2 0a1b2c3 http://a.b/issues/1 '.repeat(500)],
    ['one long name of a repository', `${'a/'.repeat(10_000)}#1`],
    ['emoji', ':o:'.repeat(6000)],
    ['code of a language that takes long', `\`\`\`cs\n${'a a a a\n'.repeat(1000)}\`\`\`\n`.repeat(4)],
    ['brackets that close', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['nested links', `${'['.repeat(4000)}a${'](b)'.repeat(4000)}`],
    ['nested images', `${'!['.repeat(4000)}a${'](b)'.repeat(4000)}`],
    ['ever longer runs of backticks', Array.from({ length: 200 }, (_, index) => `${'`'.repeat(index)} a`).join('')],
    ['an element with many attributes', `<a ${'x=y '.repeat(5000)}`],
    ['many link definitions', Array.from({ length: 1000 }, (_, index) => `[a${index}]: http://b/${index}\n`).join('')],
    ['marks without end', `a${'\u0301'.repeat(size)}`],
  ])('%s, repeated', (_what, source) => {
    const { html } = markdown.render(source)
    expect(html.length).toBeLessThan(source.length * 16 + 100_000)
    // A thousand links at most, whatever they mean.
    const link = { href: `/${'a'.repeat(100)}`, title: 'b'.repeat(100), className: undefined, rel: undefined }
    const filled = fillFragment(markdown.fragment(source), () => link)
    expect(filled.html.length).toBeLessThan(source.length * 16 + 400_000)
    expect(markdown.excerpt(source, 200).length).toBeLessThanOrEqual(200)
  })
})
