/**
 * One bug for each way in which data can be bad, as `format.md` ("What must not bring the viewer down") lists them.
 * Each is written next to the sound tracker of a scene, and says what the problems page has to tell of it.
 */
import { hash } from 'node:crypto'
import type { DecodeLimits } from '../../src/base/limits.ts'
import type { TrackerWriter } from '../../src/demo/writer.ts'
import type { Scene } from './tracker-scene.ts'

export interface BadEntity {
  readonly name: string
  /** What the line on the problems page must match. */
  readonly reason: RegExp
  readonly limits?: Partial<DecodeLimits>
  /** Writes it and returns its ref. */
  write(scene: Scene): string
}

const create = '{"type":1,"timestamp":1700000000,"nonce":"bm9uY2U=","title":"A bad bug","message":"m","files":null}'
const comment = (text: string) => `{"type":3,"timestamp":1700000001,"message":${JSON.stringify(text)}}`

export function opsBlob(author: string, ...operations: readonly string[]): string {
  return `{"author":{"id":"${author}"},"ops":[${operations.join(',')}]}`
}

export function bugRef(firstOperation: string | Buffer): string {
  return `refs/bugs/${hash('sha256', firstOperation)}`
}

/** `withoutOps` leaves the `ops` blob out. */
type Pack = Omit<Parameters<TrackerWriter['packCommit']>[0], 'ref' | 'parents'> & { readonly withoutOps?: true }

/** A chain of packs under the ref that its first operation asks for. What is not said is sound. */
function chain(scene: Scene, packs: readonly Pack[], ref = bugRef(create)): string {
  let parents: readonly string[] = []
  packs.forEach((pack, index) => {
    const clocks = { editClocks: [index + 1], ...(index === 0 ? { createClocks: [1] } : {}) }
    const ops = pack.withoutOps ? {} : { ops: pack.ops ?? opsBlob(scene.ada.id, create) }
    const { withoutOps: _withoutOps, ops: _ops, ...rest } = pack
    parents = [scene.t.packCommit({ ...clocks, ...rest, ...ops, parents })]
  })
  scene.t.ref(ref, parents[0])
  return ref
}

/** A bug of one pack that is sound but for the parts given. */
function single(name: string, reason: RegExp, pack: Pack | ((scene: Scene) => Pack)): BadEntity {
  return { name, reason, write: scene => chain(scene, [typeof pack === 'function' ? pack(scene) : pack]) }
}

/** A bug whose second pack is what is wrong. */
function second(name: string, reason: RegExp, pack: Pack | ((scene: Scene) => Pack)): BadEntity {
  return {
    name,
    reason,
    write(scene) {
      const next = typeof pack === 'function' ? pack(scene) : pack
      return chain(scene, [{}, { ops: opsBlob(scene.ada.id, comment('second')), ...next }])
    },
  }
}

const withOperation = (name: string, reason: RegExp, operation: string) =>
  second(name, reason, scene => ({ ops: opsBlob(scene.ada.id, operation) }))

export const badOperations: readonly BadEntity[] = [
  withOperation('an unknown operation type', /unknown operation type 9/, '{"type":9}'),
  withOperation('an operation type that is a text', /unknown operation type "3"/, '{"type":"3","message":"m"}'),
  withOperation('no operation type', /unknown operation type/, '{"message":"m"}'),
  withOperation('an operation that is null', /operation is no object/, 'null'),
  withOperation('a message that is a number', /"message"/, '{"type":3,"message":5}'),
  withOperation('a time that is not a number', /"timestamp"/, '{"type":3,"timestamp":"now","message":"m"}'),
  withOperation('a time beyond numbers', /"timestamp"/, '{"type":3,"timestamp":1e400,"message":"m"}'),
  withOperation('an unknown status', /"status"/, '{"type":4,"status":3}'),
  single('no Create', /first operation does not create/, scene => ({ ops: opsBlob(scene.ada.id, comment('first')) })),
  single('no operations', /first operation does not create/, scene => ({ ops: opsBlob(scene.ada.id) })),
]

export const badVersions: readonly BadEntity[] = [
  ...['3', '5', 'four', '4.0', ''].map(version =>
    single(`format version "${version}"`, /format version/, { versions: [version] }),
  ),
  single('no format version', /no format version/, { versions: [] }),
  second('a later pack of format version 5', /format version 5/, { versions: ['5'] }),
]

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

