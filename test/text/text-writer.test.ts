import { describe, expect, test } from 'vitest'

import { createMarkdown } from '../../src/text/markdown.ts'
import { fillFragment } from '../../src/text/text-fragment.ts'
import { createWordLinks } from '../../src/text/word-links.ts'

const markdown = createMarkdown()
const tada = '<span role="img" aria-label="tada" title=":tada:">🎉</span>'

function html(source: string): string {
  return markdown.render(source).html.trim()
}

/** What may become a link once the state is known. */
function candidates(source: string): string[] {
  const asked: string[] = []
  fillFragment(markdown.fragment(source), candidate => {
    asked.push(candidate)
    return undefined
  })
  return asked
}

describe('emoji codes', () => {
  test.each([
    [':tada:', tada],
    ['(:tada:)', `(${tada})`],
    [':tada::tada:', `${tada}${tada}`],
    ['**:tada:** done', `<strong>${tada}</strong> done`],
    [':+1:', '<span role="img" aria-label="+1" title=":+1:">👍</span>'],
    [':heavy_check_mark:', '<span role="img" aria-label="heavy check mark" title=":heavy_check_mark:">✔️</span>'],
  ])('%s is the character, with its name', (source, expected) => {
    expect(html(source)).toBe(`<p>${expected}</p>`)
  })

  test.each([
    ':nothing-of-the-kind:',
    ':constructor:',
    ':__proto__:',
    'at 10:100:20',
    'std::tada::x',
    'a:tada:',
    ':tada:s',
    ': tada :',
  ])('%s stays text', source => {
    expect(html(source)).toBe(`<p>${source}</p>`.replace('__proto__', '<strong>proto</strong>'))
  })

  test('in code they are what was written', () => {
    expect(html('`:tada:` <kbd>:tada:</kbd>')).toBe('<p><code>:tada:</code> <kbd>:tada:</kbd></p>')
    expect(html('```\n:tada:\n```')).toBe('<pre><code>:tada:\n</code></pre>')
  })

  test('a thousand of one comment have a name, and the others are only the character', () => {
    const shown = html(':tada: '.repeat(1100))
    expect(shown.match(/role="img"/g)).toHaveLength(1000)
    expect(shown.match(/🎉/g)).toHaveLength(1100)
  })
})

describe('what may become a link', () => {
  test.each([
    ['fixed by 3f2a1b9.', ['3f2a1b9']],
    ['3f2a1b9..0a1b2c3d', ['3f2a1b9', '0a1b2c3d']],
    ['a/b@3f2a1b9c', ['3f2a1b9c']],
    [`${'0123456789abcdef'.repeat(4)}`, ['0123456789abcdef'.repeat(4)]],
    ['see #12, (#13) and git-bug/git-bug#14', ['#12', '#13', 'git-bug/git-bug#14']],
    ['group/sub/tool#3', ['group/sub/tool#3']],
    ['cc @ada-m, @tomas.', ['@ada-m', '@tomas']],
    ['@Zoë', ['@Zoë']],
    ['# @ada\n\n- #1\n\n> 3f2a1b9', ['@ada', '#1', '3f2a1b9']],
  ])('%s', (source, expected) => {
    expect(candidates(source)).toEqual(expected)
  })

  test.each([
    ['digits that are part of a word', 'x3f2a1b9 3f2a1b9g 3f2a1b'],
    ['more digits than an id has', 'a'.repeat(65)],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['names of files and parts of paths', 'main.3f2a1b9c.js a/3f2a1b9 3f2a1b9c.css'],
    ['an address of mail', 'user@ada.example'],
    ['a package or a path', '/@ada/x a/@scope'],
    ['a number behind a word', 'C#7 abc#12 a#12 &#12;'],
    ['half a name of a repository', '/b#12 a/#12'],
    ['code', '`3f2a1b9 #12 @ada`\n\n    #12\n\n```\n@ada\n```\n\n<kbd>#1</kbd>'],
    ['the text of a link', '[#12 @ada 3f2a1b9](https://a.b/) <a href="http://c.d/">#12</a>'],
  ])('not %s', (_what, source) => {
    expect(candidates(source)).toEqual([])
  })

  test('links to numbered pages, whole', () => {
    expect(candidates('https://a.b/o/r/issues/12 [x](http://a.b/show?id=3#c4) https://a.b/about')).toEqual([
      'https://a.b/o/r/issues/12',
      'http://a.b/show?id=3#c4',
    ])
    expect(candidates('![x](https://a.b/i/12)')).toEqual([])
  })

  test('hidden letters are shown, and no part of a name', () => {
    expect(candidates('@a\u3164b')).toEqual([])
    expect(html('@a\u3164b')).toContain('[U+3164]')
  })

  test('nobody can write the marks themselves', () => {
    const source = 'a \u0001<b>\u0002 <abbr title="\u0001x\u0002">y</abbr> [z](http://a.b/\u0001 "\u0002")\n\n`\u0001`'
    expect(candidates(source)).toEqual([])
    expect(html(source)).not.toContain('\u0001')
    expect(html(source)).not.toContain('\u0002')
  })

  test('a thousand places of one comment, and no more', () => {
    expect(candidates('@a '.repeat(5000))).toHaveLength(1000)
  })

  test('a comment that is too deep has none', () => {
    expect(candidates(`${'> '.repeat(200)}#12`)).toEqual([])
  })
})

