/**
 * An entity made worse at one or more of its levels: the bytes or the JSON of a blob, the entries of a tree, the lines
 * of a commit, the tip. Objects keep their names, as git does not compare them with what it reads; so histories can
 * run in circles.
 */
import { hash } from 'node:crypto'
import { parseTree } from '../../../src/git/objects.ts'
import type { GitObject } from '../../opinion/git-objects.ts'
import { arrayElements, objectMember } from '../../opinion/json-text.ts'
import type { Random } from '../../opinion/random.ts'
import { randomBytes, worsen } from './bytes.ts'
import type { Specimen } from './corpus.ts'
import { rewrite } from './json.ts'

const clocks = [
  '0',
  '1',
  '007',
  '',
  'x',
  '-1',
  '18446744073709551615',
  '18446744073709551616',
  '9007199254740993',
  '1e3',
]

/** A worse copy of a specimen. `other` lends parts. */
export function mutate(random: Random, specimen: Specimen, other: Specimen): Specimen {
  const objects = new Map(specimen.objects)
  let { tip, id, kind } = specimen
  for (let changes = random.percent(70) ? 1 : 2 + random.int(2); changes > 0; changes -= 1) {
    const [name, object] = random.pick([...objects])
    const lent = random.pick([...other.objects.values()])
    const what = random.int(20)
    if (what === 0) objects.delete(name)
    else if (what === 1) objects.set(name, lent)
    else if (what === 2) tip = random.percent(80) ? name : '0'.repeat(tip.length)
    else if (what === 3) kind = kind === 'bug' ? 'identity' : 'bug'
    else objects.set(name, { type: object.type, bytes: mutateObject(random, object, { name, lent, objects }) })
  }
  // A bug whose first operation was changed has another id; else nothing behind it would ever be looked at.
  if (random.percent(80)) id = idOf({ kind, tip, id, objects }) ?? id
  return { kind, id, tip, objects }
}

interface Surroundings {
  readonly name: string
  readonly lent: GitObject
  readonly objects: ReadonlyMap<string, GitObject>
}

function mutateObject(random: Random, object: GitObject, around: Surroundings): Buffer {
  const { bytes, type } = object
  if (random.percent(2)) return randomBytes(random, 300)
  if (random.percent(30)) return worsen(random, bytes, around.lent.bytes)
  if (type === 'blob') return rewrite(random, bytes)
  return type === 'tree' ? mutateTree(random, bytes, around) : mutateCommit(random, bytes, around)
}

function mutateTree(random: Random, bytes: Buffer, { name, objects }: Surroundings): Buffer {
  const hashBytes = name.length / 2
  const entries = (parseTree(bytes, hashBytes) ?? []).map(entry => ({ ...entry, mode: '100644' }))
  const newName = () =>
    random.pick([
      'ops',
      'version',
      'version-4',
      'version-5',
      'extra',
      `edit-clock-${random.pick(clocks)}`,
      `create-clock-${random.pick(clocks)}`,
      '__proto__',
      '',
      'a b',
      '\n',
      '\ud800',
      'x'.repeat(5000),
    ])
  const newHash = () => (random.percent(70) ? random.pick([...objects.keys()]) : 'e'.repeat(hashBytes * 2))
  for (let changes = 1 + random.int(3); changes > 0; changes -= 1) {
    const at = random.int(entries.length + 1)
    const entry = entries[at]
    const what = random.int(6)
    if (!entry || what === 0) entries.splice(at, 0, { name: newName(), hash: newHash(), mode: '100644' })
    else if (what === 1) entries.splice(at, 1)
    else if (what === 2) entries[at] = { ...entry, name: newName() }
    else if (what === 3) entries[at] = { ...entry, hash: newHash() }
    else if (what === 4) entries[at] = { ...entry, mode: random.pick(['40000', '160000', '120000', '0', '', 'x y']) }
    else entries.push(entry)
  }
  return Buffer.concat(entries.map(entry => encodeEntry(entry)))
}

function encodeEntry(entry: { readonly name: string; readonly hash: string; readonly mode: string }): Buffer {
  return Buffer.concat([Buffer.from(`${entry.mode} ${entry.name}\0`), Buffer.from(entry.hash, 'hex')])
}

function mutateCommit(random: Random, bytes: Buffer, { name, objects }: Surroundings): Buffer {
  const lines = bytes.toString('latin1').split('\n')
  const someone = () => (random.percent(90) ? random.pick([...objects.keys()]) : 'd'.repeat(name.length))
  switch (random.int(7)) {
    case 0:
      lines.splice(1, 0, `parent ${someone()}`)
      break
    case 1:
      lines.splice(1, 1)
      break
    case 2:
      lines[0] = `tree ${someone()}`
      break
    case 3:
      lines.splice(
        1,
        0,
        ...Array.from({ length: random.int(random.percent(2) ? 5000 : 10) }, () => `parent ${someone()}`),
      )
      break
    case 4:
      // Its own parent, or one that has it among its own: a history that runs in a circle.
      lines[1] = `parent ${random.percent(50) ? name : someone()}`
      break
    case 5:
      lines.splice(random.int(lines.length), 0, `gpgsig ${randomBytes(random, 60).toString('latin1')}`)
      break
    default:
      lines.splice(random.int(lines.length), 1, ...lines.slice(random.int(lines.length)))
  }
  return Buffer.from(lines.join('\n'), 'latin1')
}

/** The id that the entity would have by its first pack or version, in whatever can be found of it. */
function idOf({ kind, tip, objects }: Specimen): string | undefined {
  const seen = new Set<string>()
  for (let name = tip; !seen.has(name); ) {
    seen.add(name)
    const lines = objects.get(name)?.bytes.toString('latin1').split('\n') ?? []
    const parent = lines.find(line => line.startsWith('parent '))
    if (parent !== undefined) {
      name = parent.slice('parent '.length)
      continue
    }
    const tree = objects.get(lines[0]?.slice('tree '.length) ?? '')
    const wanted = kind === 'bug' ? 'ops' : 'version'
    const entry = tree && parseTree(tree.bytes, tip.length / 2)?.find(candidate => candidate.name === wanted)
    const blob = objects.get(entry?.hash ?? '')?.bytes
    if (!blob) return undefined
    return hash('sha256', kind === 'bug' ? firstOperation(blob) : blob)
  }
  return undefined
}

function firstOperation(blob: Buffer): Buffer {
  try {
    JSON.parse(blob.toString())
    return Buffer.from(arrayElements(objectMember(blob.toString('latin1'), 'ops'))[0] ?? '', 'latin1')
  } catch {
    return blob
  }
}
