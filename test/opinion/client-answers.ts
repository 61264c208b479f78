/** What the real client said of a fixture, in the words of the JSON API. */
import type { Statement } from './comparison.ts'

interface Color {
  readonly R: number
  readonly G: number
  readonly B: number
}

/** The shape of `test/fixtures/*.json.gz`, as far as it is used here. */
export interface GoldenAnswers {
  readonly bugs: readonly GoldenBug[]
  readonly identities: readonly Readonly<
    Record<'id' | 'humanId' | 'name' | 'email' | 'login' | 'displayName' | 'avatarUrl', string>
  >[]
  readonly validLabels: readonly { readonly name: string; readonly color: Color }[]
}

interface GoldenBug {
  readonly id: string
  readonly humanId: string
  readonly status: string
  readonly title: string
  readonly labels: readonly { readonly name: string; readonly color: Color }[]
  readonly author: string
  readonly createdAt: string
  readonly lastEdit: string
  readonly actors: readonly string[]
  readonly participants: readonly string[]
  readonly comments: readonly {
    readonly id: string
    readonly author: string
    readonly message: string
    readonly files: readonly string[] | null
  }[]
  readonly timeline: readonly GoldenEvent[]
  readonly createLamport: number
  readonly editLamport: number
  readonly metadata: Readonly<Record<string, string>>
}

interface GoldenEvent {
  readonly id: string
  readonly author: string
  readonly type: keyof typeof eventTypes
  /** Of events without a text. */
  readonly date?: string
  readonly createdAt?: string
  readonly lastEdit?: string
  readonly message?: string
  readonly files?: readonly string[] | null
  readonly edited?: boolean
  readonly history?: readonly { readonly message: string; readonly date: string }[]
  readonly title?: string
  readonly was?: string
  readonly status?: string
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
}

const eventTypes = {
  Create: 'create',
  AddComment: 'comment',
  SetTitle: 'title',
  SetStatus: 'status',
  LabelChange: 'labels',
} as const

/** Bugs, people and labels as the API would have to say them. */
export function clientStatement(answers: GoldenAnswers): Pick<Statement, 'bugs' | 'identities' | 'labels'> {
  const labels = answers.validLabels.map(({ name, color }) => [name, { name, color: hex(color) }] as const)
  const identities = answers.identities.map(identity => {
    const { id, humanId, displayName, name, email, login, avatarUrl } = identity
    const set = { name: name || null, email: email || null, login: login || null, avatarUrl: avatarUrl || null }
    return [id, { id, humanId, displayName, ...set }] as const
  })
  return {
    bugs: Object.fromEntries(answers.bugs.map(bug => [bug.id, toBug(bug)])),
    identities: Object.fromEntries(identities),
    labels: Object.fromEntries(labels),
  }
}

function toBug(bug: GoldenBug) {
  const { id, humanId, title, createLamport, editLamport, metadata, createdAt } = bug
  return {
    id,
    humanId,
    title,
    createLamport,
    editLamport,
    metadata,
    createdAt,
    status: bug.status.toLowerCase(),
    labels: bug.labels.map(({ name, color }) => ({ name, color: hex(color) })),
    author: { id: bug.author },
    editedAt: bug.lastEdit,
    actors: bug.actors.map(actor => ({ id: actor })),
    participants: bug.participants.map(participant => ({ id: participant })),
    comments: bug.comments.map(({ author, message, files, ...comment }) => {
      return { id: comment.id, author: { id: author }, message, files: files ?? [] }
    }),
    timeline: bug.timeline.map(toEvent),
  }
}

function toEvent(event: GoldenEvent) {
  const base = { id: event.id, author: { id: event.author }, type: eventTypes[event.type] }
  switch (event.type) {
    case 'Create':
    case 'AddComment': {
      const { createdAt: at, lastEdit: editedAt, message, edited } = event
      const history = event.history?.map(({ message: text, date }) => ({ message: text, at: date }))
      return { ...base, at, editedAt, message, edited, files: event.files ?? [], history }
    }
    case 'SetTitle':
      return { ...base, at: event.date, title: event.title, was: event.was }
    case 'SetStatus':
      return { ...base, at: event.date, status: event.status?.toLowerCase() }
    default:
      return { ...base, at: event.date, added: event.added, removed: event.removed }
  }
}

function hex({ R, G, B }: Color): string {
  return `#${[R, G, B].map(part => part.toString(16).padStart(2, '0')).join('')}`
}
