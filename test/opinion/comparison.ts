/** What the product says of a repository through its JSON API, and where that differs from the second opinion. */
import type { Viewer } from '../support/viewer.ts'
import { labelColor } from './names.ts'
import type { Opinion } from './reading.ts'

/** An opinion as plain data: everything by id or ref. */
export interface Statement {
  readonly bugs: Readonly<Record<string, unknown>>
  readonly summaries: Readonly<Record<string, unknown>>
  readonly identities: Readonly<Record<string, unknown>>
  readonly labels: Readonly<Record<string, unknown>>
  /** Refs with something wrong, sorted. */
  readonly problems: readonly string[]
}

/** The second opinion as a statement. */
export function statementOf(opinion: Opinion): Statement {
  const labels = new Map<string, number>()
  const summaries: Record<string, unknown> = {}
  for (const [id, bug] of opinion.bugs) {
    const { actors: _actors, participants: _participants, metadata: _metadata, timeline: _timeline, ...rest } = bug
    summaries[id] = { ...rest, comments: bug.comments.length }
    for (const { name } of bug.labels) labels.set(name, (labels.get(name) ?? 0) + 1)
  }
  return {
    bugs: Object.fromEntries(opinion.bugs),
    summaries,
    identities: Object.fromEntries(opinion.identities),
    labels: Object.fromEntries([...labels].map(([name, bugs]) => [name, { name, color: labelColor(name), bugs }])),
    problems: [...opinion.problems.keys()].sort(),
  }
}

/** What the viewer's API says of the repository of a name. */
export async function statementOfProduct(viewer: Viewer, name: string): Promise<Statement> {
  const root = `/api/v1/repos/${encodeURIComponent(name)}`
  const answer = async <T>(path: string) => {
    const response = await viewer.get(`${root}${path}`)
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${response.body}`)
    return response.json<T>()
  }
  const list = await answer<{ items: { id: string }[]; next: unknown }>('/bugs?limit=1000')
  if (list.next !== null) throw new Error('more than 1,000 bugs')
  const bugs: Record<string, unknown> = {}
  for (const { id } of list.items) bugs[id] = await answer(`/bugs/${id}`)
  const { items: identities } = await answer<{ items: { id: string }[] }>('/identities')
  const { items: labels } = await answer<{ items: { name: string }[] }>('/labels')
  const problems = await answer<{ items: { ref: string }[] }>('/problems')
  return {
    bugs,
    summaries: Object.fromEntries(list.items.map(item => [item.id, item])),
    identities: Object.fromEntries(identities.map(identity => [identity.id, identity])),
    labels: Object.fromEntries(labels.map(label => [label.name, label])),
    problems: [...new Set(problems.items.map(({ ref }) => ref))].sort(),
  }
}

/**
 * Every place where the product's statement lacks what the second opinion says or says something else, one line each.
 * The product may say more of a thing, and no more things.
 */
export function differences(product: Statement, opinion: Statement): string[] {
  const found: string[] = []
  for (const part of ['problems', 'identities', 'labels', 'summaries', 'bugs'] as const) {
    for (const key of Object.keys(product[part])) {
      if (!Object.hasOwn(opinion[part], key)) found.push(`${part}.${key}: only the product has it`)
    }
    compare(part, product[part], opinion[part])
  }
  return found

  function compare(where: string, said: unknown, expected: unknown): void {
    if (typeof expected === 'object' && expected !== null && typeof said === 'object' && said !== null) {
      if (Array.isArray(expected) && (!Array.isArray(said) || said.length !== expected.length)) {
        found.push(`${where}: product ${shown(said)}, second opinion ${shown(expected)}`)
        return
      }
      for (const key of Object.keys(expected)) {
        compare(`${where}.${key}`, Reflect.get(said, key) as unknown, Reflect.get(expected, key) as unknown)
      }
    } else if (said !== expected) {
      found.push(`${where}: product ${shown(said)}, second opinion ${shown(expected)}`)
    }
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 500)
}
