import { describe, expect, test } from 'vitest'
import { readUploadPackRequest } from '../../src/transfer/request.ts'
import { bodyOf, fetchIn, linesOf, mistakeIn, sha1, sha256, version0 } from './bodies.ts'

const one = sha1('1')
const two = sha1('2')
const canonical = (...lines: string[]) => linesOf(fetchIn(bodyOf(...lines), version0).body)

describe('a request of version 0', () => {
  test('does not keep git busy with comparing everything with everything', () => {
    const many = (word: string, count: number, from: number) =>
      Array.from({ length: count }, (_, n) => `${word} ${(from + n).toString(16).padStart(40, '0')}`)
    const read = (wants: number, haves: number) => {
      const lines = [...many('want', wants, 0), '', ...many('have', haves, 1_000_000), 'done']
      return readUploadPackRequest(bodyOf(...lines), { ...version0, maxWants: 20_000 })
    }
    expect(read(10_000, 10_000)).toMatchObject({ kind: 'fetch' })
    expect(read(10_001, 10_000)).toMatchObject({ kind: 'mistake', message: expect.stringContaining('version 2') })
    expect(read(10_001, 0)).toMatchObject({ kind: 'fetch' })
  })

  test('is written anew, without what decides no answer', () => {
    const capabilities = 'side-band-64k  ofs-delta include-tag thin-pack agent=git/2.39 session-id=x multi_ack_detailed'
    const asked = fetchIn(
      bodyOf(
        `want ${two} ${capabilities}`,
        `want ${one}`,
        `want ${two}`,
        `shallow ${one}`,
        'deepen-since 1700000000',
        'deepen-not refs/bugs/a',
        '',
        `have ${sha1('4')}`,
        `have ${sha1('3')}`,
        'done',
      ),
      version0,
    )
    expect(asked).toMatchObject({ version: 0, wants: [one, two], deepenNot: ['refs/bugs/a'] })
    expect(linesOf(asked.body)).toEqual([
      `want ${one} side-band-64k ofs-delta multi_ack_detailed object-format=sha1`,
      `want ${two}`,
      `shallow ${one}`,
      'deepen-since 1700000000',
      'deepen-not refs/bugs/a',
      '',
      `have ${sha1('4')}`,
      `have ${sha1('3')}`,
      'done',
    ])
  })

  test('ends as it ended', () => {
    const first = `want ${one} object-format=sha1`
    expect(canonical(`want ${one}`, '')).toEqual([first, ''])
    expect(canonical(`want ${one}`, '', '')).toEqual([first, '', ''])
    expect(canonical(`want ${one}`, '', `have ${two}`, '')).toEqual([first, '', `have ${two}`, ''])
    expect(canonical(`want ${one}`, '', 'done')).toEqual([first, '', 'done'])
    expect(canonical(`want ${one}`, '', 'done', '')).toEqual([first, '', 'done'])
  })

  test('is read the same in version 1', () => {
    const body = bodyOf(`want ${one}`, '', 'done')
    expect(readUploadPackRequest(body, { ...version0, version: 1 })).toEqual(readUploadPackRequest(body, version0))
  })

  test('counts from where history ends only if there is a depth', () => {
    expect(canonical(`want ${one} shallow deepen-relative`, 'deepen 2', '', 'done')[0]).toContain(' deepen-relative ')
    expect(canonical(`want ${one} shallow deepen-relative`, '', 'done')[0]).not.toContain('deepen-relative')
    expect(canonical(`want ${one} deepen-relative`, 'deepen 2147483647', '')).toEqual([
      `want ${one} object-format=sha1`,
      'deepen 2147483646',
      '',
    ])
  })

  test('carries a filter if it says that it will', () => {
    expect(canonical(`want ${one} filter`, 'filter tree:0', '', 'done')).toEqual([
      `want ${one} filter object-format=sha1`,
      'filter tree:0',
      '',
      'done',
    ])
    expect(mistakeIn(bodyOf(`want ${one}`, 'filter tree:0', '', 'done'), version0)).toBe(
      'a filter without the capability filter',
    )
  })

  test('names objects of the repository', () => {
    const context = { ...version0, objectFormat: 'sha256' } as const
    const body = bodyOf(`want ${sha256('a')} object-format=sha256`, '', 'done')
    expect(fetchIn(body, context).wants).toEqual([sha256('a')])
    expect(mistakeIn(body, version0)).toMatch(/^expected a space behind the first want/)
    expect(mistakeIn(bodyOf(`want ${one} x`, '', 'done'), context)).toMatch(/^expected a sha256 object name/)
    expect(mistakeIn(bodyOf(`want ${one} object-format=sha256`, '', 'done'), version0)).toBe(
      "'object-format=sha256', but it is sha1",
    )
  })

  test('may be a flush and nothing else', () => {
    expect(readUploadPackRequest(bodyOf(''), version0)).toEqual({ kind: 'empty' })
  })

  test.each([
    [[], 'the request is empty'],
    [['', ''], 'no object is wanted'],
    [['', 'done'], "expected the end of the request, not 'done'"],
    [[`shallow ${one}`, '', 'done'], 'no object is wanted'],
    [[`want ${one}`], 'no flush behind what is wanted'],
    [[`want ${one}`, '|', 'done'], 'versions 0 and 1 have no delimiter'],
    [[`want ${one}`, '', '|'], 'versions 0 and 1 have no delimiter'],
    [[`want ${one}`, `have ${two}`, ''], `expected what is wanted, not 'have ${two}'`],
    [[`want ${one}`, '', `have ${two}`], "no flush and no 'done' behind what is there"],
    [[`want ${one}`, '', `want ${two}`, 'done'], `expected what is there, not 'want ${two}'`],
    [[`want ${one}`, '', 'deepen 1', 'done'], "expected what is there, not 'deepen 1'"],
    [[`want ${one}`, '', 'have x', 'done'], "expected a sha1 object name in 'have x'"],
    [[`want ${one}`, '', 'done', 'done'], "expected the end of the request, not 'done'"],
    [[`want ${one}`, '', 'done', '', ''], 'a flush behind the end of the request'],
    [[`want ${one}`, '', `have ${two}`, '', 'done'], "expected the end of the request, not 'done'"],
    [[`want ${one}`, '', 'done', '=PACK'], "expected the length of a packet at byte 63, not 'PACK'"],
    [[`want ${one} ofs-delta`, `want ${two} thin-pack`, ''], `expected a sha1 object name in 'want ${two} thin-pack'`],
    [[`want ${one} push-options`, ''], "the capability 'push-options' is not offered"],
    [[`want ${one} allow-tip-sha1-in-want`, ''], "the capability 'allow-tip-sha1-in-want' is not offered"],
    [[`want ${one}\0thin-pack`, ''], "expected a space behind the first want, not '?thin-pack'"],
    [[`want ${'A'.repeat(40)}`, ''], `expected a sha1 object name in 'want ${'A'.repeat(40)}'`],
    [['want', ''], "expected a sha1 object name in 'want'"],
    [['=0004', ''], "expected what is wanted, not ''"],
    [['command=fetch', '|', ''], "expected what is wanted, not 'command=fetch'"],
    [[`want ${one}`, 'deepen 1', 'deepen-since 2', ''], /cannot be used together$/],
  ] as const)('is refused as %j', (lines, message) => {
    expect(mistakeIn(bodyOf(...lines), version0)).toMatch(message)
  })
})
