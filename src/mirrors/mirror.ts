/** A repository that is kept here as a copy of one elsewhere, as the rest of the program knows it. */
import type { RepositoryLocation } from '../git/repository.ts'

/** What is on disk, or on its way there. */
export interface Mirror {
  /** The address, without anything secret. */
  readonly href: string
  /** True where its repository is on disk. */
  isHere(): boolean
  /** What is to be told of it. The same object for as long as nothing has changed. */
  status(): MirrorStatus
  /** Somebody looks at it: it is needed, and may have to be fetched again. Returns at once. */
  used(): void
  /**
   * Brings it here, where it is not: one clone for all who ask. It goes on when all of them have left.
   * @throws REMOTE_UNREACHABLE, REMOTE_REFUSED, REMOTE_TOO_LARGE, MIRROR_NO_ROOM, REPOSITORY_EMPTY, SHUTTING_DOWN
   */
  obtain(signal?: AbortSignal): Promise<void>
  /** Its refs have moved over there: it is fetched now, whenever it was fetched last. Returns at once. */
  refreshNow(): void
  /** How far the clone that runs has come. */
  progress(): CloneProgress | undefined
}

/** What pages tell of a mirror. */
export interface MirrorStatus {
  readonly href: string
  /** When the remote was last seen as it is shown here: milliseconds since 1970; undefined where it is not here. */
  readonly fetchedMs: number | undefined
  /** Why later attempts have failed; undefined where none has. */
  readonly failure: MirrorFailure | undefined
  /** What it takes on disk, measured. */
  readonly bytes: number
}

export interface MirrorFailure {
  readonly reason: RemoteFailure
  /** Since when it fails: milliseconds since 1970. */
  readonly sinceMs: number
}

/** As `OriginFailure` of bug/model.ts has them: pages say them. */
export const remoteFailures = [
  'gone',
  'refused',
  'unreachable',
  'slow',
  'forbidden',
  'damaged',
  'large',
  'room',
  'failed',
] as const
export type RemoteFailure = (typeof remoteFailures)[number]

/** How far a clone has come. */
export interface CloneProgress {
  readonly step: CloneStep
  /** Of `total`; both 0 where that is not known. */
  readonly done: number
  readonly total: number
  /** What has come so far. */
  readonly bytes: number
}

/** Waiting for its turn or for room; asking the remote; the remote counts; objects come; they are put together; refs. */
export const cloneSteps = ['waiting', 'connecting', 'counting', 'receiving', 'resolving', 'storing'] as const
export type CloneStep = (typeof cloneSteps)[number]

/** Where a mirror's repository will be, also while it is not there. */
export interface MirrorPlace {
  readonly name: string
  readonly location: RepositoryLocation
  readonly mirror: Mirror
  readonly description: string | undefined
  readonly owner: string | undefined
  readonly hidden: boolean
}
