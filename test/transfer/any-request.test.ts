/** What holds for requests of any kind: bytes of strangers, and the same thing said in different ways. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readUploadPackRequest } from '../../src/transfer/request.ts'
import { bodyOf, fetchIn, linesOf, sha1, version0, version2 } from './bodies.ts'

const contexts = fc.constantFrom(version0, version2, { ...version2, objectFormat: 'sha256' } as const)
const hash = fc.string({ unit: fc.constantFrom('0', '9', 'a', 'f'), minLength: 40, maxLength: 40 })

/** Lines that mean something somewhere, and some that nearly do. */
const anyLine = fc.oneof(
  fc.constantFrom('', '|', '=0003', '=0002', '=fff1', '=0004', '=00', 'done', 'thin-pack', 'ofs-delta', 'include-tag'),
  fc.constantFrom('command=fetch', 'command=ls-refs', 'agent=x', 'object-format=sha1', 'object-format=sha256', 'peel'),
  fc.constantFrom('deepen 1', 'deepen 2147483647', 'deepen-relative', 'deepen-since 5', 'deepen-not refs/bugs/a'),
  fc.constantFrom('filter blob:none', 'filter combine:tree:1+blob:none', 'filter sparse:oid=a', 'ref-prefix refs/'),
  fc.tuple(fc.constantFrom('want', 'have', 'shallow'), hash).map(([word, name]) => `${word} ${name}`),
  hash.map(name => `want ${name} multi_ack side-band-64k filter deepen-relative`),
  fc.string({ unit: 'binary-ascii' }).filter(text => !text.startsWith('=')),
)

/** A request of version 2 that is right, as its parts. */
const soundParts = fc.record({
  wants: fc.uniqueArray(hash, { minLength: 1, maxLength: 8 }),
  haves: fc.array(hash, { maxLength: 4 }),
  others: fc.subarray(['thin-pack', 'no-progress', 'ofs-delta', 'include-tag', 'done', 'filter tree:3']),
  depth: fc.constantFrom(
    [],
    ['deepen 3'],
    ['deepen 3', 'deepen-relative'],
    ['deepen-since 5', 'deepen-not refs/bugs/a'],
  ),
  shallows: fc.uniqueArray(hash, { maxLength: 3 }),
  agent: fc.string({ unit: 'grapheme-ascii' }),
})
type Parts = typeof soundParts extends fc.Arbitrary<infer T> ? T : never

function fetchOf({ wants, haves, others, depth, shallows, agent }: Parts): Buffer {
  const head = ['command=fetch', `agent=${agent}`, 'object-format=sha1', '|']
  const lines = [...wants.map(name => `want ${name}`), ...shallows.map(name => `shallow ${name}`), ...depth, ...others]
  return bodyOf(...head, ...lines, ...haves.map(name => `have ${name}`), '')
}

function roundOf({ wants, haves, depth, shallows, agent }: Parts): Buffer {
  const [first, ...rest] = wants.map(name => `want ${name}`)
  const limits = [...shallows.map(name => `shallow ${name}`), ...depth.filter(line => line !== 'deepen-relative')]
  const flags = `ofs-delta agent=${agent.replaceAll(' ', '')} shallow deepen-relative`
  return bodyOf(`${first} ${flags}`, ...rest, ...limits, '', ...haves.map(name => `have ${name}`), '')
}

const writers = fc.constantFrom([fetchOf, version2] as const, [roundOf, version0] as const)

describe('any bytes', () => {
  test('are a request or a mistake that can be shown', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(anyLine, { maxLength: 12 }).map(lines => bodyOf(...lines)),
    )
    fc.assert(
      fc.property(bytes, contexts, (body, context) => {
        const result = readUploadPackRequest(body, context)
        const shown = result.kind === 'mistake' ? result.message : result.kind
        expect(shown).toMatch(/^[ -~]{5,250}$/)
      }),
      { numRuns: 2000 },
    )
  })

  test('are never read in part: whatever is cut off or put behind a request shows', () => {
    fc.assert(
      fc.property(soundParts, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 }), (parts, place, tail) => {
        const body = fetchOf(parts)
        const cut = body.subarray(0, place % body.length)
        expect(readUploadPackRequest(cut, version2).kind).toBe('mistake')
        expect(readUploadPackRequest(Buffer.concat([body, tail]), version2).kind).toBe('mistake')
      }),
    )
  })

  test('of many wants take a time that grows with them only', () => {
    const wants = (count: number) =>
      Array.from({ length: count }, (_, number) => `want ${(number * 7919).toString(16).padStart(40, '0')}`)
    const context = { ...version2, maxWants: 100_000 }
    const asked = fetchIn(bodyOf('command=fetch', '|', ...wants(20_000), ''), context)
    expect(asked.wants).toHaveLength(20_000)
    expect(asked.body.length).toBe(20_000 * 50 + bodyOf('command=fetch', 'object-format=sha1', '|', 'done', '').length)
  })
})

describe('what goes to git', () => {
  test('is read as what it was written from', () => {
    fc.assert(
      fc.property(soundParts, writers, (parts, [write, context]) => {
        const asked = fetchIn(write(parts), context)
        expect(fetchIn(asked.body, context)).toEqual(asked)
        expect(asked.wants).toEqual([...parts.wants].sort())
      }),
    )
  })

  test('is the same whoever asks, and in whatever order', () => {
    const twice = soundParts.chain(parts =>
      fc.record({
        parts: fc.constant(parts),
        wants: fc.shuffledSubarray([...parts.wants], { minLength: parts.wants.length }),
        shallows: fc.shuffledSubarray([...parts.shallows], { minLength: parts.shallows.length }),
        others: fc.shuffledSubarray([...parts.others], { minLength: parts.others.length }),
        agent: fc.string({ unit: 'grapheme-ascii' }),
      }),
    )
    fc.assert(
      fc.property(twice, writers, ({ parts, ...changed }, [write, context]) => {
        const other = write({ ...parts, ...changed })
        expect(fetchIn(other, context).body).toEqual(fetchIn(write(parts), context).body)
      }),
    )
  })

  test('differs where the answer may', () => {
    const bodies = [
      [],
      ['ofs-delta'],
      ['no-progress'],
      ['filter blob:none'],
      ['deepen 1'],
      ['deepen 2'],
      ['deepen 2', 'deepen-relative'],
      ['deepen-since 5'],
      ['deepen-not refs/bugs/a'],
      [`shallow ${sha1('1')}`],
      [`have ${sha1('1')}`],
      [`have ${sha1('1')}`, 'done'],
    ].map(lines => {
      const asked = bodyOf('command=fetch', '|', `want ${sha1('a')}`, ...lines, '')
      return linesOf(fetchIn(asked, version2).body).join('\n')
    })
    expect(new Set(bodies).size).toBe(bodies.length)
  })
})
