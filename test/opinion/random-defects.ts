/** Bugs and people that cannot be read, each in one of the ways that the format's description names. */
import type { TrackerWriter } from '../../src/demo/writer.ts'
import type { Random } from './random.ts'

/** A sound bug so far. */
interface Stem {
  readonly tip: string
  readonly clock: number
  /** A person's id. */
  readonly author: string
  readonly id: string
}

/** Ends a bug with something that makes it unreadable, and points its ref, or one that is not its own, there. */
export function addDefect(random: Random, t: TrackerWriter, stem: Stem): void {
  const ref = `refs/bugs/${stem.id}`
  const nobody = '0'.repeat(64)
  const ops = (operation: string, author = stem.author) => `{"author":{"id":"${author}"},"ops":[${operation}]}`
  const comment = '{"type":3,"timestamp":1700000000,"nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAA=","message":"m","files":null}'
  const next = stem.clock + 1
  const append = (pack: Parameters<TrackerWriter['packCommit']>[0]) =>
    t.ref(ref, t.packCommit({ ops: ops(comment), editClocks: [next], parents: [stem.tip], ...pack }))
  const appendOperation = (operation: string) => append({ ops: ops(operation) })
  const missing = 'e'.repeat(t.objectFormat === 'sha1' ? 40 : 64)
  const person = 'A <> 1 +0000'
  const defects: (() => void)[] = [
    () => appendOperation(comment.replace('"type":3', '"type":9')),
    () => appendOperation(comment.replace('"type":3', '"type":"3"')),
    () => appendOperation(comment.replace('"message":"m"', '"message":5')),
    () => appendOperation(comment.replace('1700000000', '"now"')),
    () => appendOperation(comment.replace('null', '["not a hash"]')),
    () => appendOperation('{"type":4,"timestamp":1,"status":3}'),
    () => appendOperation('null'),
    () => append({ ops: ops(comment, nobody) }),
    () => append({ ops: ops(comment).slice(0, -1) }),
    () => append({ ops: Buffer.from(ops(comment.replace('"m"', '"\u00ff"')), 'latin1') }),
    () => append({ ops: `\ufeff${ops(comment)}` }),
    () => append({ ops: '' }),
    () => append({ ops: '[]' }),
    () => append({ versions: ['5'] }),
    () => append({ versions: [] }),
    () => append({ editClocks: [] }),
    () => append({ editClocks: ['x'] }),
    () => append({ editClocks: [2n ** 64n] }),
    () => append({ editClocks: [stem.clock] }),
    () => append({ editClocks: [stem.clock + 1_000_001] }),
    () => {
      const other = t.packCommit({ ops: ops(comment), editClocks: [1], createClocks: [1] })
      const merge = `{"author":{"id":"${stem.author}"},"ops":null}`
      append({ ops: merge, parents: [stem.tip, other] })
    },
    () => {
      const side = t.packCommit({ ops: ops(comment), editClocks: [next], parents: [stem.tip] })
      append({ parents: [stem.tip, side], editClocks: [next + 1] })
    },
    () => {
      const side = t.packCommit({ ops: ops(comment), editClocks: [next], parents: [stem.tip] })
      append({ parents: [stem.tip, side], ops: `{"author":{"id":"${stem.author}"},"ops":null}` })
    },
    () => t.ref(`refs/bugs/${nobody}`, stem.tip),
    () => t.ref('refs/bugs/name', stem.tip),
    () => t.ref(`${ref}0`, stem.tip),
    () => t.ref(`refs/bugs/${stem.id.slice(0, 40)}`, stem.tip),
    () => t.ref(`refs/bugs/${stem.id.replace(/.$/, 'F')}`, stem.tip),
    () => t.ref(ref, t.attach('a blob')),
    () => t.ref(ref, t.object('tag', Buffer.from(`object ${stem.tip}\ntype commit\ntag x\ntagger ${person}\n\n`))),
    () => {
      const ends = `tree ${missing}\nparent ${stem.tip}\nauthor ${person}\ncommitter ${person}\n\n`
      t.ref(ref, t.object('commit', Buffer.from(ends)))
    },
    () => t.ref(ref, t.packCommit({ ops: ops(comment), editClocks: [1], createClocks: [0] })),
    () => t.ref(ref, t.packCommit({ ops: ops(comment), editClocks: [1] })),
  ]
  random.pick(defects)()
}

/** Identities that are none, and perhaps a bug by one of them, which cannot be read either. */
export function addUnreadablePeople(random: Random, t: TrackerWriter): void {
  const ghost = t.identity({ name: 'Ghost', at: 1_600_000_000 })
  const create = { title: 'By a ghost', message: 'Boo.', at: 1_700_000_000 }
  t.bug(ghost, create)
  const bad = random.pick(['{"version":1,"name":"Ghost"}', '{', '{"version":2,"name":5}', '[]'])
  const side = t.versionCommit({ version: '{"version":2,"unix_time":1,"name":"Ghost"}', parents: [ghost.tip] })
  const tips = [
    () => t.versionCommit({ version: bad, parents: [ghost.tip] }),
    () => t.versionCommit({ parents: [ghost.tip] }),
    () => t.versionCommit({ version: '{"version":2,"unix_time":1,"name":"Ghost"}' }),
    () => t.versionCommit({ version: '{"version":2,"unix_time":1,"name":"G"}', parents: [ghost.tip, side] }),
    () => t.attach('no commit'),
  ]
  t.ref(ghost.ref, random.pick(tips)())
}
