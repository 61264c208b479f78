/**
 * A tracker made up for the tests of pages and for looking at them: a kiln controller's, with several people, labels,
 * edits, changes of title and status, a clock that is wrong, and texts that try to break a page. It is data of the
 * model and was never in a repository. The same every time.
 */

import { hash } from 'node:crypto'
import { readColumns } from '../../src/bug/columns.ts'
import { IdIndex } from '../../src/bug/id-index.ts'
import { labelColor } from '../../src/bug/label-color.ts'
import type {
  Bug,
  BugSummary,
  CommentEvent,
  EntityProblem,
  Identity,
  TimelineEvent,
  Tracker,
} from '../../src/bug/model.ts'
import { findNamesakes } from '../../src/bug/namesakes.ts'

/** 64 hex digits that depend on nothing but `seed`. */
export function inventedId(seed: string): string {
  return hash('sha256', seed)
}

/** 40 hex digits, such as a commit has. */
export function inventedHash(seed: string): string {
  return hash('sha1', seed)
}

/** Unix seconds of a time such as `2026-11-18 09:14`, UTC. */
export function at(time: string): number {
  return Date.parse(`${time.replace(' ', 'T')}Z`) / 1000
}

export interface IdentityParts {
  readonly name?: string | undefined
  readonly login?: string | undefined
  readonly names?: readonly string[]
  readonly keys?: readonly string[]
}

export function inventIdentity(seed: string, { name, login, names = [], keys = [] }: IdentityParts): Identity {
  const version = (shown: string | undefined, index: number) => ({
    commit: inventedHash(`${seed} version ${index}`),
    times: new Map(),
    at: at('2026-01-05 10:00') + index * 8_640_000,
    name: shown,
    email: `${seed}@example.org`,
    login,
    avatarUrl: `https://avatars.example.org/${seed}.png`,
    keys,
    metadata: new Map(),
  })
  return {
    id: inventedId(`identity ${seed}`),
    tip: inventedHash(`identity ${seed}`),
    name,
    email: `${seed}@example.org`,
    login,
    avatarUrl: `https://avatars.example.org/${seed}.png`,
    displayName: name === undefined ? (login ?? '') : login === undefined ? name : `${name} (${login})`,
    versions: [...names, name].map(version),
  }
}

export type EventParts =
  | { type: 'create' | 'comment'; text: string; earlier?: readonly string[]; files?: readonly string[] }
  | { type: 'title'; title: string; was: string }
  | { type: 'status'; status: 'open' | 'closed' }
  | { type: 'labels'; added?: readonly string[]; removed?: readonly string[] }

export interface BugParts {
  readonly title: string
  readonly labels?: readonly string[]
  readonly status?: 'open' | 'closed'
  readonly metadata?: Readonly<Record<string, string>>
  /** Author's seed, Unix seconds, and what happened. The first is the `create`. */
  readonly events: readonly (readonly [string, number, EventParts])[]
}

/** A whole bug. `number` is its place among the tracker's bugs by age, and so its lamport time. */
export function inventBug(number: number, parts: BugParts): Bug {
  const id = inventedId(`bug ${number}`)
  const timeline = parts.events.map(([author, time, event], index) =>
    inventEvent(`${number} ${index}`, { author, time, event }),
  )
  const talk = timeline.filter((event): event is CommentEvent => event.type === 'create' || event.type === 'comment')
  const authors = [...new Set(timeline.map(event => event.authorId))]
  return {
    id,
    tip: inventedHash(`bug ${number}`),
    textNumber: number,
    status: parts.status ?? 'open',
    title: parts.title,
    labels: (parts.labels ?? []).toSorted(),
    authorId: timeline[0]!.authorId,
    createdAt: timeline[0]!.at,
    editedAt: timeline.at(-1)!.at,
    createLamport: number,
    editLamport: number * 10 + timeline.length,
    commentCount: talk.length,
    actorIds: authors,
    participantIds: [...new Set(talk.map(event => event.authorId))],
    metadata: new Map(Object.entries(parts.metadata ?? {})),
    statusChanges: statusChangesOf(timeline, parts.status),
    comments: talk.map(({ id: combined, authorId, message, files, at: createdAt, editedAt, edited }) => ({
      id: combined,
      authorId,
      message,
      files,
      createdAt,
      editedAt,
      edited,
    })),
    timeline,
    files: [],
    packs: timeline.map((event, index) => ({
      commit: event.commit,
      authorId: event.authorId,
      editLamport: number * 10 + index,
      operations: 1,
    })),
  }
}

