/**
 * The state of a bug while its operations are applied, one after the other. Only the operations change it; it is made
 * into an immutable Bug at the end.
 */
import { combineIds } from './ids.ts'
import type { Comment, CommentEvent, CommentVersion, LabelsEvent, Status, StatusEvent, TitleEvent } from './model.ts'
import type { OperationContext } from './operation.ts'

/** A comment and its event are one thing that two lists show. */
export interface Discussion {
  readonly id: string
  readonly type: 'create' | 'comment'
  readonly context: OperationContext
  message: string
  files: readonly string[]
  readonly history: CommentVersion[]
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
  readonly timeline: (Discussion | TitleEvent | StatusEvent | LabelsEvent)[] = []
  /** Comments by the id of the operation that made them. */
  readonly #discussions = new Map<string, Discussion>()
  /** Keys that were set on an operation afterwards. */
  readonly #metadata = new Map<string, Map<string, string>>()

  constructor(bugId: string) {
    this.bugId = bugId
  }

  /** Makes the id by which people name a comment or an event. */
  combinedId(context: OperationContext): string {
    return combineIds(this.bugId, context.id)
  }

  /** What every event has. */
  eventBase(context: OperationContext) {
    return { id: this.combinedId(context), authorId: context.authorId, at: context.at, commit: context.commit }
  }

  addDiscussion(context: OperationContext, content: { type: 'create' | 'comment'; message: string; files: string[] }) {
    const discussion: Discussion = {
      id: this.combinedId(context),
      context,
      ...content,
      history: [{ message: content.message, at: context.at }],
    }
    for (const file of content.files) this.files.add(file)
    this.timeline.push(discussion)
    if (!this.#discussions.has(context.id)) this.#discussions.set(context.id, discussion)
    this.actors.add(context.authorId)
    this.participants.add(context.authorId)
  }

  discussion(operationId: string): Discussion | undefined {
    return this.#discussions.get(operationId)
  }

  /** Adds metadata to an operation; a key that is there keeps its first value. */
  addMetadata(operationId: string, entries: ReadonlyMap<string, string>) {
    let metadata = this.#metadata.get(operationId)
    if (!metadata) {
      metadata = new Map()
      this.#metadata.set(operationId, metadata)
    }
    for (const [key, value] of entries) if (!metadata.has(key)) metadata.set(key, value)
  }

  /** An operation's own metadata, then what was added to it. */
  metadataOf(context: OperationContext): ReadonlyMap<string, string> {
    const added = this.#metadata.get(context.id)
    if (!added) return context.metadata
    return new Map([...context.metadata, ...[...added].filter(([key]) => !context.metadata.has(key))])
  }
}

/** The comment as the list of comments has it. */
export function toComment(discussion: Discussion): Comment {
  return { ...texts(discussion), createdAt: discussion.context.at }
}

/** The comment as the timeline has it. */
export function toEvent(discussion: Discussion): CommentEvent {
  return {
    ...texts(discussion),
    type: discussion.type,
    at: discussion.context.at,
    commit: discussion.context.commit,
    history: discussion.history,
  }
}

function texts(discussion: Discussion) {
  return {
    id: discussion.id,
    authorId: discussion.context.authorId,
    message: discussion.message,
    files: discussion.files,
    editedAt: discussion.history.at(-1)?.at ?? discussion.context.at,
    edited: discussion.history.length > 1,
  }
}
