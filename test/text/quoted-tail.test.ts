import { describe, expect, test } from 'vitest'

import { createMarkdown } from '../../src/text/markdown.ts'
import { findQuotedTail } from '../../src/text/quoted-tail.ts'
import { processorMs } from '../support/processor-time.ts'

const markdown = createMarkdown()

/** What a tail begins with, and which of the two it is; undefined where there is none. */
function tailOf(source: string): readonly [string, string] | undefined {
  const tail = findQuotedTail(source)
  return tail && [source.slice(tail.start).split('\n')[0]?.trim() ?? '', tail.isSignature ? 'signature' : 'quote']
}

/** Text of a page, without tags, as lines. */
function linesOf(html: string): string[] {
  return html
    .replace(/<[^>]*>/g, '')
    .split('\n')
    .filter(line => line !== '')
}

describe('the message that a mail answers', () => {
  test.each([
    'On Tue, Nov 3, 2026 at 10:00 AM Ada Marsh <ada@example.org> wrote:',
    'On Tue, Nov 3, 2026 at 10:00 AM Ada Marsh <ada@example.org>\nwrote:',
    'On 2026-11-03 Ada writes:',
    'Am 03.11.2026 um 10:00 schrieb Ada Marsh:',
    'Am Di., 3. Nov. 2026 um 10:00 Uhr schrieb Ada Marsh <\nada@example.org>:',
    'Le mar. 3 nov. 2026 à 10:00, Ada <ada@example.org> a écrit\u00a0:',
    'El mar, 3 nov 2026 a las 10:00, Ada escribió:',
    'Il giorno mar 3 nov 2026 alle ore 10:00 Ada ha scritto:',
    'Op di 3 nov 2026 om 10:00 schreef Ada <ada@example.org>:',
    'Op 3-11-2026 heeft Ada het volgende geschreven:',
    'Em ter., 3 de nov. de 2026 às 10:00, Ada escreveu:',
  ])('is found by what introduces it: %s', introduction => {
    const first = introduction.split('\n')[0]?.trim()
    for (const between of ['\n', '\n\n'])
      for (const end of ['', '\n', '\n\n>\n> again\n'])
        expect(tailOf(`Fixed.\n\n${introduction}${between}> It fails${end}`)).toEqual([first, 'quote'])
    expect(tailOf(`Fixed.\r\n\r\n${introduction.replaceAll('\n', '\r\n')}\r\n> It fails\r\n`)).toEqual([first, 'quote'])
  })

  test.each([
    ['nothing stands before it', '\n On 3 Nov Ada wrote:\n> It fails'],
    ['more text follows', 'Hm.\n\nOn 3 Nov Ada wrote:\n> It fails\n\nNot here.'],
    ['text goes on in the line after it', 'Hm.\n\nOn 3 Nov Ada wrote:\n> It fails\nNot here.'],
    ['nothing introduces it', 'Hm.\n\n> It fails'],
    ['people introduce it', 'Hm.\n\nThe manual of 2026 says:\n> It fails'],
    ['it has no date', 'Hm.\n\nOn the list Ada wrote:\n> It fails'],
    ['what introduces it stands apart in another paragraph', 'Hm.\n\nOn 3 Nov\n\nAda wrote:\n> It fails'],
    [
      'what introduces it is longer than mail programs write it',
      `Hm.\n\nOn 3 ${'Nov '.repeat(200)} wrote:\n> It fails`,
    ],
    ['there is no quote', 'Hm.\n\nOn 3 Nov Ada wrote:\n'],
  ])('is a part of the text where %s', (_why, source) => {
    expect(tailOf(source)).toBeUndefined()
    expect(markdown.render(source).html).not.toContain('<details>')
  })

  test('is folded whole, and what stands before it is as it was', () => {
    const { html } = markdown.render('Fixed.\n\nOn 3 Nov Ada wrote:\n\n> It *fails*\n> > where?\n')
    expect(html).toMatch(/^<p>Fixed\.<\/p>\n<details><summary>Quoted text<\/summary>\s*<p>On 3 Nov Ada wrote:<\/p>/)
    expect(html).toMatch(
      /<p>It <em>fails<\/em><\/p>\n<blockquote>\n<p>where\?<\/p>\n<\/blockquote>\n<\/blockquote>\n<\/details>\n$/,
    )
  })

  test('is no part of an excerpt, but its beginning is where the end is not read', () => {
    expect(markdown.excerpt('Fixed.\n\nOn 3 Nov Ada wrote:\n> It fails', 100)).toBe('Fixed.')
    const long = `Fixed.\n\nOn 3 Nov Ada wrote:\n${'> It fails\n'.repeat(5000)}`
    expect(markdown.excerpt(long, 40)).toBe('Fixed. On 3 Nov Ada wrote: It fails It…')
  })

  test('is not folded where the end of the text is left out', () => {
    const source = `Fixed.\n\nOn 3 Nov Ada wrote:\n${'> It fails\n'.repeat(100)}`
    expect(createMarkdown({ maxChars: 200 }).render(source).html).not.toContain('<details>')
    expect(markdown.render(source).html).toContain('<details>')
  })
})

