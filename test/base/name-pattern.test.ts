import { expect, test } from 'vitest'
import { matchesName } from '../../src/base/name-pattern.ts'

test.each([
  ['tool', 'tool', true],
  ['tool', 'tools', false],
  ['*', 'tool', true],
  ['*', 'group/tool', false],
  ['**', 'a/b/c', true],
  ['group/*', 'group/tool', true],
  ['group/*', 'group', false],
  ['group/*', 'group/a/b', false],
  ['group/**', 'group/a/b', true],
  ['group/**', 'group', true],
  ['**/private-*', 'a/b/private-x', true],
  ['**/private-*', 'private-x', true],
  ['**/private-*', 'a/private-x/b', false],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'aXbY', false],
  ['**/x/**/y', 'x/x/a/y', true],
  ['a.b', 'aXb', false],
  ['[ab]', 'a', false],
])('%s and %s: %s', (pattern, name, expected) => {
  expect(matchesName(pattern, name)).toBe(expected)
})

test('a pattern made to be slow is not', () => {
  expect(matchesName(`${'*a'.repeat(50)}b`, 'a'.repeat(5000))).toBe(false)
  expect(matchesName(`${'**/a/'.repeat(50)}b`, Array(2000).fill('a').join('/'))).toBe(false)
})
