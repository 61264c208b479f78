/**
 * The state of a bug while its operations are applied, one after the other. Only the operations change it. At the end
 * it is made into an immutable Bug, or into no more than a summary: then no event gets an id, which is most of the work.
 */
import { combineIds } from './ids.ts'
import type { Comment, CommentVersion, Status, TimelineEvent } from './model.ts'
import type { OperationContext } from './operation.ts'
import { readPlace } from './reference.ts'

/** A comment and its event are one thing that two lists show. */
export interface Discussion {
  readonly type: 'create' | 'comment'
  readonly context: OperationContext
  message: string
  files: readonly string[]
  readonly history: TextDraft[]
}

/** One text of a comment. Its operation's id costs a hash, which a summary does without. */
interface TextDraft {
  readonly context: OperationContext
  readonly message: string
}

/** An event before it has its id. */
export type EventDraft =
  | Discussion
  | { readonly type: 'title'; readonly context: OperationContext; readonly title: string; readonly was: string }
  | { readonly type: 'status'; readonly context: OperationContext; readonly status: Status }
  | {
      readonly type: 'labels'
      readonly context: OperationContext
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }

export class Snapshot {
  readonly bugId: string
  /** Set by the Create operation. */
  created: OperationContext | undefined
  title = ''
  status: Status = 'open'
  readonly labels = new Set<string>()
  readonly actors = new Set<string>()
  readonly participants = new Set<string>()
  /** Every file that any operation attaches. */
  readonly files = new Set<string>()
  /** Times of what changed the status, in the order of the data. */
  readonly statusChanges: number[] = []
  readonly timeline: EventDraft[] = []
  readonly discussions: Discussion[] = []
  /** Comments by the id of the operation that made them; those before `#indexed` are in it. */
  readonly #discussionById = new Map<string, Discussion>()
  #indexed = 0
  /** Keys that were set on an operation afterwards. */
  #metadata: Map<string, Map<string, string>> | undefined

  constructor(bugId: string) {
    this.bugId = bugId
  }

  addDiscussion(context: OperationContext, content: { type: 'create' | 'comment'; message: string; files: string[] }) {
    const { type, message, files } = content
    const discussion: Discussion = { type, context, message, files, history: [{ context, message }] }
    for (const file of files) this.files.add(file)
    this.timeline.push(discussion)
    this.discussions.push(discussion)
    this.actors.add(context.authorId)
    this.participants.add(context.authorId)
  }

  /** The comment that an operation made; of operations with equal bytes the first one. */
  discussion(operationId: string): Discussion | undefined {
    // Ids cost a hash each, and most bugs have no edit that asks for them.
    for (; this.#indexed < this.discussions.length; this.#indexed++) {
      const discussion = this.discussions[this.#indexed]
      if (discussion && !this.#discussionById.has(discussion.context.id)) {
        this.#discussionById.set(discussion.context.id, discussion)
      }
    }
    return this.#discussionById.get(operationId)
  }

  /** Adds metadata to an operation; a key that is there keeps its first value. */
  addMetadata(operationId: string, entries: ReadonlyMap<string, string>) {
    this.#metadata ??= new Map()
    let metadata = this.#metadata.get(operationId)
    if (!metadata) {
      metadata = new Map()
      this.#metadata.set(operationId, metadata)
    }
    for (const [key, value] of entries) if (!metadata.has(key)) metadata.set(key, value)
  }

  /** An operation's own metadata, then what was added to it. */
  metadataOf(context: OperationContext): ReadonlyMap<string, string> {
    const added = this.#metadata?.get(context.id)
    if (!added) return context.metadata
    return new Map([...context.metadata, ...[...added].filter(([key]) => !context.metadata.has(key))])
  }

  /** The comment as the list of comments has it. */
  toComment(discussion: Discussion): Comment {
    return { ...this.#texts(discussion), createdAt: discussion.context.at }
  }

  /** The event as the timeline has it. */
  toEvent(draft: EventDraft): TimelineEvent {
    const { context } = draft
    const base = { id: this.#combinedId(context), authorId: context.authorId, at: context.at, commit: context.commit }
    switch (draft.type) {
      case 'title':
        return { ...base, type: 'title', title: draft.title, was: draft.was }
      case 'status':
        return { ...base, type: 'status', status: draft.status }
      case 'labels':
        return { ...base, type: 'labels', added: draft.added, removed: draft.removed }
      default:
        return {
          ...base,
          ...this.#texts(draft),
          type: draft.type,
          history: draft.history.map(toVersion),
          importedPlace: this.#importedPlace(context),
        }
    }
  }

  #importedPlace(context: OperationContext): string | undefined {
    for (const [key, value] of this.metadataOf(context)) if (key.endsWith('-url')) return readPlace(value)
    return undefined
  }

  #texts(discussion: Discussion) {
    const { context, message, files, history } = discussion
    return {
      id: this.#combinedId(context),
      authorId: context.authorId,
      message,
      files,
      editedAt: history.at(-1)?.context.at ?? context.at,
      edited: history.length > 1,
    }
  }

  /** The id by which people name a comment or an event. */
  #combinedId(context: OperationContext): string {
    return combineIds(this.bugId, context.id)
  }
}

function toVersion({ context, message }: TextDraft): CommentVersion {
  return { operationId: context.id, authorId: context.authorId, message, at: context.at }
}
