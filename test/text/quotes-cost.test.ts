/** Quotes that the parser would look through again and again: half a minute of work for one comment. */
import { expect, test } from 'vitest'
import { createMarkdown } from '../../src/text/markdown.ts'
import { processorMs } from '../support/processor-time.ts'

const markdown = createMarkdown()
const lines = (piece: string) =>
  piece
    .repeat(Math.floor((256 * 1024) / piece.length))
    .split('\n')
    .slice(0, 59_000)
    .join('\n')

test.each([
  ['empty ones inside others', '> > \na\n'],
  ['many levels', `${'> '.repeat(45)}\n-- \n`],
  ['headings', '> #\na\n'],
  ['lines', '> ---\na\n'],
  ['code', '> ```\na\n'],
  ['empty items', '> -\na\n'],
])('%s, each before a line that belongs to none', (_what, piece) => {
  const source = lines(piece)
  expect(processorMs(() => markdown.render(source))).toBeLessThan(3000)
  expect(markdown.render(source).html).toContain('shown as it was written')
})

test.each([
  ['a long one', '> a line that was quoted\n'.repeat(8000)],
  ['one of which most lines have no mark', `> a\n${'and so on\n'.repeat(20_000)}`],
  ['many after one another', '> a\n\nb\n\n'.repeat(8000)],
  [
    'a mail that was answered twenty times',
    Array.from({ length: 2000 }, (_, n) => `${'> '.repeat(n % 20)}text\n`).join(''),
  ],
])('of a usual text they are laid out: %s', (_what, source) => {
  const { html } = markdown.render(source)
  expect(html).not.toContain('shown as it was written')
  expect(html).toContain('<blockquote>')
})
