import { describe, expect, test } from 'vitest'
import { packetLine } from '../../src/transfer/packet.ts'
import { readUploadPackRequest } from '../../src/transfer/request.ts'
import { bodyOf, fetchIn, linesOf, mistakeIn, sha1, sha256, version2 } from './bodies.ts'

const fetchBody = (...lines: string[]) => bodyOf('command=fetch', 'agent=git/2.39', 'object-format=sha1', '|', ...lines)
const canonical = (...lines: string[]) => linesOf(fetchIn(fetchBody(...lines, ''), version2).body)
const head = ['command=fetch', 'object-format=sha1', '|']
const one = sha1('1')
const two = sha1('2')

describe('ls-refs', () => {
  const read = (...lines: string[]) => readUploadPackRequest(bodyOf('command=ls-refs', ...lines), version2)

  test('asks for prefixes', () => {
    expect(read('agent=x', '|', 'peel', 'symrefs', 'unborn', 'ref-prefix refs/bugs/', 'ref-prefix HEAD', '')).toEqual({
      kind: 'ls-refs',
      prefixes: ['refs/bugs/', 'HEAD'],
    })
  })

  test('asks for everything without arguments, with or without their delimiter', () => {
    expect(read('')).toEqual({ kind: 'ls-refs', prefixes: [] })
    expect(read('|', '')).toEqual({ kind: 'ls-refs', prefixes: [] })
  })

  test('asks for everything where it names more prefixes than anybody looks at', () => {
    const prefixes = (count: number) => Array.from({ length: count }, (_, number) => `ref-prefix refs/bugs/${number}`)
    const ask = (count: number) =>
      readUploadPackRequest(bodyOf('command=ls-refs', '|', ...prefixes(count), ''), version2)
    expect(ask(4096)).toMatchObject({ prefixes: { length: 4096 } })
    expect(ask(4097)).toEqual({ kind: 'ls-refs', prefixes: [] })
  })

  test('has no other arguments', () => {
    expect(read('|', 'ref-suffix x', '')).toMatchObject({ message: "ls-refs has no argument 'ref-suffix x' here" })
    expect(read('|', `want ${one}`, '')).toMatchObject({ message: expect.stringContaining('has no argument') })
  })
})

