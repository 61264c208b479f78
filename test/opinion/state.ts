/** From operations in their order to a bug: "From operations to a bug's state". */
import type { BugState, Comment, Event, TextEvent } from './bug-shape.ts'
import { hashes, stringPairs, text, texts } from './fields.ts'
import { type Json, time } from './json-text.ts'
import { combinedId, labelColor } from './names.ts'
import type { IdentityRef } from './people.ts'

export interface Operation {
  /** SHA-256 of its bytes. */
  readonly id: string
  /** Identity id. */
  readonly author: string
  readonly json: { readonly [key: string]: Json }
}

export interface Circumstances {
  readonly createLamport: number
  readonly editLamport: number
  person(id: string): IdentityRef
  /** Hears what is wrong with a bug that is shown nevertheless. */
  tell(problem: string): void
}

/** Applies operations, the first of which is a Create. Throws at an operation that cannot be understood. */
export function stateOf(operations: readonly Operation[], circumstances: Circumstances): BugState {
  const first = operations[0]
  const last = operations.at(-1)
  if (!first || !last) throw new Error('no operations')
  const { id } = first
  const state = new State(id, circumstances)
  for (const operation of operations) state.apply(operation)
  return {
    id,
    humanId: id.slice(0, 7),
    status: state.status,
    title: state.title,
    labels: [...state.labels].sort(byBytes).map(name => ({ name, color: labelColor(name) })),
    author: circumstances.person(first.author),
    createdAt: time(first.json.timestamp),
    editedAt: time(last.json.timestamp),
    createLamport: circumstances.createLamport,
    editLamport: circumstances.editLamport,
    comments: state.comments,
    actors: [...state.actors.values()],
    participants: [...state.participants.values()],
    metadata: Object.fromEntries(state.metadata.get(id) ?? []),
    timeline: state.timeline,
  }
}

/** What is the same for every type of operation. */
interface Common {
  /** The combined id. */
  readonly id: string
  readonly author: IdentityRef
  readonly at: string
}

class State {
  status: 'open' | 'closed' = 'open'
  title = ''
  readonly labels = new Set<string>()
  readonly comments: Comment[] = []
  readonly timeline: Event[] = []
  /** By id, in order of first appearance. */
  readonly actors = new Map<string, IdentityRef>()
  readonly participants = new Map<string, IdentityRef>()
  /** By id of the operation. */
  readonly metadata = new Map<string, Map<string, string>>()
  readonly #id: string
  readonly #circumstances: Circumstances

  constructor(id: string, circumstances: Circumstances) {
    this.#id = id
    this.#circumstances = circumstances
  }

  apply({ id, author, json }: Operation): void {
    const person = this.#circumstances.person(author)
    const common = { id: combinedId(this.#id, id), author: person, at: time(json.timestamp) }
    const own = new Map(stringPairs(json.metadata))
    if (this.#applyByType(json, common)) this.actors.set(author, person)
    this.metadata.set(id, own)
  }

  /** @returns whether its author is an actor by it */
  #applyByType(json: Operation['json'], common: Common): boolean {
    switch (json.type) {
      case 1:
        return this.#create(json, common)
      case 2:
        return this.#setTitle(json, common)
      case 3:
        return this.#addText(json, { ...common, type: 'comment' })
      case 4:
        return this.#setStatus(json, common)
      case 5:
        return this.#changeLabels(json, common)
      case 6:
        return this.#editComment(json, common)
      case 7:
        return false
      case 8:
        return this.#setMetadata(json)
      default:
        throw new Error(`unknown type ${JSON.stringify(json.type)}`)
    }
  }

  #create(json: Operation['json'], common: Common): boolean {
    const title = text(json.title)
    const isFirst = this.timeline.length === 0
    if (isFirst) this.title = title
    return this.#addText(json, { ...common, type: 'create' }, isFirst)
  }

  #addText(json: Operation['json'], common: Common & Pick<TextEvent, 'type'>, counts = true): boolean {
    const message = text(json.message)
    const files = hashes(json.files, this.#circumstances.tell)
    if (!counts) return false
    const { id, author, at } = common
    this.participants.set(author.id, author)
    this.comments.push({ id, author, message, files, createdAt: at, editedAt: at, edited: false })
    this.timeline.push({ ...common, message, files, edited: false, editedAt: at, history: [{ message, at }] })
    return true
  }

  #setTitle(json: Operation['json'], common: Common): boolean {
    const was = text(json.was)
    this.title = text(json.title)
    this.timeline.push({ ...common, type: 'title', title: this.title, was })
    return true
  }

  #setStatus(json: Operation['json'], common: Common): boolean {
    if (json.status !== 1 && json.status !== 2) throw new Error('unknown status')
    this.status = json.status === 1 ? 'open' : 'closed'
    this.timeline.push({ ...common, type: 'status', status: this.status })
    return true
  }

  #changeLabels(json: Operation['json'], common: Common): boolean {
    const added = texts(json.added)
    const removed = texts(json.removed)
    for (const label of added) this.labels.add(label)
    for (const label of removed) this.labels.delete(label)
    this.timeline.push({ ...common, type: 'labels', added, removed })
    return true
  }

  #editComment(json: Operation['json'], { at }: Common): boolean {
    const message = text(json.message)
    const files = hashes(json.files, this.#circumstances.tell)
    const target = combinedId(this.#id, text(json.target))
    const comment = this.comments.find(({ id }) => id === target)
    const event = this.timeline.find(({ id }) => id === target)
    if (comment === undefined || event === undefined || !('history' in event)) return false
    for (const part of [comment, event]) Object.assign(part, { message, files, edited: true, editedAt: at })
    event.history.push({ message, at })
    return true
  }

  #setMetadata(json: Operation['json']): boolean {
    const target = this.metadata.get(text(json.target))
    for (const [key, value] of stringPairs(json.new_metadata)) {
      if (target !== undefined && !target.has(key)) target.set(key, value)
    }
    return false
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
