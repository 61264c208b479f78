import { describe, expect, test } from 'vitest'
import type { FileFacts } from '../../src/bug/file-kind.ts'
import { filesOfComments, listedFiles } from '../../src/pages/attached-files.ts'
import { createLinks } from '../../src/pages/links.ts'
import { bytesText } from '../../src/pages/wording.ts'
import { inventBug } from '../support/invented-tracker.ts'

const links = createLinks({ basePath: '', asset: name => name })
const hashOf = (n: number) => n.toString(16).padStart(40, '0')

/** What is shown of comments that list these files. */
function shown(comments: readonly (readonly string[])[], known: Readonly<Record<string, FileFacts>>) {
  const [first = [], ...others] = comments
  const { timeline } = inventBug(1, {
    title: 'x',
    events: [
      ['ada', 1, { type: 'create', text: '', files: first }],
      ...others.map(files => ['ada', 2, { type: 'comment', text: '', files }] as const),
    ],
  })
  const views = filesOfComments(timeline, { links, repository: 'tools/kiln', known: new Map(Object.entries(known)) })
  return { timeline, views: timeline.map(event => views.get(event)) }
}

const picture = (width: number, height: number): FileFacts => ({
  size: 12_345,
  kind: 'png',
  picture: { width, height },
})
const viewOf = (facts: FileFacts) => shown([[hashOf(1)]], { [hashOf(1)]: facts }).views[0]?.shown[0]

describe('a file below a comment', () => {
  test.each([
    [{ size: 697, kind: 'text' }, 'text, 697 bytes'],
    [{ size: 2_000_000_000 }, '2 GB'],
    [{ size: 0 }, '0 bytes'],
    [{ size: 12_345, kind: 'webp' }, 'WebP, 12.3 kB'],
    [picture(640, 480), 'PNG, 640 × 480, 12.3 kB'],
  ] as const)('%j says what is known of it', (facts, about) => {
    expect(viewOf(facts)).toMatchObject({ name: '000000000000', about })
  })

  test.each([
    ['a small one as it is', [80, 60], [80, 60]],
    ['a wide one', [6400, 800], [640, 80]],
    ['a high one', [300, 900], [133, 399]],
    ['a line', [1, 30_000], [1, 30_000]],
    ['a very flat one', [30_000, 1], [640, 1]],
  ])('is shown as a picture that fits: %s', (_what, [width, height], [shownWidth, shownHeight]) => {
    expect(viewOf(picture(width!, height!))?.picture).toEqual({ width: shownWidth, height: shownHeight })
  })

  test.each([
    ['one that would take a gigabyte unpacked', picture(65_535, 65_535)],
    ['one that does not say how large it is', { size: 10, kind: 'gif' }],
    ['a text', { size: 10, kind: 'text' }],
  ] as const)('is a link where it is %s', (_what, facts) => {
    expect(viewOf(facts)?.picture).toBe(undefined)
  })
})

test('a page has twenty pictures, and the others as links that say what they are', () => {
  const hashes = Array.from({ length: 25 }, (_, n) => hashOf(n))
  const known = Object.fromEntries(hashes.map(hash => [hash, picture(8, 8)]))
  const { views } = shown([hashes.slice(0, 15), hashes.slice(15)], known)
  const all = views.flatMap(view => view?.shown ?? [])
  expect(all.map(file => file.picture !== undefined)).toEqual(all.map((_, index) => index < 20))
  expect(all[24]).toMatchObject({ about: 'PNG, 8 × 8, 12.3 kB' })
})

test('the pictures of a page are as large together as a browser can bear, however small their files are', () => {
  const hashes = Array.from({ length: 6 }, (_, n) => hashOf(n))
  const sizes = [41, 36, 36, 36, 20, 9].map(megapixels => picture(1000, megapixels * 1000))
  const known = Object.fromEntries(hashes.map((hash, n) => [hash, sizes[n]!]))
  const all = shown([hashes], known).views.flatMap(view => view?.shown ?? [])
  expect(all.map(file => file.picture !== undefined)).toEqual([false, true, true, false, true, false])
})

test('comments without files have none; what a page asks about is what it shows', () => {
  const many = Array.from({ length: 120 }, (_, n) => hashOf(n))
  const { timeline, views } = shown([many, [], ['../x', hashOf(500)]], {})
  expect(views.map(view => view && [view.shown.length, view.more])).toEqual([
    [100, '20 more files'],
    undefined,
    [2, ''],
  ])
  expect(listedFiles(timeline)).toEqual([...many.slice(0, 100), hashOf(500)])
})

test('a size is said in three digits', () => {
  expect([1, 999, 1000, 99_949, 99_951, 999_499, 999_500, 1e9, 2.5e12, 3e15].map(bytesText)).toEqual([
    '1 byte',
    '999 bytes',
    '1 kB',
    '99.9 kB',
    '100 kB',
    '999 kB',
    '1 MB',
    '1 GB',
    '2.5 TB',
    '3000 TB',
  ])
})