describe('fetch', () => {
  test('is written anew, without what decides no answer', () => {
    const asked = fetchIn(
      bodyOf(
        'agent=git/2.39.5-Linux',
        'session-id=abc',
        'object-format=sha1',
        'command=fetch',
        '|',
        'ofs-delta',
        'include-tag',
        `want ${two}`,
        'thin-pack',
        `want ${one}`,
        `want ${two}`,
        'no-progress',
        `have ${sha1('4')}`,
        `have ${sha1('3')}`,
        'done',
        '',
      ),
      version2,
    )
    expect(asked).toMatchObject({ version: 2, wants: [one, two], deepened: [], deepenNot: [] })
    expect(linesOf(asked.body)).toEqual([
      ...head,
      'no-progress',
      'ofs-delta',
      `want ${one}`,
      `want ${two}`,
      `have ${sha1('4')}`,
      `have ${sha1('3')}`,
      'done',
      '',
    ])
  })

  test('keeps a round of negotiation open, and ends one in which nothing is there', () => {
    expect(canonical(`want ${one}`, `have ${two}`)).toEqual([...head, `want ${one}`, `have ${two}`, ''])
    expect(canonical(`want ${one}`)).toEqual([...head, `want ${one}`, 'done', ''])
  })

  test('carries where history ends', () => {
    expect(canonical(`want ${one}`, `shallow ${two}`, `shallow ${one}`, 'deepen 3', 'deepen-relative')).toEqual([
      ...head,
      `want ${one}`,
      `shallow ${one}`,
      `shallow ${two}`,
      'deepen 3',
      'deepen-relative',
      'done',
      '',
    ])
  })

  test('carries times and refs at which history ends, and tells which refs', () => {
    const asked = fetchIn(
      fetchBody(`want ${one}`, 'deepen-not refs/bugs/b', 'deepen-since 1700000000', 'deepen-not refs/bugs/a', ''),
      version2,
    )
    expect(asked.deepenNot).toEqual(['refs/bugs/a', 'refs/bugs/b'])
    expect(linesOf(asked.body)).toEqual([
      ...head,
      `want ${one}`,
      'deepen-since 1700000000',
      'deepen-not refs/bugs/a',
      'deepen-not refs/bugs/b',
      'done',
      '',
    ])
  })

  test('counts all of history from what is wanted', () => {
    const [, , , , , depth, ...rest] = canonical(
      `want ${one}`,
      `shallow ${two}`,
      'deepen 2147483647',
      'deepen-relative',
    )
    expect(depth).toBe('deepen 2147483646')
    expect(rest).toEqual(['done', ''])
  })

  test('carries a filter in its one form', () => {
    expect(canonical(`want ${one}`, 'filter blob:limit=1k')).toContain('filter blob:limit=1024')
  })

  test('names objects of the repository', () => {
    const context = { ...version2, objectFormat: 'sha256' } as const
    const asked = bodyOf('command=fetch', 'object-format=sha256', '|', `want ${sha256('a')}`, '')
    expect(fetchIn(asked, context).wants).toEqual([sha256('a')])
    expect(linesOf(fetchIn(asked, context).body)[1]).toBe('object-format=sha256')
    expect(mistakeIn(asked, version2)).toBe("'object-format=sha256', but it is sha1")
    expect(mistakeIn(bodyOf('command=fetch', '|', `want ${sha256('a')}`, ''), context)).toBe(
      "'object-format=sha1', but it is sha256",
    )
  })

  test.each([
    ['want', "expected a sha1 object name in 'want'"],
    [`want ${'A'.repeat(40)}`, `expected a sha1 object name in 'want ${'A'.repeat(40)}'`],
    ['want abc', "expected a sha1 object name in 'want abc'"],
    [`want ${'a'.repeat(64)}`, `expected a sha1 object name in 'want ${'a'.repeat(55)}...'`],
    [`want ${one} thin-pack`, `expected a sha1 object name in 'want ${one} thin-pack'`],
    [`want ${one}\0`, `expected a sha1 object name in 'want ${one}?'`],
    [`have  ${one}`, `expected a sha1 object name in 'have  ${one}'`],
    ['shallow x', "expected a sha1 object name in 'shallow x'"],
    ['deepen 0', "expected a number from 1 to 2147483647 in 'deepen 0'"],
    ['deepen -1', "expected a number from 1 to 2147483647 in 'deepen -1'"],
    ['deepen 010', "expected a number from 1 to 2147483647 in 'deepen 010'"],
    ['deepen 2147483648', "expected a number from 1 to 2147483647 in 'deepen 2147483648'"],
    ['deepen 1 2', "expected a number from 1 to 2147483647 in 'deepen 1 2'"],
    ['deepen', "expected a number from 1 to 2147483647 in 'deepen'"],
    ['deepen-since yesterday', "expected a number from 1 to 9007199254740991 in 'deepen-since yesterday'"],
    ['deepen-not', 'deepen-not without a ref'],
    [`=fff0deepen-not ${'x'.repeat(65_505)}`, 'a ref with a name of 65505 bytes'],
    ['filter sparse:oid=x', "the filter 'sparse:oid=x' is not offered"],
    ['wait-for-done', "fetch has no argument 'wait-for-done' here"],
    ['sideband-all', "fetch has no argument 'sideband-all' here"],
    ['packfile-uris https', "fetch has no argument 'packfile-uris https' here"],
    ['want-ref refs/heads/secret', "fetch has no argument 'want-ref refs/heads/secret' here"],
    ['done ', "fetch has no argument 'done ' here"],
    ['=0004', "fetch has no argument '' here"],
    ['\x1b[2J', "fetch has no argument '?[2J' here"],
    ['|', 'no flush behind the arguments of fetch'],
  ])('refuses %j', (line, message) => {
    expect(mistakeIn(fetchBody(`want ${one}`, line, ''), version2)).toBe(message)
  })

  test.each([
    [['deepen 1', 'deepen 2'], "'deepen 2' comes after another one"],
    [['deepen-since 1', 'deepen-since 1'], "'deepen-since 1' comes after another one"],
    [['filter blob:none', 'filter blob:none'], 'more than one filter'],
    [['deepen 1', 'deepen-since 5'], 'deepen and deepen-since or deepen-not cannot be used together'],
    [['deepen-not refs/bugs/a', 'deepen 1'], 'deepen and deepen-since or deepen-not cannot be used together'],
  ])('refuses %j together', (lines, message) => {
    expect(mistakeIn(fetchBody(`want ${one}`, ...lines, ''), version2)).toBe(message)
  })

  test('ends history at a bounded number of refs', () => {
    const names = (count: number) => Array.from({ length: count }, (_, number) => `deepen-not refs/bugs/${number}`)
    expect(fetchIn(fetchBody(`want ${one}`, ...names(1000), ''), version2).deepenNot).toHaveLength(1000)
    expect(mistakeIn(fetchBody(`want ${one}`, ...names(1001), ''), version2)).toBe('deepen-not more than 1000 times')
  })

  test('wants something, and not more than there may be', () => {
    expect(mistakeIn(fetchBody(`have ${one}`, 'done', ''), version2)).toBe('no object is wanted')
    expect(mistakeIn(bodyOf('command=fetch', ''), version2)).toBe('no object is wanted')
    const context = { ...version2, maxWants: 2 }
    expect(fetchIn(fetchBody(`want ${one}`, `want ${one}`, ''), context).wants).toEqual([one])
    expect(mistakeIn(fetchBody(`want ${one}`, `want ${two}`, `want ${sha1('3')}`, ''), context)).toBe(
      'more than 2 wants',
    )
  })

  test('says no more of what is there than git would', () => {
    const asking = (word: string, count: number) => {
      const lines = Array.from({ length: count }, (_, n) => packetLine(`${word} ${n.toString(16).padStart(40, '0')}\n`))
      return Buffer.from(`${packetLine('command=fetch')}0001${packetLine(`want ${one}`)}${lines.join('')}0000`)
    }
    const haves = (count: number) => asking('have', count)
    expect(fetchIn(haves(151_000), version2).wants).toEqual([one])
    expect(mistakeIn(haves(151_001), version2)).toBe('more than 151000 haves')
    const shallows = (count: number) => asking('shallow', count)
    expect(fetchIn(shallows(1000), version2).wants).toEqual([one])
    expect(mistakeIn(shallows(1001), version2)).toBe('more than 1000 ends of history')
  })
})

