import { expect, test } from 'vitest'
import { createReadmeFinder } from '../../src/cache/readme-finder.ts'
import type { ObjectReader } from '../../src/git/object-reader.ts'

test('a README is looked for once for all who ask at the same time, and anew for whoever asks later', async () => {
  let looks = 0
  const findReadme = async () => ({ name: 'README.md', hash: String(++looks) })
  const finder = createReadmeFinder({ findReadme }, { folder: '/nowhere', reader: {} as ObjectReader })
  const found = await Promise.all(Array.from({ length: 50 }, () => finder.find()))
  expect(new Set(found.map(readme => readme?.hash))).toEqual(new Set(['1']))
  expect((await finder.find())?.hash).toBe('2')
})
