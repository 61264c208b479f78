/**
 * Every query that the real client was asked, against its answers. The bugs are made from the answers file itself, so
 * that this room is tested alone. The files are not part of the project: `GOLDEN_DIR` says where they are.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Lamport } from '../../src/bug/model.ts'
import { parseQuery } from '../../src/query/parser.ts'
import type { QuerySource } from '../../src/query/select.ts'
import { createBug, createIdentity, createSource, find } from './bugs.ts'

interface GoldenBug {
  readonly id: string
  readonly status: 'OPEN' | 'CLOSED'
  readonly title: string
  readonly labels: readonly { readonly name: string }[]
  readonly author: string
  readonly createdAt: string
  readonly lastEdit: string
  readonly actors: readonly string[]
  readonly participants: readonly string[]
  readonly comments: readonly { readonly message: string }[]
  readonly createLamport: Lamport
  readonly editLamport: Lamport
  readonly metadata: Readonly<Record<string, string>>
}

interface Golden {
  readonly bugs: readonly GoldenBug[]
  readonly identities: readonly { readonly id: string; readonly name: string; readonly login: string }[]
  readonly queries: readonly { readonly query: string; readonly ids?: readonly string[]; readonly error?: string }[]
}

const folder = process.env.GOLDEN_DIR ?? join(import.meta.dirname, '../../../shared/golden')

function readGolden(file: string): Golden {
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Golden
}

function createGoldenSource({ bugs, identities }: Golden): QuerySource {
  const summaries = bugs.map(bug =>
    createBug({
      id: bug.id,
      status: bug.status === 'OPEN' ? 'open' : 'closed',
      title: bug.title,
      labels: bug.labels.map(label => label.name),
      authorId: bug.author,
      createdAt: Date.parse(bug.createdAt) / 1000,
      editedAt: Date.parse(bug.lastEdit) / 1000,
      createLamport: bug.createLamport,
      editLamport: bug.editLamport,
      commentCount: bug.comments.length,
      actorIds: bug.actors,
      participantIds: bug.participants,
      metadata: new Map(Object.entries(bug.metadata)),
    }),
  )
  // No two bugs of these trackers share both times, so this is the one order that `creation-desc` can mean.
  summaries.sort((a, b) =>
    a.createLamport < b.createLamport ? 1 : a.createLamport > b.createLamport ? -1 : b.createdAt - a.createdAt,
  )
  return createSource(summaries, {
    identities: identities.map(createIdentity),
    texts: Object.fromEntries(
      bugs.map(bug => [bug.id, [bug.title, ...bug.comments.map(comment => comment.message)].join('\n')]),
    ),
  })
}

describe.each(['real', 'made', 'concurrent'])('the tracker %s', name => {
  const file = join(folder, `${name}.json.gz`)
  const missing = !existsSync(file)

  test.skipIf(missing)('answers each query as the real client does, in its order', () => {
    const golden = readGolden(file)
    const source = createGoldenSource(golden)
    const good = golden.queries.filter(({ ids }) => ids !== undefined)
    expect(good.length).toBeGreaterThan(10)
    expect(good.map(({ query }) => [query, find(query, source)])).toEqual(good.map(({ query, ids }) => [query, ids]))
  })

  test.skipIf(missing)('refuses each query that the real client refuses', () => {
    const bad = readGolden(file).queries.filter(({ error }) => error !== undefined)
    expect(bad.filter(({ query }) => 'query' in parseQuery(query))).toEqual([])
  })
})