export const badJson: readonly BadEntity[] = [
  single('an empty ops blob', /not valid JSON/, { ops: '' }),
  single('half an ops blob', /not valid JSON/, scene => ({ ops: opsBlob(scene.ada.id, create).slice(0, -2) })),
  single('half a text', /string without an end/, scene => ({ ops: opsBlob(scene.ada.id, create).split(' bug')[0]! })),
  single('an ops blob of zero bytes', /not valid JSON/, { ops: Buffer.alloc(1000) }),
  single('a byte order mark', /not valid JSON/, scene => ({ ops: `\ufeff${opsBlob(scene.ada.id, create)}` })),
  single('a list of operations without a pack', /no object/, { ops: `[${create}]` }),
  single('operations that are no list', /no list/, scene => ({ ops: `{"author":{"id":"${scene.ada.id}"},"ops":{}}` })),
  single('no author', /author/, { ops: `{"ops":[${create}]}` }),
  single('an author’s id that is none', /author/, { ops: opsBlob('ada', create) }),
  single('100,000 levels', /nested deeper/, scene => ({ ops: opsBlob(scene.ada.id, nested(100_000)) })),
  single('100,000 levels that are never closed', /nested deeper/, { ops: '['.repeat(100_000) }),
  {
    ...single('one level too many', /nested deeper than 9/, scene => ({
      ops: opsBlob(scene.ada.id, create, `{"type":7,"x":${nested(7)}}`),
    })),
    limits: { maxNesting: 9 },
  },
  {
    ...second('a huge ops blob', /"ops" has \d+ bytes/, scene => ({
      ops: opsBlob(scene.ada.id, comment('x'.repeat(6000))),
    })),
    limits: { maxOpsBytes: 5000 },
  },
  {
    ...second('an ops blob that is one byte too long', /"ops" has 5001 bytes/, scene => ({
      ops: opsBlob(scene.ada.id, comment('m')).padEnd(5001),
    })),
    limits: { maxOpsBytes: 5000 },
  },
  {
    ...second('too many operations in one pack', /more than 20 operations/, scene => ({
      ops: opsBlob(scene.ada.id, ...Array.from({ length: 21 }, (_, index) => comment(`${index}`))),
    })),
    limits: { maxOperations: 20 },
  },
  {
    name: 'too many operations in all packs together',
    reason: /more than 20 operations/,
    limits: { maxOperations: 20 },
    write: scene =>
      chain(scene, [
        {},
        ...[1, 2, 3, 4].map(pack => ({
          ops: opsBlob(scene.ada.id, ...[1, 2, 3, 4, 5].map(index => comment(`${pack} ${index}`))),
        })),
      ]),
  },
  {
    name: 'too many packs',
    reason: /more than 20 commits/,
    limits: { maxPacks: 20 },
    write: scene =>
      chain(scene, [
        {},
        ...Array.from({ length: 20 }, (_, index) => ({ ops: opsBlob(scene.ada.id, comment(`${index}`)) })),
      ]),
  },
]

export const badTrees: readonly BadEntity[] = [
  second('no ops blob', /no "ops"/, { entries: [{ path: 'ops2', content: 'x' }], withoutOps: true }),
  second('a folder instead of the ops blob', /"ops" is a tree/, {
    withoutOps: true,
    entries: [{ path: 'ops/file', content: 'x' }],
  }),
  second('a submodule instead of the ops blob', /"ops" is/, scene => ({
    withoutOps: true,
    entries: [{ path: 'ops', mode: '160000', hash: scene.bugs[0]!.tip }],
  })),
  {
    ...second('a huge tree', /tree [0-9a-f]+ has \d+ bytes/, {
      entries: Array.from({ length: 100 }, (_, index) => ({ path: `file ${index}` })),
    }),
    limits: { maxTreeBytes: 2000 },
  },
]

