import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { labelColor, labelPalette, labelPaletteIndex } from '../../src/bug/label-color.ts'

interface GoldenLabels {
  readonly validLabels: readonly { readonly name: string; readonly color: Record<'R' | 'G' | 'B', number> }[]
}

describe('the colour of a label', () => {
  test.each(['made', 'concurrent'])('is the real client’s for every label of the tracker %s', name => {
    const file = new URL(`../fixtures/${name}.json.gz`, import.meta.url)
    const { validLabels } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as GoldenLabels
    expect(validLabels.length).toBeGreaterThan(0)
    const expected = validLabels.map(({ name: label, color: { R, G, B } }) => [
      label,
      `#${[R, G, B].map(part => part.toString(16).padStart(2, '0')).join('')}`,
    ])
    expect(validLabels.map(({ name: label }) => [label, labelColor(label)])).toEqual(expected)
  })

  test('has a place in the palette whatever the text', () => {
    const labels = ['', ' ', 'a'.repeat(1_000_000), '🐛', '\ud800', '__proto__']
    for (const label of labels) {
      expect(labelPalette[labelPaletteIndex(label)]).toBe(labelColor(label))
    }
  })
})
