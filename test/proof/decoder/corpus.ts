/** Entities to begin with: those of the fixtures, which the real client wrote, and those of random trackers. */
import { execFileSync } from 'node:child_process'
import { parseCommit, parseTree } from '../../../src/git/objects.ts'
import { type GitObject, readObjects } from '../../opinion/git-objects.ts'
import { randomTracker } from '../../opinion/random-tracker.ts'
import { buildRepository, openGolden } from '../../support/tracker-builder.ts'

/** An entity and every object that can be reached from it, but attached files. */
export interface Specimen {
  readonly kind: 'bug' | 'identity'
  readonly id: string
  readonly tip: string
  readonly objects: ReadonlyMap<string, GitObject>
}

/** So many random trackers. */
const trackers = 8

/** The same ones each time, so that a number stands for an input. */
export async function readCorpus(): Promise<readonly Specimen[]> {
  const corpus: Specimen[] = []
  for (const name of ['made', 'concurrent', 'signed']) {
    await using repository = await openGolden(name)
    if (repository) corpus.push(...readSpecimens(repository.path))
  }
  for (let seed = 1; seed <= trackers; seed += 1) {
    await using repository = await buildRepository(randomTracker(seed))
    corpus.push(...readSpecimens(repository.path))
  }
  return corpus
}

function readSpecimens(path: string): Specimen[] {
  const format = '--format=%(objectname) %(refname)'
  const refs = execFileSync('git', ['for-each-ref', format, 'refs/bugs', 'refs/identities'], { cwd: path }).toString()
  const all = readObjects(path)
  return refs.split('\n').flatMap(line => {
    const match = /^([0-9a-f]+) refs\/(bugs|identities)\/([0-9a-f]{64})$/.exec(line)
    if (!match) return []
    const [, tip = '', kind, id = ''] = match
    return [{ kind: kind === 'bugs' ? 'bug' : 'identity', id, tip, objects: reachable(all, tip) }]
  })
}

function reachable(all: ReadonlyMap<string, GitObject>, tip: string): Map<string, GitObject> {
  const objects = new Map<string, GitObject>()
  const waiting = [tip]
  for (let hash = waiting.pop(); hash !== undefined; hash = waiting.pop()) {
    const object = all.get(hash)
    if (!object || objects.has(hash)) continue
    objects.set(hash, object)
    const commit = object.type === 'commit' ? parseCommit(object.bytes) : undefined
    if (commit) waiting.push(commit.tree, ...commit.parents)
    const entries = object.type === 'tree' ? parseTree(object.bytes, hash.length / 2) : undefined
    for (const entry of entries ?? []) if (entry.name !== 'extra') waiting.push(entry.hash)
  }
  return objects
}
