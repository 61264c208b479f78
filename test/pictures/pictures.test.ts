/** Pictures as markup: well-formed, in proportion, and whatever the numbers and words are. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Badge, badgeColors, drawBadge } from '../../src/pictures/badge.ts'
import { drawBars } from '../../src/pictures/bars.ts'
import { drawFigure } from '../../src/pictures/figure.ts'
import { drawLine } from '../../src/pictures/line.ts'
import { axisEnd, evenAxisEnd } from '../../src/pictures/scale.ts'
import { drawShares } from '../../src/pictures/shares.ts'
import { textWidth } from '../../src/pictures/text-width.ts'
import { parseXml, type XmlElement } from '../support/xml.ts'

function each(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(each)]
}

/** The `d` of each path with its class. */
function paths(markup: string): Record<string, string> {
  const found = each(parseXml(markup)).filter(({ name }) => name === 'path')
  return Object.fromEntries(found.map(({ attributes }) => [attributes.get('class'), attributes.get('d') ?? '']))
}

/** What the labels at the side and below say. */
function labels(markup: string): (string | undefined)[] {
  return each(parseXml(markup)).flatMap(({ attributes }) => attributes.get('data-label') ?? [])
}

describe('the end of an axis', () => {
  test.each([
    [0, 1],
    [1, 1],
    [7, 8],
    [9, 10],
    [10, 10],
    [11, 20],
    [61, 80],
    [99_999, 100_000],
    [801, 1000],
  ])('of %i is the round number %i', (largest, end) => {
    expect(axisEnd(largest)).toBe(end)
  })

  test('is not below the largest, nor far above it, and half of an even one is whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), largest => {
        expect(axisEnd(largest)).toBeGreaterThanOrEqual(largest)
        expect(axisEnd(largest)).toBeLessThanOrEqual(2 * largest)
        expect(evenAxisEnd(largest)).toBeGreaterThanOrEqual(largest)
        expect(evenAxisEnd(largest) % 2).toBe(0)
      }),
    )
  })
})

describe('bars', () => {
  const markup = drawBars({ periods: ['a', 'b', 'c'], above: [4, 0, 1], below: [0, 2, 0], nameId: 'x' })

  test('stand above and hang below one line, on one scale', () => {
    expect(paths(markup)).toMatchObject({
      open: 'M1 500h8v-500h-8zM21 500h8v-125h-8z',
      closed: 'M11 500h8v250h-8z',
    })
    expect(labels(markup)).toEqual(['4', '0', '4', 'a', 'b', 'c'])
  })

  test('of one kind begin at the bottom', () => {
    const one = drawBars({ periods: ['a'], above: [3], nameId: 'x' })
    expect(paths(one)).toEqual({ grid: expect.any(String), open: 'M1 1000h8v-1000h-8z' })
  })

  test('that are there can be seen beside very long ones', () => {
    expect(paths(drawBars({ periods: ['a', 'b'], above: [1, 100_000], nameId: 'x' })).open).toContain('v-8h-8z')
  })

  test.for([
    [5, ['0', '1', '2', '3', '4']],
    [7, ['0', '1', '3', '5']],
    [52, ['0', '13', '26', '39']],
    [120, ['0', '20', '40', '60', '80', '100']],
  ] as const)('of %i periods have a few labels, each where its period is', ([count, shown]) => {
    const periods = Array.from({ length: count }, (_, period) => String(period))
    const zeros = periods.map(() => 0)
    expect(labels(drawBars({ periods, above: zeros, nameId: 'x' })).slice(2)).toEqual(shown)
  })
})

test('a line goes through the count at the end of each period, from what was before', () => {
  const markup = drawLine({ periods: ['a', 'b'], counts: [1, 4], before: 0, nameId: 'x' })
  expect(paths(markup)).toMatchObject({
    'open line': 'M0 1000L10 750L20 0',
    'open area': 'M0 1000L0 1000L10 750L20 0L20 1000z',
  })
  expect(labels(markup)).toEqual(['4', '2', '0', 'a', 'b'])
})

