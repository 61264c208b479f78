import { describe, expect, test } from 'vitest'
import { readFilter } from '../../src/transfer/filter.ts'
import { isMistake } from '../../src/transfer/mistake.ts'

describe('filters', () => {
  test.each([
    ['blob:none', 'blob:none'],
    ['blob:limit=0', 'blob:limit=0'],
    ['blob:limit=1k', 'blob:limit=1024'],
    ['blob:limit=002M', 'blob:limit=2097152'],
    ['tree:0', 'tree:0'],
    ['tree:03', 'tree:3'],
    ['object:type=tag', 'object:type=tag'],
    ['combine:blob:none', 'blob:none'],
    ['combine:tree:3+blob:none', 'combine:blob:none+tree:3'],
    ['combine:blob:none+tree:3+blob:none', 'combine:blob:none+tree:3'],
    ['combine:tree%3A3+%62lob:none', 'combine:blob:none+tree:3'],
    ['combine:combine:tree:1%2Bblob:none+object:type=commit', 'combine:blob:none+object:type=commit+tree:1'],
  ])('%s is %s', (spec, canonical) => {
    expect(readFilter(spec)).toBe(canonical)
  })

  test.each([
    ['', "the filter '' is not offered"],
    ['sparse:oid=refs/heads/secret', "the filter 'sparse:oid=refs/heads/secret' is not offered"],
    ['sparse:path=/etc/passwd', "the filter 'sparse:path=/etc/passwd' is not offered"],
    ['combine:blob:none+sparse:oid=abc', "the filter 'sparse:oid=abc' is not offered"],
    ['combine:blob:none+sparse%3Aoid=abc', "the filter 'sparse:oid=abc' is not offered"],
    ['combine:combine%3Asparse%253aoid=abc', "the filter 'sparse:oid=abc' is not offered"],
    ['combine:', "the filter '' is not offered"],
    ['combine:blob:none+', "the filter '' is not offered"],
    ['combine:tree%3', "the filter 'combine:tree%3' is badly encoded"],
    ['combine:tree%zz', "the filter 'combine:tree%zz' is badly encoded"],
    ['blob:limit=-1', "the filter 'blob:limit=-1' is not offered"],
    ['blob:limit=', "the filter 'blob:limit=' is not offered"],
    ['blob:limit=999999999999999g', "the filter 'blob:limit=999999999999999g' is not offered"],
    ['tree:0x1', "the filter 'tree:0x1' is not offered"],
    ['object:type=blob\n', "the filter 'object:type=blob?' is not offered"],
    ['BLOB:NONE', "the filter 'BLOB:NONE' is not offered"],
    ['x'.repeat(5000), 'a filter of 5000 bytes'],
  ])('%s is refused', (spec, message) => {
    const result = readFilter(spec)
    expect(isMistake(result) && result.message).toBe(message)
  })

  test('combine a bounded number of parts, however deep', () => {
    const many = Array.from({ length: 17 }, (_, depth) => `tree:${depth}`).join('+')
    expect(readFilter(`combine:${many}`)).toMatchObject({ message: 'a filter of more than 16 parts' })
    expect(readFilter(`${'combine:'.repeat(500)}blob:none`)).toBe('blob:none')
  })
})
