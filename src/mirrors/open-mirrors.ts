/** The mirrors of a program with all that they need. */
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { createGate } from '../base/gate.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import type { Git } from '../git/git.ts'
import { createAddressGuard } from './address-guard.ts'
import { type ColdStorage, noColdStorage } from './cold-storage.ts'
import { openKnownMirrors } from './known-mirrors.ts'
import { openMirrorFolder } from './mirror-folder.ts'
import type { MirrorOptions } from './mirror-tools.ts'
import { createMirrors, type Mirrors, type MirrorsOptions } from './mirrors.ts'
import { createRoom } from './room.ts'
import type { S3Options } from './s3-storage.ts'

export interface OpenMirrorsOptions extends MirrorsOptions, MirrorOptions {
  /** Folder of the mirrors; made where it is missing. */
  readonly folder: string
  /** Room for all of them. */
  readonly maxBytes: number
  /** Special networks that addresses may lead to. */
  readonly allowAddresses: readonly string[]
  /** Undefined: what leaves the disk is gone. */
  readonly coldStorage: S3Options | undefined
}

export interface OpenMirrorsDeps {
  readonly git: Pick<Git, 'remotes' | 'listRefs'>
  readonly clock: Clock
  readonly log: Log
  readonly measures: Measures
  /** The refs of a mirror have moved. */
  moved(name: string): void
  /** Lets go of a mirror that is about to be removed; false where it is in use. */
  release(name: string): Promise<boolean>
}

/** Opens the folder and what is in it. Nothing is fetched yet. @throws SETTING_INVALID */
export async function openMirrors(options: OpenMirrorsOptions, deps: OpenMirrorsDeps): Promise<Mirrors> {
  const { clock, log } = deps
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await openMirrorFolder(options.folder, { clock, log }))
  const known = await openKnownMirrors(join(options.folder, 'opened.txt'), log)
  const cold = await openColdStorage(options.coldStorage, deps)
  const room = createRoom(options, {
    folder,
    mayGo: name => mirrors.mayGo(name),
    evict: name => mirrors.evict(name),
  })
  const guard = createAddressGuard({ allow: options.allowAddresses })
  const gate = createGate(options.maxFetches)
  const mirrors: Mirrors = createMirrors(options, { ...deps, options, folder, room, guard, cold, gate }, known)
  stack.use(mirrors)
  const resources = stack.move()
  return { ...mirrors, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

/** Loaded where it is wanted: few want it. */
async function openColdStorage(options: S3Options | undefined, { clock, log }: OpenMirrorsDeps): Promise<ColdStorage> {
  if (!options) return noColdStorage
  const { createS3Storage } = await import('./s3-storage.ts')
  return createS3Storage(options, { clock, log })
}
