/** The writer against the real client: what the client wrote, said again by the writer, must be the same bytes. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { encodeVersion, type VersionSpec } from '../../src/demo/identity-version.ts'
import { encodeOperation, encodePack, type OperationSpec } from '../../src/demo/operation.ts'
import { openGolden, runGit } from '../support/tracker-builder.ts'

interface StoredOperation {
  type: number
  timestamp: number
  nonce: string
  metadata?: Record<string, string>
  title: string
  was: string
  message: string
  files: string[] | null
  status: number
  added: string[]
  removed: string[]
  target: string
  new_metadata: Record<string, string>
}

function toSpec(o: StoredOperation): OperationSpec {
  const base = { at: o.timestamp, ...(o.metadata === undefined ? {} : { metadata: o.metadata }) }
  const text = { ...base, message: o.message, files: o.files ?? [] }
  const specs: Record<number, OperationSpec> = {
    1: { type: 'create', title: o.title, ...text },
    2: { type: 'title', title: o.title, was: o.was, ...base },
    3: { type: 'comment', ...text },
    4: { type: 'status', status: o.status === 1 ? 'open' : 'closed', ...base },
    5: { type: 'labels', added: o.added, removed: o.removed, ...base },
    6: { type: 'edit', target: o.target, ...text },
    7: { type: 'noop', ...base },
    8: { type: 'metadata', target: o.target, set: o.new_metadata, ...base },
  }
  return specs[o.type]!
}

test.each([
  ['made', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['concurrent', [1, 2, 3, 4, 5, 6, 8]],
  ['signed', [1, 3]],
])(
  'every pack and person of the golden repository "%s" is written alike',
  async (name, types) => {
    await using golden = await openGolden(name)
    const { path } = golden!
    const refs = await runGit(path, ['for-each-ref', '--format=%(refname)', 'refs/bugs', 'refs/identities'])
    const typesSeen = new Set<number>()
    for (const ref of refs.trimEnd().split('\n')) {
      const file = ref.startsWith('refs/bugs/') ? 'ops' : 'version'
      const commits = (await runGit(path, ['rev-list', ref])).trimEnd().split('\n')
      const bodies = await readBlobs(
        path,
        commits.map(commit => `${commit}:${file}`),
      )
      const written = bodies.map(body => (file === 'ops' ? writeOps(body, typesSeen) : writeVersion(body)))
      expect(written).toEqual(bodies)
    }
    expect([...typesSeen].sort((a, b) => a - b)).toEqual(types)
  },
  60_000,
)

test('the id of an operation is that of the client', async () => {
  await using golden = await openGolden('made')
  const { path } = golden!
  const refs = await runGit(path, ['for-each-ref', '--format=%(refname)', 'refs/bugs'])
  for (const ref of refs.trimEnd().split('\n')) {
    const root = (await runGit(path, ['rev-list', '--max-parents=0', ref])).trimEnd()
    const stored: { ops: StoredOperation[] } = JSON.parse(await runGit(path, ['cat-file', 'blob', `${root}:ops`]))
    const first = stored.ops[0]!
    const { id, json } = encodeOperation(toSpec(first), { nonce: first.nonce })
    expect(`refs/bugs/${id}`).toBe(ref)
    expect(id).toBe(createHash('sha256').update(json).digest('hex'))
  }
})

function writeOps(body: string, typesSeen: Set<number>): string {
  const stored: { author: { id: string }; ops: StoredOperation[] | null } = JSON.parse(body)
  for (const operation of stored.ops ?? []) typesSeen.add(operation.type)
  const encoded = stored.ops?.map(operation => encodeOperation(toSpec(operation), { nonce: operation.nonce }))
  return encodePack(stored.author.id, encoded)
}

function writeVersion(body: string): string {
  const stored = JSON.parse(body)
  const spec: VersionSpec = {
    at: stored.unix_time,
    ...stored,
    ...(stored.avatar_url === undefined ? {} : { avatarUrl: stored.avatar_url }),
    ...(stored.pub_keys === undefined ? {} : { keys: stored.pub_keys }),
  }
  return encodeVersion(spec, { times: {}, nonce: '' })
}

/** Blobs by `commit:path`, in order. */
async function readBlobs(path: string, names: readonly string[]): Promise<string[]> {
  const output = Buffer.from(await runGit(path, ['cat-file', '--batch'], { input: `${names.join('\n')}\n` }))
  const bodies: string[] = []
  let place = 0
  while (place < output.length) {
    const end = output.indexOf(10, place)
    const size = Number(output.subarray(place, end).toString().split(' ')[2])
    bodies.push(output.subarray(end + 1, end + 1 + size).toString())
    place = end + 1 + size + 1
  }
  return bodies
}
