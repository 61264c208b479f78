/** What all mirrors share: the settings, and the parts that they are made with. */
import type { Clock } from '../base/clock.ts'
import type { Gate } from '../base/gate.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import type { RemoteUrl } from '../base/remote-url.ts'
import type { Git } from '../git/git.ts'
import type { AddressGuard } from './address-guard.ts'
import type { ColdStorage } from './cold-storage.ts'
import type { MirrorFolder } from './mirror-folder.ts'
import type { Room } from './room.ts'

/** What the settings say of one repository. */
export interface ListedMirror {
  readonly url: RemoteUrl
  readonly name: string
  readonly description?: string | undefined
  readonly owner?: string | undefined
  readonly hidden: boolean
  readonly neverEvict: boolean
  readonly credentials?: { readonly user: string; readonly password: string } | undefined
}

/** Bounds and times. */
export interface MirrorOptions {
  /** One that somebody looks at is fetched again when the last time is longer ago. */
  readonly refreshIntervalMs: number
  /** A remote without bugs is not asked again for so long. */
  readonly emptyMs: number
  /** Bytes of one repository. */
  readonly maxRepositoryBytes: number
  readonly maxObjects: number
  /** For one clone or fetch. */
  readonly timeoutMs: number
  /** What has to stay free on the disk. */
  readonly minFreeBytes: number
  readonly caFile?: string | undefined
  readonly ssh: { readonly keyFile?: string | undefined; readonly knownHostsFile?: string | undefined }
}

export interface MirrorTools {
  readonly options: MirrorOptions
  readonly git: Pick<Git, 'remotes' | 'listRefs'>
  readonly folder: MirrorFolder
  readonly room: Room
  readonly guard: AddressGuard
  readonly cold: ColdStorage
  /** Bounds clones and fetches. */
  readonly gate: Gate
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
  /** The refs of a mirror have moved. */
  moved(name: string): void
  /** Lets go of a mirror that is about to be removed; false where it is in use. */
  release(name: string): Promise<boolean>
}
