/**
 * The scene of the tests of bad data: a sound tracker in a real repository, one bad entity in it, and the question that
 * all of them ask: is exactly that one lost, and is everything else as if it had never been there?
 */
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { type DecodeLimits, defaultDecodeLimits } from '../../src/base/limits.ts'
import { unnumbered } from '../../src/bug/model.ts'
import { type EntityRecord, refName } from '../../src/cache/entity-record.ts'
import { createInterner } from '../../src/cache/interner.ts'
import { type Loaded, loadTracker, type RepositoryState } from '../../src/cache/load-tracker.ts'
import { readRefs } from '../../src/cache/read-refs.ts'
import type { BugLine } from '../../src/demo/bug-line.ts'
import {
  createTrackerWriter,
  type Person,
  type TrackerWriter,
  type TrackerWriterOptions,
} from '../../src/demo/writer.ts'
import { type Git, openGit } from '../../src/git/git.ts'
import type { ObjectReader } from '../../src/git/object-reader.ts'
import type { TextChange } from '../../src/search/update-parts.ts'
import { deleteRef } from '../support/tracker-builder.ts'

export interface Scene {
  readonly t: TrackerWriter
  readonly ada: Person
  readonly bob: Person
  readonly bugs: readonly BugLine[]
}

/** From this many bugs on, all commits come from one walk of git; with fewer each is read by itself. */
export const walkedBugs = 20
export const fewBugs = 3

/** Two people and some bugs, each with a label, a comment that was edited, and every third one with a merge. */
export function createScene(bugs: number, options: Partial<TrackerWriterOptions> = {}): Scene {
  const t = createTrackerWriter({ seed: 'bad data', ...options })
  const ada = t.identity({ name: 'Ada', login: 'ada', at: 1_700_000_000 })
  const bob = t.identity({ name: 'Bob', email: 'bob@example.org', at: 1_700_000_001 })
  t.identityVersion(bob, { name: 'Robert', at: 1_700_000_050 })
  const lines = Array.from({ length: bugs }, (_, index) => writeBug({ t, ada, bob }, index))
  return { t, ada, bob, bugs: lines }
}

function writeBug({ t, ada, bob }: Omit<Scene, 'bugs'>, index: number): BugLine {
  const at = 1_700_001_000 + 100 * index
  const line = t.bug(ada, { title: `Bug ${index}`, message: `It fails, case ${index}.`, at })
  const comment = line.comment(bob, { message: `Seen ${index} times.`, at: at + 1 })
  const fork = line.fork()
  line.labels(ada, { added: ['all', `group ${index % 4}`], at: at + 2 })
  if (index % 3 === 0) {
    fork.status(bob, 'closed', at + 3)
    line.merge(ada, fork, { at: at + 4 })
  }
  line.editComment(bob, comment, { message: `Seen ${index + 1} times.`, at: at + 5 })
  return line
}

export interface LoadOptions {
  readonly limits?: Partial<DecodeLimits>
  readonly previous?: RepositoryState
  /** See `openGit`; its own default is a minute. */
  readonly silenceLimitMs?: number
  /** What git's silence is measured by. */
  readonly clock?: Clock
}

/** Loads a repository as the cache does, with a reader of its own. */
export async function load(path: string, options: LoadOptions = {}): Promise<RepositoryState> {
  return (await loadWithTexts(path, options)).state
}

/** The same, with what the search index is told of it. */
export async function loadWithTexts(path: string, options: LoadOptions = {}): Promise<Loaded> {
  const { silenceLimitMs = 20_000, clock = systemClock } = options
  const git = await openGit({ silenceLimitMs, clock })
  await using reader = git.openReader(path)
  return await loadWith({ git, reader, path, options })
}

/** Loads a repository with a given reader, in this thread. */
export async function loadWith(input: {
  readonly git: Git
  readonly reader: ObjectReader
  readonly path: string
  readonly options: LoadOptions
}): Promise<Loaded> {
  const { git, reader, path, options } = input
  const limits = { ...defaultDecodeLimits, ...options.limits }
  return await loadTracker({
    git,
    folder: path,
    clock: systemClock,
    interner: createInterner(),
    readEntities: (refs, onRead) => readRefs({ git, reader, folder: path, limits }, refs, onRead),
    previous: options.previous,
    retryUnreadable: true,
  })
}

/** The records of a state, by the names of their refs. */
export function recordsByRef(state: RepositoryState): Map<string, EntityRecord> {
  return new Map(state.records.map(record => [refName(record), record]))
}

/** The same, to be compared with those of another load. */
export function plainRecordsByRef(state: RepositoryState): Map<string, EntityRecord> {
  return new Map(state.records.map(record => [refName(record), unnumber(record)]))
}

/** The record without the number of its bug, which is given in the order in which bugs come. */
export function unnumber(record: EntityRecord): EntityRecord {
  return record.kind === 'bug' && record.bug ? { ...record, bug: { ...record.bug, textNumber: unnumbered } } : record
}

/** All that a state says, but for its digest, the time when it was read, and the numbers of its bugs. */
export function contents(state: Pick<RepositoryState, 'tracker'>) {
  const {
    digest: _digest,
    readAtMs: _readAtMs,
    columns: _c,
    columnsByEdit: _e,
    namesakes: _n,
    ...known
  } = state.tracker
  const { bugs, bugsByEdit, bugById, ...rest } = known
  const plain = (list: typeof bugs) => list.map(bug => ({ ...bug, textNumber: unnumbered }))
  return { ...rest, bugs: plain(bugs), bugsByEdit: plain(bugsByEdit), bugById: plain(bugById.items) }
}

/** Tips and texts by the ids of bugs, as a search index has them that was told all of this from the start. */
export type Texts = ReadonlyMap<string, { readonly tip: string; readonly text: string | undefined }>

/** What a search index has after it was told of one more state. */
export function textsAfter(before: Texts, { isWhole, put, removed }: TextChange): Texts {
  const after = new Map(isWhole ? [] : before)
  for (const { id, tip, text } of put) after.set(id, { tip, text: text && Buffer.from(text).toString() })
  for (const id of removed) after.delete(id)
  return after
}

/**
 * Loads a repository with a bad entity, takes its ref away and loads it again.
 * @returns what the first load told of the bad ref
 */
export async function expectRestUnharmed(
  path: string,
  ref: string,
  expected: LoadOptions & { readonly bugs: number },
): Promise<{ readonly state: RepositoryState; readonly reasons: readonly string[] }> {
  const state = await load(path, expected)
  await deleteRef(path, ref)
  const without = await load(path, expected)
  expect(without.tracker.bugs).toHaveLength(expected.bugs)
  expect(without.tracker.problems).toEqual([])
  expect({ ...contents(state), problems: [] }).toEqual(contents(without))
  expect(state.tracker.problems.map(problem => problem.ref)).toEqual([ref])
  return { state, reasons: state.tracker.problems.map(({ reason }) => reason) }
}

/** Loads a repository with one bad entity and expects exactly that to be lost, for a reason that names the cause. */
export async function expectOnlyLost(
  path: string,
  ref: string,
  expected: LoadOptions & { readonly bugs: number; readonly reason: RegExp },
): Promise<RepositoryState> {
  const { state, reasons } = await expectRestUnharmed(path, ref, expected)
  expect(reasons).toEqual([expect.stringMatching(expected.reason)])
  return state
}

/** The file of a loose object of a bare repository. */
export function looseFile(path: string, hash: string): string {
  return join(path, 'objects', hash.slice(0, 2), hash.slice(2))
}