describe('a signature', () => {
  test.each([
    ['Fixed.\n-- \nAda Marsh\nhttps://example.org\n', ['-- ', 'signature']],
    ['Fixed.\r\n\r\n-- \r\nAda Marsh', ['-- ', 'signature']],
    ['Fixed.\n-- \nAda\n\nOn 3 Nov Bob wrote:\n> It fails', ['-- ', 'quote']],
    ['Fixed.\n\nOn 3 Nov Bob wrote:\n> It fails\n\n-- \nAda', ['On 3 Nov Bob wrote:', 'quote']],
    [`Fixed.\n-- \n${'a line\n'.repeat(10)}`, ['-- ', 'signature']],
  ])('goes with the quote above or below it: %j', (source, [first, kind]) => {
    expect(tailOf(source)).toEqual([first?.trim(), kind])
  })

  test.each([
    ['nothing stands before it', '-- \nAda'],
    ['nothing follows', 'Fixed.\n-- \n\n'],
    ['it has no space at its end', 'Fixed.\n\n--\nAda'],
    ['a whole text follows', `Fixed.\n-- \n${'a line\n'.repeat(11)}`],
  ])('is none where %s', (_why, source) => {
    expect(tailOf(source)).toBeUndefined()
  })

  test('is folded, and its dashes make no heading of the line above', () => {
    const { html } = markdown.render('Regards\nAda\n-- \nAda Marsh')
    expect(html).toMatch(
      /^<p>Regards<br>\nAda<\/p>\n<details><summary>Signature<\/summary>\s*<p>--<br>\nAda Marsh<\/p>\n<\/details>\n$/,
    )
  })

  test.each([
    ['a fence', '```\n+ a\n-- \n2.44.0\n```\nDone.', ['+ a', '-- ', '2.44.0', 'Done.']],
    ['preformatted HTML', '<pre>\n+ a\n-- \n2.44.0\n</pre>', ['+ a', '-- ', '2.44.0']],
  ])('of a patch in %s is code, and no line is added to it', (_where, source, lines) => {
    const { html } = markdown.render(source)
    expect(html).not.toContain('<details>')
    expect(linesOf(html)).toEqual(lines)
    expect(html).toContain('+ a\n-- \n2.44.0\n')
  })

  test('may be given with definitions of links that the text before it uses', () => {
    const { html } = markdown.render('See [the page][1].\n\n-- \nAda\n\n[1]: https://example.org/page')
    expect(html).toMatch(/^<p>See <a href="https:\/\/example\.org\/page"[^>]*>the page<\/a>\.<\/p>\n<details>/)
  })
})

test('the time to look for a tail grows with the length only', () => {
  const pieces = [
    '\n',
    '\r',
    '> \n',
    '\r\n',
    'a',
    ' ',
    'wrote:\n',
    'On 1 wrote:',
    '-- \n\n',
    '> q\nOn 1 a\n',
    ':\n',
    '-- \n>\n',
  ]
  for (const piece of pieces) {
    const source = `a\n${piece.repeat(1e6 / piece.length)}`
    for (const end of ['', '\n> q', '\n-- \nx']) {
      expect(processorMs(() => findQuotedTail(`${source}${end}`))).toBeLessThan(2000)
    }
  }
})
