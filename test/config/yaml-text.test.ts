/** Hostile and broken YAML is refused with its place; everything else becomes plain values. */
import { expect, test } from 'vitest'
import { parseYamlText } from '../../src/config/yaml-text.ts'

test('plain values of the core schema are read', () => {
  const result = parseYamlText('a: [1, 0x10, 1.5, true, ~, text, "2"]\n"b c": { d: {} }\nyes: no\n<<: 2024-01-01\n')
  expect(structuredClone(result)).toEqual({
    value: {
      a: [1, 16, 1.5, true, null, 'text', '2'],
      'b c': { d: {} },
      yes: 'no',
      '<<': '2024-01-01',
    },
  })
})

test('a text without content is null', () => {
  expect(parseYamlText('')).toEqual({ value: null })
  expect(parseYamlText('# only a comment\n')).toEqual({ value: null })
})

const aliasBomb = ['a0: &a0 [x]', ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)]

const refused: readonly (readonly [what: string, text: string, fault: object])[] = [
  ['an alias bomb', aliasBomb.join('\n'), { reason: 'aliases cannot be used here', line: 2, column: 10 }],
  ['an unknown alias', 'a: *b', { reason: 'aliases cannot be used here', line: 1, column: 4 }],
  ['a duplicate key', 'a: 1\nb: 2\na: 3', { reason: 'this name is there twice', line: 3, column: 1 }],
  ['a duplicate key in a flow', '{ a: 1, "a": 3 }', { reason: 'this name is there twice', line: 1, column: 9 }],
  ['a prototype', 'a:\n  __proto__: { x: 1 }', { reason: '__proto__ is not a setting', line: 2, column: 3 }],
  ['a tag', 'a: !!binary aGk=', { reason: 'tags (!) cannot be used here', line: 1 }],
  ['a tag of a map', 'a: !!set { b }', { reason: 'tags (!) cannot be used here' }],
  ['a list as key', '? [a]\n: b', { reason: 'the name of a setting must be a text' }],
  ['two documents', 'a: 1\n---\nb: 2', { reason: 'only one document is allowed', line: 2 }],
  ['an open quote', 'a: "b', { reason: 'a quote, bracket, comma or colon is missing', line: 1 }],
  ['a wrong indentation', 'a:\n  b: 1\n c: 2', { line: 3 }],
  ['eleven levels', `${'['.repeat(11)}${']'.repeat(11)}`, { reason: 'it is nested too deeply' }],
  ['fifty thousand levels', '['.repeat(50_000), {}],
  ['fifty thousand list levels', '- '.repeat(50_000), { reason: 'it is nested too deeply' }],
]

test.each(refused)('%s is refused', (_what, text, fault) => {
  expect(parseYamlText(text)).toMatchObject({ fault: { line: expect.any(Number), ...fault } })
})

test('ten levels are read', () => {
  expect(parseYamlText(`${'['.repeat(10)}${']'.repeat(10)}`)).toHaveProperty('value')
})

test('names that objects have from birth are ordinary names', () => {
  const result = parseYamlText('constructor: 1\ntoString: 2')
  expect(result).toMatchObject({ value: { constructor: 1, toString: 2 } })
})