describe("the operator's links", () => {
  const wordLinks = createWordLinks([
    { pattern: 'TICKET-(\\d+)', url: 'https://tickets.example.org/{1}?q={0}' },
    { pattern: '!([^ ]+)', url: 'https://merge.example.org/{1}' },
    { pattern: 'T.*', url: 'https://never.example.org/' },
  ])
  const rel = 'rel="nofollow noopener ugc"'
  const shown = (source: string) => markdown.fragment(source, wordLinks).html.trim()

  test('are put on words, with what the pattern found', () => {
    const link = (text: string, number: string) =>
      `<a href="https://tickets.example.org/${number}?q=${text}" ${rel}>${text}</a>`
    expect(shown('TICKET-12, (TICKET-3)')).toBe(`<p>${link('TICKET-12', '12')}, (${link('TICKET-3', '3')})</p>`)
  })

  test('are not tried inside words, code and other links', () => {
    const source = 'xTICKET-1 `TICKET-2` [TICKET-3](http://a.b/)'
    expect(shown(source)).toBe(`<p>xTICKET-1 <code>TICKET-2</code> <a href="http://a.b/" ${rel}>TICKET-3</a></p>`)
  })

  test('what was found is encoded in the address and escaped in the text', () => {
    expect(shown('!a/"&<\u202e')).toBe(
      `<p><a href="https://merge.example.org/a%2F%22%26%3C%E2%80%AE" ${rel}>!a/"&amp;&lt;<span class="odd" title="U+202E right-to-left override">[U+202E]</span></a></p>`,
    )
  })

  test('the text between them is written as ever', () => {
    expect(shown('#1 !b :tada:')).toBe(
      `<p>\u0001#1\u0002 <a href="https://merge.example.org/b" ${rel}>!b</a> ${tada}</p>`,
    )
  })

  test('a pattern that would read everything gets a piece, and only so often', () => {
    const greedy = createWordLinks([{ pattern: '[^]*x', url: 'https://a.b/' }])
    let seen = 0
    const counting = (text: string, at: number) => {
      seen++
      return greedy(text, at)
    }
    const source = '! '.repeat(50_000)
    expect(markdown.fragment(source, counting).html).toContain('! ! !')
    expect(seen).toBe(20_000)
    expect(greedy(`${'a'.repeat(256)}x`, 0)).toBeUndefined()
    expect(greedy(`${'a'.repeat(255)}x`, 0)?.length).toBe(256)
  })
})