/** A bug that is closed though no event says so was closed at last. */
function statusChangesOf(timeline: readonly TimelineEvent[], now: 'open' | 'closed' = 'open'): number[] {
  const times: number[] = []
  let status = 'open'
  for (const event of timeline) {
    if (event.type !== 'status' || event.status === status) continue
    status = event.status
    times.push(event.at)
  }
  if (status !== now) times.push(timeline.at(-1)!.at)
  return times
}

function inventEvent(seed: string, parts: { author: string; time: number; event: EventParts }): TimelineEvent {
  const { author, time, event } = parts
  const base = {
    id: inventedId(`event ${seed}`),
    authorId: inventedId(`identity ${author}`),
    at: time,
    commit: inventedHash(`pack ${seed}`),
  }
  switch (event.type) {
    case 'create':
    case 'comment':
      return inventComment(base, event)
    case 'title':
      return { ...base, type: 'title', title: event.title, was: event.was }
    case 'status':
      return { ...base, type: 'status', status: event.status }
    case 'labels':
      return { ...base, type: 'labels', added: event.added ?? [], removed: event.removed ?? [] }
  }
}

function inventComment(
  base: { id: string; authorId: string; at: number; commit: string },
  event: Extract<EventParts, { text: string }>,
): CommentEvent {
  const earlier = event.earlier ?? []
  return {
    ...base,
    type: event.type,
    message: event.text,
    files: event.files ?? [],
    editedAt: base.at + earlier.length * 3600,
    edited: earlier.length > 0,
    importedPlace: undefined,
    history: [...earlier, event.text].map((message, index) => ({
      operationId: inventedId(`${base.id} text ${index}`),
      authorId: base.authorId,
      message,
      at: base.at + index * 3600,
    })),
  }
}

export interface TrackerParts {
  readonly bugs: readonly BugSummary[]
  readonly identities: readonly Identity[]
  readonly problems?: readonly EntityProblem[]
}

/** The tracker that holds these. */
export function inventTracker({ bugs, identities, problems = [] }: TrackerParts): Tracker {
  const sorted = bugs.toSorted((a, b) => Number(b.createLamport) - Number(a.createLamport))
  const counts = new Map<string, number>()
  for (const { labels } of sorted) for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const byEdit = sorted.toSorted((a, b) => Number(b.editLamport) - Number(a.editLamport))
  const byId = new Map(identities.map(identity => [identity.id, identity]))
  return {
    digest: inventedId('state'),
    bugs: sorted,
    bugsByEdit: byEdit,
    columns: () => readColumns(sorted),
    columnsByEdit: () => readColumns(byEdit),
    bugById: new IdIndex(sorted.toSorted((a, b) => (a.id < b.id ? -1 : 1))),
    identities: byId,
    namesakes: () => findNamesakes(byId),
    labels: [...counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => ({ name, color: labelColor(name), bugs: count })),
    problems,
    openBugs: sorted.filter(bug => bug.status === 'open').length,
    closedBugs: sorted.filter(bug => bug.status === 'closed').length,
    lastActivity: sorted.length === 0 ? undefined : Math.max(...sorted.map(bug => bug.editedAt)),
    readAtMs: at('2026-11-20 16:02') * 1000,
  }
}
