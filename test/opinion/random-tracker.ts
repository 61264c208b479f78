/**
 * Trackers as several clones make them that know little of each other: each appends packs to the same bugs from tips of
 * its own, with clocks of its own, and merges what others have, so that equal clocks, equal times, times that run
 * backwards and edits of what stands elsewhere come about. Some bugs and people are defective. Equal seeds give equal
 * repositories.
 */
import { createTrackerWriter, type TrackerWriter } from '../../src/demo/writer.ts'
import { createRandom, type Random } from './random.ts'
import { addDefect, addUnreadablePeople } from './random-defects.ts'
import { anyOperation, createOperation, type WrittenOperation } from './random-operations.ts'

/** What a clone has of a bug. */
interface Clone {
  tip: string
  clock: number
}

/** Several bugs by several people. */
export function randomTracker(seed: number): TrackerWriter {
  const random = createRandom(seed)
  const t = createTrackerWriter({ seed, objectFormat: random.percent(10) ? 'sha256' : 'sha1' })
  const people = Array.from({ length: 1 + random.int(4) }, () => addPerson(random, t))
  const files = [t.attach('a file'), t.attach(Buffer.of(0, 255)), t.attach('')]
  for (let bugs = 1 + random.int(5); bugs > 0; bugs -= 1) addBug(random, t, { people, files })
  if (random.percent(15)) addUnreadablePeople(random, t)
  return t
}

function addPerson(random: Random, t: TrackerWriter): string {
  const details = () => ({
    ...(random.percent(80) ? { name: random.pick(['Ada', 'ada', 'Ada Lovelace', 'Zoë 🦋', '<b>']) } : {}),
    login: random.pick(['ada', 'al', 'ghost']),
    ...(random.percent(50) ? { email: 'ada@example.org', avatarUrl: 'https://example.org/a.png' } : {}),
    ...(random.percent(20) ? { metadata: { origin: 'elsewhere' } } : {}),
    at: 1_600_000_000 + random.int(1000) * 86_400,
  })
  const person = t.identity(details())
  for (let more = random.int(3); more > 0; more -= 1) t.identityVersion(person, details())
  return person.id
}

function addBug(
  random: Random,
  t: TrackerWriter,
  around: { people: readonly string[]; files: readonly string[] },
): void {
  const { people, files } = around
  const create = createOperation(random, { operations: [], files })
  const operations = [create.id]
  const start = 1 + random.int(50)
  const more = () => Array.from({ length: random.int(3) }, () => anyOperation(random, { operations, files }))
  const first = [create, ...more()]
  const root = t.packCommit({
    ops: pack(random, random.pick(people), first),
    createClocks: [1 + random.int(50)],
    editClocks: [start],
    at: 1,
  })
  const clones: Clone[] = Array.from({ length: 1 + random.int(4) }, () => ({ tip: root, clock: start }))
  for (let steps = random.int(25); steps > 0; steps -= 1) {
    const clone = random.pick(clones)
    if (random.percent(25)) merge(clone)
    else append(clone)
  }
  const [mine = { tip: root, clock: start }, ...others] = clones
  if (random.percent(80)) merge(mine, others)
  if (random.percent(50)) append(mine)
  if (random.percent(15))
    addDefect(random, t, { tip: mine.tip, clock: mine.clock, author: random.pick(people), id: create.id })
  else t.ref(`refs/bugs/${create.id}`, mine.tip)

  function append(clone: Clone): void {
    const written = [...more(), ...(random.percent(95) ? [anyOperation(random, { operations, files })] : [])]
    operations.push(...written.map(operation => operation.id))
    clone.clock += random.percent(90) ? 1 : 1 + random.int(random.percent(10) ? 1_000_000 : 5)
    clone.tip = t.packCommit({
      ops: pack(random, random.pick(people), written),
      editClocks: [clone.clock],
      parents: [clone.tip],
      at: 1,
      ...(random.percent(10) ? { entries: [{ path: 'extra/file0', hash: random.pick(files) }] } : {}),
    })
  }

  /** With one other clone, with some at once, or by taking over what another has. */
  function merge(clone: Clone, others = [random.pick(clones)]): void {
    const tips = [...new Set([clone, ...others].map(({ tip }) => tip))]
    const latest = Math.max(clone.clock, ...others.map(({ clock }) => clock))
    if (tips.length === 1) return
    clone.clock = latest + 1 + (random.percent(90) ? 0 : random.int(2_000_000))
    const ops = `{"author":{"id":"${random.pick(people)}"},"ops":${random.pick(['null', '[]'])}}`
    clone.tip = t.packCommit({ ops, editClocks: [clone.clock], parents: tips, at: 1 })
    // Now and then the others follow at once, as after a push and a pull.
    for (const other of others) if (random.percent(50)) Object.assign(other, clone)
  }
}

/** The `ops` blob, in one of the many spellings of the same thing. */
function pack(random: Random, author: string, operations: readonly WrittenOperation[]): string {
  const space = random.percent(10) ? random.pick([' ', '\n\t', '\r\n  ']) : ''
  const list = `[${space}${operations.map(({ json }) => json).join(`${space},${space}`)}${space}]`
  const parts = [`"author":${space}{"id":"${author}"}`, `"ops"${space}:${list}`]
  if (random.percent(10)) parts.reverse()
  if (random.percent(5)) parts.splice(random.int(3), 0, '"other":{"ops":[1,"]"]}')
  return `${space}{${space}${parts.join(`,${space}`)}}${space}`
}