export const badClocks: readonly BadEntity[] = [
  single('no edit clock', /no edit clock/, { editClocks: [] }),
  single('an edit clock of 0', /no edit clock/, { editClocks: [0] }),
  single('no creation clock', /creation clock/, { createClocks: [] }),
  single('a creation clock of 0', /creation clock/, { createClocks: [0] }),
  ...['x', '', '+5', '-1', '1.5', '18446744073709551616'].flatMap(text => [
    single(`an edit clock "${text}"`, /no logical time/, { editClocks: [text] }),
    single(`a creation clock "${text}"`, /no logical time/, { createClocks: [text] }),
  ]),
  second('an edit clock equal to its parent’s', /not greater than its parent/, { editClocks: [1] }),
  {
    name: 'an edit clock less than its parent’s',
    reason: /not greater than its parent/,
    write: scene => chain(scene, [{ editClocks: [7] }, { editClocks: [6], ops: opsBlob(scene.ada.id, comment('m')) }]),
  },
  second('an edit clock that jumps by 1,000,001', /too far ahead/, { editClocks: [1_000_002] }),
  second('an edit clock that jumps to the last of all', /too far ahead/, { editClocks: [2n ** 64n - 1n] }),
  {
    name: 'two roots',
    reason: /more than one commit without parents/,
    write({ t, ada }) {
      const roots = [1, 2].map(clock =>
        t.packCommit({ ops: opsBlob(ada.id, create), createClocks: [1], editClocks: [clock] }),
      )
      t.packCommit({
        ops: `{"author":{"id":"${ada.id}"},"ops":null}`,
        editClocks: [3],
        parents: roots,
        ref: bugRef(create),
      })
      return bugRef(create)
    },
  },
  {
    name: 'a merge with operations',
    reason: /merge carries operations/,
    write({ t, ada }) {
      const root = t.packCommit({ ops: opsBlob(ada.id, create), createClocks: [1], editClocks: [1] })
      const sides = ['left', 'right'].map((text, index) =>
        t.packCommit({ ops: opsBlob(ada.id, comment(text)), editClocks: [2 + index], parents: [root] }),
      )
      t.packCommit({ ops: opsBlob(ada.id, comment('merged')), editClocks: [9], parents: sides, ref: bugRef(create) })
      return bugRef(create)
    },
  },
  {
    name: 'a merge that is not later than both',
    reason: /not greater than its parent/,
    write({ t, ada }) {
      const root = t.packCommit({ ops: opsBlob(ada.id, create), createClocks: [1], editClocks: [1] })
      const sides = ['left', 'right'].map((text, index) =>
        t.packCommit({ ops: opsBlob(ada.id, comment(text)), editClocks: [2 + 5 * index], parents: [root] }),
      )
      t.packCommit({
        ops: `{"author":{"id":"${ada.id}"},"ops":null}`,
        editClocks: [7],
        parents: sides,
        ref: bugRef(create),
      })
      return bugRef(create)
    },
  },
]

/** A sound bug under a ref that is not its own. */
function misnamed(name: string, reason: RegExp, ref: string): BadEntity {
  return { name, reason, write: scene => chain(scene, [{}], ref) }
}

