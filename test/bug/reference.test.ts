import { describe, expect, test } from 'vitest'
import { isImportedFrom, readReference } from '../../src/bug/reference.ts'
import { processorMs } from '../support/processor-time.ts'

describe('what somebody types is read as', () => {
  test.each([
    ['4F3A9c1', { kind: 'id', prefix: '4f3a9c1' }],
    [' 4f3a ', { kind: 'id', prefix: '4f3a' }],
    ['#12', { kind: 'number', number: '12', project: undefined }],
    ['pots/kiln#12', { kind: 'number', number: '12', project: 'pots/kiln' }],
    ['https://Forge.example.org/pots/kiln/issues/12/', { kind: 'url', key: 'forge.example.org/pots/kiln/issues/12' }],
    [
      'https:/forge.example.org/a/-/issues/1?x=1#note_2',
      { kind: 'url', key: 'forge.example.org/a/issues/1', place: 'note_2' },
    ],
    ['http://www.example.org', { kind: 'url', key: 'example.org' }],
  ])('%s', (typed, expected) => {
    expect(readReference(typed)).toEqual(expected)
  })

  test.each([
    '',
    '4f3',
    'kiln',
    '#',
    '12#',
    '#1234567890123',
    'a b#1',
    'javascript:alert(1)',
    'https://',
    `${'a'.repeat(65)}`,
    `https://x/${'a'.repeat(3000)}`,
  ])('nothing: %s', typed => {
    expect(readReference(typed)).toBeUndefined()
  })

  test('nothing, soon, whatever it is', () => {
    for (const typed of [`${'a/'.repeat(900)}#`, `https:${'/'.repeat(1900)}`, '#'.repeat(1999), 'a'.repeat(1999)]) {
      expect(processorMs(() => readReference(typed))).toBeLessThan(1000)
    }
  })
})

describe('a bug is imported from', () => {
  const bug = (url: string, key = 'forge-url') => ({ metadata: new Map([[key, url]]) })
  const is = (url: string, typed: string, key?: string) => {
    const reference = readReference(typed)
    if (reference === undefined || reference.kind === 'id') throw new Error('no address')
    return isImportedFrom(bug(url, key), reference)
  }
  const url = 'https://forge.example.org/Pots/kiln/issues/12'

  test('its address, however that is written', () => {
    expect(is(url, 'http://forge.example.org/pots/kiln/issues/12#issuecomment-7')).toBe(true)
    expect(is(url, 'https://forge.example.org/pots/kiln/issues/1')).toBe(false)
    expect(is(url, 'https://other.example.org/pots/kiln/issues/12')).toBe(false)
    expect(is(url, url, 'forge-id')).toBe(false)
  })

  test('its number, and that of its project', () => {
    expect(is(url, '#12')).toBe(true)
    expect(is(url, '#2')).toBe(false)
    expect(is(url, 'pots/kiln#12')).toBe(true)
    expect(is(url, 'ots/kiln#12')).toBe(false)
    expect(is('no address/12', 'pots/kiln#12')).toBe(false)
  })

  test('the same address with slashes at its end, but no longer text than an address can be', () => {
    expect(is(`${url}${'/'.repeat(50)}`, url)).toBe(true)
    // Whoever asks for one asks it of every bug, so what somebody has made as long as he likes is not looked at.
    expect(is(`${url}${'/'.repeat(200_000)}`, url)).toBe(false)
    expect(is(`https://forge.example.org${'/'.repeat(200_000)}x/12`, 'pots/kiln#12')).toBe(false)
  })
})
