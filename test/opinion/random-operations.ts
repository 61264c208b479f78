/**
 * Operations as somebody might write them, by chance: all eight kinds, in any spacing and order of keys, about targets
 * that are there, elsewhere or nowhere, with texts that are hard on whoever reads them. All of them are readable;
 * `random-defects.ts` makes those that are not.
 */
import { createHash } from 'node:crypto'
import type { Random } from './random.ts'

/** What the writers of one bug know. */
export interface Surroundings {
  /** Ids of the operations so far, on whatever branch. */
  readonly operations: readonly string[]
  /** Hashes of blobs. */
  readonly files: readonly string[]
}

export interface WrittenOperation {
  readonly id: string
  readonly json: string
}

const texts = [
  '',
  'It smokes.',
  'line one\nline two\r\nline three\n\n',
  'ümläut é e\u0301 日本語 🐛👩‍👩‍👧',
  'right to left: \u202eabc\u202c, zero\u200bwidth',
  '"quotes" \\ </script> & <b>',
  '\u0000\u0001\u001b[31m\u007f\u2028',
  '\ufeffmark',
  '[1,2,{"ops":[]}],"}',
  'x'.repeat(3000),
]
const titles = ['Smoke', 'Fire 🔥', 'a "quoted" title', 'Ω', 'smoke']
const labels = ['bug', 'Bug', 'ui', 'área', 'é', '\ud83d\udc1b', '\uffee', 'prio:high', 'a b', '__proto__']
const keys = ['origin', 'github-id', '__proto__', 'constructor', 'toString', '', 'é', '0', '10', '9']

/** A Create. */
export function createOperation(random: Random, around: Surroundings): WrittenOperation {
  return written(random, 1, { title: random.pick(titles), message: random.pick(texts), files: files(random, around) })
}

/** Any operation but, most of the time, a Create. */
export function anyOperation(random: Random, around: Surroundings): WrittenOperation {
  const target = random.percent(8) ? digest(random) : random.pick(around.operations)
  const message = random.pick(texts)
  switch (random.int(14)) {
    case 0:
      return random.percent(20) ? createOperation(random, around) : written(random, 7, {})
    case 1:
      return written(random, 2, { title: random.pick(titles), was: random.pick(titles) })
    case 2:
    case 3:
      return written(random, 4, { status: 1 + random.int(2) })
    case 4:
    case 5:
    case 6:
      return written(random, 5, { added: some(random, labels), removed: some(random, labels) })
    case 7:
    case 8:
    case 9:
      return written(random, 6, { target, message, files: files(random, around) })
    case 10:
    case 11: {
      const set = some(random, keys).map(key => [key, random.pick(texts)] as const)
      return written(random, 8, { target, new_metadata: Object.fromEntries(set) })
    }
    default:
      return written(random, 3, { message, files: files(random, around) })
  }
}

function written(random: Random, type: number, fields: Readonly<Record<string, unknown>>): WrittenOperation {
  const metadata = random.percent(15) ? { [random.pick(keys)]: random.pick(texts) } : undefined
  const members = Object.entries({
    type,
    timestamp: 1_700_000_000 + (random.percent(5) ? -random.int(2 ** 31) : random.int(20) * 3600),
    nonce: Buffer.from(digest(random), 'hex').toString('base64'),
    ...(metadata === undefined ? {} : { metadata }),
    ...fields,
    ...(random.percent(5) ? { unknown: { deep: [[{ type: 3 }], '}'] } } : {}),
  })
  if (random.percent(10)) members.reverse()
  const space = random.percent(10) ? random.pick([' ', '\n\t', '\r\n  ']) : ''
  const json = members.map(([key, value]) => `${space}${JSON.stringify(key)}:${space}${encoded(random, value)}`)
  const text = `{${json.join(',')}${space}}`
  return { id: createHash('sha256').update(text).digest('hex'), json: text }
}

/** JSON, now and then with escapes where there need be none, and never with the same bytes as a matter of course. */
function encoded(random: Random, value: unknown): string {
  const json = JSON.stringify(value)
  if (!random.percent(10)) return json
  return json.replace(/[^ -~]|[<>&/]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function files(random: Random, around: Surroundings): readonly string[] | null {
  if (!random.percent(20)) return random.percent(50) ? null : []
  return random.percent(20) ? [digest(random).slice(0, 40)] : some(random, around.files)
}

/** Up to three, the same one twice perhaps. */
function some<T>(random: Random, from: readonly T[]): T[] {
  return Array.from({ length: random.int(4) }, () => random.pick(from))
}

function digest(random: Random): string {
  return createHash('sha256')
    .update(String(random.int(2 ** 31)))
    .digest('hex')
}