describe('shares', () => {
  test('lie side by side with a gap, as long as their part of the whole', () => {
    const markup = drawShares(
      [
        { count: 1, kind: 'open' },
        { count: 0, kind: 'c3' },
        { count: 2, kind: 'closed' },
      ],
      4,
    )
    expect(paths(markup)).toEqual({ open: 'M0 0h246v10h-246z', closed: 'M250 0h496v10h-496z' })
  })

  test('of what is hardly there can be seen, beside nearly everything', () => {
    const shares = [1, 100_000, 1].map((count, index) => ({ count, kind: `c${index}` }))
    expect(paths(drawShares(shares, 100_002))).toEqual({
      c0: 'M0 0h4v10h-4z',
      c1: 'M8 0h980v10h-980z',
      c2: 'M992 0h4v10h-4z',
    })
  })

  test('never leave the bar, however many and small they are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { maxLength: 400 }), counts => {
        const whole = counts.reduce((sum, count) => sum + count, 0)
        const markup = drawShares(
          counts.map(count => ({ count, kind: 'open' })),
          whole,
        )
        const ends = [...markup.matchAll(/M(\d+) 0h(-?\d+)v/g)].map(([, at, length]) => [Number(at), Number(length)])
        expect(ends.filter(([at, length]) => at! > 1000 || length! < 0 || at! + length! > 1000)).toEqual([])
      }),
    )
  })
})

describe('a figure', () => {
  const figure = (text: string) =>
    drawFigure({
      nameId: 'words',
      words: [text, { kind: 'open', text }, { text }],
      picture: drawBars({ periods: [text], above: [1], nameId: 'words' }),
      table: { title: text, columns: [text, text], rows: [{ period: text, cells: [text, { text, url: text }] }] },
    })

  test('is named by its words and followed by its numbers in a table', () => {
    const root = parseXml(figure('x'))
    const svg = each(root).find(({ name }) => name === 'svg')
    const named = each(root).filter(({ attributes }) => attributes.get('id') === svg?.attributes.get('aria-labelledby'))
    expect(svg?.attributes.get('role')).toBe('img')
    expect(named.map(({ name }) => name)).toEqual(['figcaption'])
    expect(root.children.map(({ name }) => name)).toEqual(['figcaption', 'div', 'details'])
    expect(each(root).filter(({ name }) => name === 'th')).toHaveLength(3)
  })

  test('takes any text for text', () => {
    const root = parseXml(figure('<script>"\'&</script>'))
    const texts = each(root).map(({ text }) => text.trim())
    expect(texts.filter(text => text === '<script>"\'&</script>').length).toBeGreaterThan(6)
    expect(each(root).map(({ name }) => name)).not.toContain('script')
  })

  test('has no style, no handler and no address but those it is given', () => {
    const names = each(parseXml(figure('"><a onload="x" style="y" src="z" href="w">'))).flatMap(({ attributes }) => [
      ...attributes.keys(),
    ])
    expect(names.filter(name => /^(?:style|src|on.*)$/.test(name))).toEqual([])
    expect(names.filter(name => name === 'href')).toHaveLength(1)
  })
})

describe('a badge', () => {
  const badge = (parts: Partial<Badge>) => drawBadge({ label: 'bugs', message: '12 open', tone: 'open', ...parts })

  test('says in words and to screen readers what it shows, and stands alone', () => {
    const root = parseXml(badge({}))
    expect(root.attributes.get('xmlns')).toBe('http://www.w3.org/2000/svg')
    expect(root.attributes.get('aria-label')).toBe('bugs: 12 open')
    expect(root.children[0]).toMatchObject({ name: 'title', text: 'bugs: 12 open' })
    expect(each(root).flatMap(({ name, text }) => (name === 'text' ? [text] : []))).toEqual(['bugs', '12 open'])
    expect(badge({})).not.toMatch(/<style|style=|href|url\(|<script/)
  })

  test('has room for both of its texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ maxLength: 40 }), (label, message) => {
        const [first, second] = [textWidth(label), textWidth(message)]
        expect(drawBadge({ label, message, tone: 'open' })).toContain(
          `<svg xmlns="http://www.w3.org/2000/svg" width="${first + second + 24}"`,
        )
      }),
    )
  })

  test('takes any text for text', () => {
    const root = parseXml(badge({ label: '"><script>', message: "'&<" }))
    expect(root.attributes.get('aria-label')).toBe('"><script>: \'&<')
  })

  test.each(Object.entries(badgeColors))('can be read: white on %s, %s', (_name, color) => {
    expect(1.05 / (luminance(color) + 0.05)).toBeGreaterThan(4.5)
  })
})

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map(at => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

describe('the width of a text', () => {
  test('grows with its characters, more for wide ones and not for marks on them', () => {
    expect(textWidth('iii')).toBeLessThan(textWidth('mmm'))
    expect(textWidth('日本')).toBe(23)
    expect(textWidth('e\u0301')).toBe(textWidth('e'))
  })

  test('is that of DejaVu Sans at 11 pixels within a twentieth, as a browser measures it', () => {
    const measured = { 'open issues': 64.9, 'help wanted': 68, '1,204 closed': 70.3, UPPERCASE: 64.5, 'area/ui': 38.3 }
    const wrong = Object.entries(measured).filter(([text, width]) => Math.abs(textWidth(text) - width) > width / 20)
    expect(wrong).toEqual([])
  })
})
