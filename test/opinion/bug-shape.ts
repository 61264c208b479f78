/** A bug in the shape of the JSON API. */
import type { IdentityRef } from './people.ts'

export interface Comment {
  readonly id: string
  readonly author: IdentityRef
  readonly createdAt: string
  message: string
  files: readonly string[]
  editedAt: string
  edited: boolean
}

export interface TextEvent {
  readonly id: string
  readonly type: 'create' | 'comment'
  readonly author: IdentityRef
  readonly at: string
  message: string
  files: readonly string[]
  edited: boolean
  editedAt: string
  readonly history: { readonly message: string; readonly at: string }[]
}

export type Event =
  | TextEvent
  | ({ readonly id: string; readonly author: IdentityRef; readonly at: string } & (
      | { readonly type: 'title'; readonly title: string; readonly was: string }
      | { readonly type: 'status'; readonly status: 'open' | 'closed' }
      | { readonly type: 'labels'; readonly added: readonly string[]; readonly removed: readonly string[] }
    ))

export interface BugState {
  readonly id: string
  readonly humanId: string
  readonly status: 'open' | 'closed'
  readonly title: string
  readonly labels: readonly { readonly name: string; readonly color: string }[]
  readonly author: IdentityRef
  readonly createdAt: string
  readonly editedAt: string
  readonly createLamport: number
  readonly editLamport: number
  readonly comments: readonly Comment[]
  readonly actors: readonly IdentityRef[]
  readonly participants: readonly IdentityRef[]
  readonly metadata: Readonly<Record<string, string>>
  readonly timeline: readonly Event[]
}
