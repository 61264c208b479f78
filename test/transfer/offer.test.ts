import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOffer } from '../../src/transfer/offer.ts'
import { readProtocolVersion } from '../../src/transfer/protocol-version.ts'
import { linesOf, sha1, sha256 } from './bodies.ts'

const agent = 'git-bug-viewer/1.2.3'
const bug = { name: 'refs/bugs/aa', hash: sha1('1') }
const other = { name: 'refs/bugs/ab', hash: sha1('2') }
const person = { name: 'refs/identities/aa', hash: sha1('3') }
const refs = [bug, other, person]
const offer = createOffer({ refs, objectFormat: 'sha1' }, agent)
const line = ({ hash, name }: { hash: string; name: string }) => `${hash} ${name}`
const packets = (parts: readonly Uint8Array[]) => linesOf(Buffer.concat(parts))

const capabilities =
  'multi_ack side-band side-band-64k ofs-delta shallow deepen-since deepen-not deepen-relative' +
  ' no-progress multi_ack_detailed no-done filter allow-reachable-sha1-in-want object-format=sha1' +
  ' agent=git-bug-viewer/1.2.3'

describe('an advertisement', () => {
  test('of version 0 lists the refs, with the capabilities behind the first', () => {
    expect(packets(offer.advertise(0))).toEqual([
      '# service=git-upload-pack',
      '',
      `${line(bug)}\0${capabilities}`,
      line(other),
      line(person),
      '',
    ])
  })

  test('of version 1 says so first', () => {
    const [service, flush, ...rest] = packets(offer.advertise(0))
    expect(packets(offer.advertise(1))).toEqual([service, flush, 'version 1', ...rest])
  })

  test('of version 2 lists what can be asked, and no ref', () => {
    expect(packets(offer.advertise(2))).toEqual([
      'version 2',
      'agent=git-bug-viewer/1.2.3',
      'ls-refs',
      'fetch=shallow filter',
      'object-format=sha1',
      '',
    ])
  })

  test.each([['sha1', sha1('0')] as const, ['sha256', sha256('0')] as const])(
    'without refs has a line for the capabilities (%s)',
    (objectFormat, nothing) => {
      const [, , first, ...rest] = packets(createOffer({ refs: [], objectFormat }, agent).advertise(0))
      expect(first).toBe(`${nothing} capabilities^{}\0${capabilities.replace('=sha1', `=${objectFormat}`)}`)
      expect(rest).toEqual([''])
    },
  )

  test('names a program whose version has spaces in one word', () => {
    const [, , first] = packets(createOffer({ refs, objectFormat: 'sha1' }, 'a b\n/é').advertise(0))
    expect(first).toMatch(/ agent=a\.b\.\/\.$/)
  })

  test('leaves out a ref whose name is too long for a packet', () => {
    const long = { name: `refs/bugs/${'é'.repeat(40_000)}`, hash: sha1('4') }
    const shortened = createOffer({ refs: [bug, long, person], objectFormat: 'sha1' }, agent)
    expect(packets(shortened.list([]))).toEqual([line(bug), line(person), ''])
  })
})

describe('a list of refs', () => {
  test('has all of them where no prefix is given', () => {
    expect(packets(offer.list([]))).toEqual([...refs.map(line), ''])
    expect(packets(offer.list(['']))).toEqual([...refs.map(line), ''])
  })

  test('has each once, in order, however prefixes overlap', () => {
    expect(packets(offer.list(['refs/identities/', 'refs/bugs/ab', 'refs/bugs/', 'refs/bugs/a']))).toEqual([
      ...refs.map(line),
      '',
    ])
    expect(packets(offer.list(['refs/identities/aa', 'refs/bugs/aa']))).toEqual([line(bug), line(person), ''])
  })

  test('is empty where no ref starts so', () => {
    expect(packets(offer.list(['refs/heads/', 'HEAD', 'refs/bugs/aaa', 'zzz']))).toEqual([''])
  })

  test('equals what a look at each ref and each prefix finds', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', '🐛', '\ufffd'), minLength: 1, maxLength: 5 })
    const bytes = (text: string) => Buffer.from(text).toString('latin1')
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.array(name.map(bytes)), (names, prefixes) => {
        const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        const some = createOffer(
          { refs: sorted.map(text => ({ name: text, hash: sha1('1') })), objectFormat: 'sha1' },
          '',
        )
        const isWanted = (text: string) => prefixes.length === 0 || prefixes.some(prefix => text.startsWith(prefix))
        const expected = sorted.map(bytes).filter(isWanted)
        expect(packets(some.list(prefixes))).toEqual([...expected.map(text => `${sha1('1')} ${text}`), ''])
        expect(sorted.every(text => some.has(bytes(text)))).toBe(true)
        expect(prefixes.filter(prefix => some.has(prefix))).toEqual(
          prefixes.filter(one => sorted.map(bytes).includes(one)),
        )
      }),
    )
  })
})

test('an offer knows its refs by their whole names', () => {
  expect(['refs/bugs/aa', 'refs/bugs/a', 'bugs/aa', 'refs/heads/main', ''].map(offer.has)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
})

test('a hundred thousand refs are written once, and shared by all who ask', () => {
  const many = Array.from({ length: 100_000 }, (_, number) => ({
    name: `refs/bugs/${number.toString(16).padStart(64, '0')}`,
    hash: sha1('a'),
  }))
  const large = createOffer({ refs: many, objectFormat: 'sha1' }, agent)
  const [first] = large.list([])
  const [, second] = large.advertise(0)
  expect(second?.buffer).toBe(first?.buffer)
  expect(large.list(['refs/bugs/'])[0]?.buffer).toBe(first?.buffer)
  expect(first?.byteLength).toBe(100_000 * (4 + 40 + 1 + 74 + 1))
})

describe('the version of the protocol', () => {
  test.each([
    [undefined, 0],
    ['', 0],
    ['version=0', 0],
    ['version=1', 1],
    ['version=2', 2],
    ['version=1:version=2', 2],
    ['version=2:version=1', 2],
    ['key=value:version=2:flag', 2],
    ['version=3', 0],
    ['version=3:version=1', 1],
    ['version=22', 0],
    ['version = 2', 0],
    ['Version=2', 0],
    ['version=2,', 0],
  ] as const)('is read from %j as %i', (header, version) => {
    expect(readProtocolVersion(header)).toBe(version)
  })
})