describe('a request of version 2', () => {
  test('may be a flush and nothing else', () => {
    expect(readUploadPackRequest(bodyOf(''), version2)).toEqual({ kind: 'empty' })
  })

  test.each([
    [[], 'the request is empty'],
    [['', ''], 'a flush behind the end of the request'],
    [['|', ''], 'no command'],
    [['agent=git', ''], 'no command'],
    [['command=ls-refs'], 'no flush behind the command'],
    [['command=ls-refs', '|', 'peel'], 'no flush behind the arguments of ls-refs'],
    [['command=object-info', '|', 'size', ''], "the command 'object-info' is not offered"],
    [['command=bundle-uri', ''], "the command 'bundle-uri' is not offered"],
    [['command=', ''], "the command '' is not offered"],
    [['command=ls-refs', 'command=fetch', ''], 'more than one command'],
    [['command=fetch', 'server-option=x', ''], "the capability 'server-option=x' is not offered"],
    [['command=ls-refs', 'object-format=md5', ''], "'object-format=md5', but it is sha1"],
    [['command=ls-refs', '', 'command=ls-refs', ''], "expected the end of the request, not 'command=ls-refs'"],
    [['command=ls-refs', '', ''], 'a flush behind the end of the request'],
    [['command=ls-refs', '', '=00'], "expected the length of a packet at byte 24, not '00'"],
    [[`want ${one}`, '', 'done'], `the capability 'want ${one}' is not offered`],
  ])('is refused as %j', (lines, message) => {
    expect(mistakeIn(bodyOf(...lines), version2)).toBe(message)
  })
})
