import { describe, expect, test } from 'vitest'
import type { Query } from '../../src/query/ast.ts'
import { printFilter, printQuery } from '../../src/query/print.ts'
import { parseGood } from './bugs.ts'

function reprint(text: string): string {
  return printQuery(parseGood(text))
}

describe('printing a query', () => {
  test.each([
    ['', ''],
    ['status:open sort:edit-desc', 'status:open sort:edit-desc'],
    ['  crash\tlabel:x ', 'crash label:x'],
    ['is:OPEN', 'status:open'],
    ['sort:edit', 'sort:edit-desc'],
    ['sort:id crash', 'crash sort:id-asc'],
    ['-label:x -crash -no:label', '-label:x -crash -no:label'],
    ['id:ABC created:>=2026 comments:3..7 in:title', 'id:abc created:>=2026 comments:3..7 in:title'],
    ['author:"bob"', 'author:bob'],
    [`label:'a b'`, 'label:"a b"'],
    [`label:"it's"`, `label:"it's"`],
    [`label:'say "x"'`, `label:'say "x"'`],
    [`'a "b" c'`, `'a "b" c'`],
    ['a"b c"d', 'a"b c"d'],
    [`label:"won't "fix""`, `label:"won't "fix""`],
    ['metadata:"github-url":"https://x/y"', 'metadata:github-url:"https://x/y"'],
    ['"-x" -"-y" --z -', '"-x" -"-y" --z -'],
    ['label:-x', 'label:-x'],
    ['"status:open"', '"status:open"'],
    [String.raw`label:"needs \"quotes\""`, String.raw`label:'needs \"quotes\"'`],
  ])('turns %j into %j', (text, printed) => {
    expect(reprint(text)).toBe(printed)
    expect(parseGood(printed)).toEqual(parseGood(text))
  })

  test('gives up on a value whose quotes no text can carry', () => {
    const label = { kind: 'label', negated: false, value: `a" 'b` } as const
    expect(printFilter(label)).toBeUndefined()
    expect(printFilter({ ...label, value: '' })).toBeUndefined()
    expect(printFilter({ kind: 'metadata', negated: false, key: `a" 'b`, value: 'x' })).toBeUndefined()
    expect(() => printQuery({ filters: [label], sort: undefined } satisfies Query)).toThrow(RangeError)
  })
})