export const badRefs: readonly BadEntity[] = [
  misnamed('a name that is no id', /not named by an id/, 'refs/bugs/foo'),
  misnamed('a name of two parts', /not named by an id/, 'refs/bugs/a/b'),
  misnamed('an id below an id', /not named by an id/, `refs/bugs/${'a'.repeat(64)}/${'b'.repeat(64)}`),
  misnamed('a name of 40 digits', /outdated/, `refs/bugs/${'a'.repeat(40)}`),
  misnamed(
    'a name in upper case',
    /not named by an id/,
    bugRef(create).replace(/[^/]+$/, id => id.toUpperCase()),
  ),
  misnamed('a name of 63 digits', /not named by an id/, bugRef(create).slice(0, -1)),
  misnamed('a name of 65 digits', /not named by an id/, `${bugRef(create)}0`),
  misnamed('a name with a line of its own', /not named by an id/, 'refs/bugs/<script>é🐛'),
  misnamed('an id that no bug has', /not named by the bug/, `refs/bugs/${'0'.repeat(64)}`),
  {
    name: 'a ref that is named by a person’s id',
    reason: /not named by the bug/,
    write: scene => chain(scene, [{}], `refs/bugs/${scene.ada.id}`),
  },
  {
    name: 'a ref to a blob',
    reason: /blob, not a commit/,
    write({ t }) {
      t.ref(bugRef(create), t.attach('not a bug'))
      return bugRef(create)
    },
  },
  {
    name: 'a ref to an annotated tag of a bug',
    reason: /tag, not a commit/,
    write({ t, bugs }) {
      const tag = `object ${bugs[0]!.tip}\ntype commit\ntag v1\ntagger Ada <ada@example.org> 1700000000 +0000\n\nv1\n`
      t.ref(bugRef(create), t.object('tag', Buffer.from(tag)))
      return bugRef(create)
    },
  },
  {
    name: 'a ref to a tree',
    reason: /tree, not a commit/,
    write({ t }) {
      const entry = Buffer.concat([Buffer.from('100644 ops\0'), Buffer.from(t.attach('x'), 'hex')])
      t.ref(bugRef(create), t.object('tree', entry))
      return bugRef(create)
    },
  },
  {
    name: 'a ref to a commit of source code',
    reason: /no "ops"/,
    write({ t }) {
      const first = t.commit({ entries: [{ path: 'README', content: 'hello' }] })
      t.ref(bugRef(create), t.commit({ entries: [{ path: 'src/main.c', content: 'x' }], parents: [first] }))
      return bugRef(create)
    },
  },
  {
    name: 'a ref to an identity',
    reason: /no "ops"/,
    write({ t, ada }) {
      t.ref(bugRef(create), ada.tip)
      return bugRef(create)
    },
  },
]

const identityRef = (bytes: string) => `refs/identities/${hash('sha256', bytes)}`

function identity(name: string, reason: RegExp, version: string): BadEntity {
  return {
    name,
    reason,
    write({ t }) {
      t.versionCommit({ version, ref: identityRef(version) })
      return identityRef(version)
    },
  }
}

export const badIdentities: readonly BadEntity[] = [
  identity('an identity of format 1', /format/, '{"version":1,"name":"x"}'),
  identity('an identity of format 3', /format/, '{"version":3,"name":"x"}'),
  identity('an identity of broken JSON', /not valid JSON/, '{"version":2,"name":"x"'),
  identity('an identity of 100,000 levels', /nested deeper/, `{"version":2,"x":${nested(100_000)}}`),
  identity('an identity whose name is a number', /"name"/, '{"version":2,"name":5}'),
  identity(
    'an identity whose times are too big',
    /"times"/,
    '{"version":2,"times":{"bugs-edit":18446744073709551616}}',
  ),
  {
    ...identity('a huge identity', /"version" has \d+ bytes/, `{"version":2,"name":"${'x'.repeat(6000)}"}`),
    limits: { maxOpsBytes: 5000 },
  },
  {
    name: 'an identity without a version blob',
    reason: /no "version"/,
    write({ t }) {
      t.versionCommit({ entries: [{ path: 'other', content: 'x' }], ref: identityRef('none') })
      return identityRef('none')
    },
  },
  {
    name: 'an identity with a merge',
    reason: /cannot have merges/,
    write({ t }) {
      const version = '{"version":2,"name":"x"}'
      const first = t.versionCommit({ version })
      const sides = ['y', 'z'].map(name =>
        t.versionCommit({ version: `{"version":2,"name":"${name}"}`, parents: [first] }),
      )
      t.versionCommit({ version, parents: sides, ref: identityRef(version) })
      return identityRef(version)
    },
  },
  {
    name: 'an identity under another’s name',
    reason: /not named by the identity/,
    write({ t, bob }) {
      t.ref(`refs/identities/${'0'.repeat(64)}`, bob.tip)
      return `refs/identities/${'0'.repeat(64)}`
    },
  },
  {
    name: 'an identity whose name is no id',
    reason: /not named by an id/,
    write({ t, bob }) {
      t.ref('refs/identities/bob', bob.tip)
      return 'refs/identities/bob'
    },
  },
  {
    name: 'an identity ref to a blob',
    reason: /blob, not a commit/,
    write({ t }) {
      t.ref(identityRef('blob'), t.attach('not a person'))
      return identityRef('blob')
    },
  },
  {
    name: 'an identity ref to a bug',
    reason: /no "version"/,
    write({ t, bugs }) {
      t.ref(identityRef('bug'), bugs[0]!.tip)
      return identityRef('bug')
    },
  },
]
