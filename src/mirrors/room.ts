/**
 * Room on disk for mirrors: what is promised to one clone is promised to no other, and there is always so much left that
 * the budget and the free disk hold when all who were promised something have written it. Every decision looks at the
 * disk anew, since others write there, too.
 *
 *     reserve ──► look: budget and free disk, less what others were promised and have not written yet
 *        │          │ enough: half of it, within `least` and `most`
 *        │          │ too little, even if all left that may ──► MIRROR_NO_ROOM, and nothing was removed
 *        │          ▼
 *        └──── remove the one that was not used for longest
 *
 * One decision is made at a time, in the order in which they were asked for.
 */
import { ViewerError } from '../base/errors.ts'
import { createGate } from '../base/gate.ts'
import { waitFor } from '../base/single-flight.ts'
import type { MirrorFolder } from './mirror-folder.ts'

export interface Room {
  /**
   * Promises room for between `least` and `most` bytes, to be written under a name. What is there is given without
   * removing anything, and half of it at the most, so that those who come next find some; where there is less than
   * `least`, mirrors are removed until there is that: never one of that name, of one that was promised room, or one
   * that `mayGo` refuses.
   * @param signal ends the wait, with the signal's reason
   * @throws MIRROR_NO_ROOM
   */
  reserve(want: WantedRoom, signal: AbortSignal): Promise<Reservation>
  /**
   * Removes mirrors until the budget and the free disk hold, or none is left that may go. So with a budget of 0 none
   * stays but those, and no new one comes.
   */
  keep(signal: AbortSignal): Promise<void>
}

export interface WantedRoom {
  readonly name: string
  readonly least: number
  readonly most: number
}

/** Dispose it when nothing more will be written. */
export interface Reservation extends Disposable {
  /** How much may be written: whatever it takes on disk, in files of any number. */
  readonly bytes: number
}

export interface RoomOptions {
  /** Of all mirrors together. */
  readonly maxBytes: number
  /** What has to stay free on the disk. */
  readonly minFreeBytes: number
}

export interface RoomTools {
  readonly folder: Pick<MirrorFolder, 'all' | 'measure' | 'bytes' | 'freeBytes'>
  mayGo(name: string): boolean
  /** Removes a mirror. @returns false where it is needed after all, and stays */
  evict(name: string): Promise<boolean>
}

/** What was promised, and how much there was under that name before. */
interface Grant {
  readonly name: string
  readonly bytes: number
  readonly before: number
}

/** What a decision is made of. */
interface Look {
  /** What can be promised; less than nothing where there is too much already. */
  readonly left: number
  /** What is there under the name that somebody asks for. */
  readonly before: number
}

interface Need {
  readonly name: string | undefined
  readonly bytes: number
}

/** What the folder itself writes for a mirror: its record, once as it was and once as it will be, and folders. */
const ownBytes = 16 * 1024

export function createRoom(options: RoomOptions, tools: RoomTools): Room {
  return new RoomOnDisk(options, tools)
}

class RoomOnDisk implements Room {
  readonly #options: RoomOptions
  readonly #tools: RoomTools
  readonly #grants = new Set<Grant>()
  /** A mirror that is being removed, also when the one for whom it leaves waits no more. */
  #leaving: Promise<boolean> | undefined
  readonly #decisions = createGate(1)

  constructor(options: RoomOptions, tools: RoomTools) {
    this.#options = options
    this.#tools = tools
  }

  async reserve({ name, least, most }: WantedRoom, signal: AbortSignal): Promise<Reservation> {
    return await this.#decisions.run(async () => {
      const need = { name, bytes: least + ownBytes }
      const { look, refusal } = await this.#makeRoom(need, signal)
      if (look.left < need.bytes) throw noRoom(need, look, refusal)
      const spare = look.left - ownBytes
      const bytes = Math.max(least, Math.min(most, Math.floor(spare / 2)))
      const grant: Grant = { name, bytes: bytes + ownBytes, before: look.before }
      this.#grants.add(grant)
      return { bytes, [Symbol.dispose]: () => void this.#grants.delete(grant) }
    }, signal)
  }

  async keep(signal: AbortSignal): Promise<void> {
    await this.#decisions.run(async () => void (await this.#makeRoom({ name: undefined, bytes: 0 }, signal)), signal)
  }

  /**
   * Removes mirrors until there is enough, or none is left that may go.
   * @returns the last look, and why a mirror could not be removed
   */
  async #makeRoom(need: Need, signal: AbortSignal): Promise<{ look: Look; refusal: unknown }> {
    const asked = new Set<string>()
    let refusal: unknown
    for (;;) {
      const leaving = this.#leaving
      const look = await this.#look(need.name)
      signal.throwIfAborted()
      const short = need.bytes - look.left
      if (short <= 0) return { look, refusal }
      if (leaving) {
        await waitFor(Promise.allSettled([leaving]), signal)
        continue
      }
      const others = this.#whoMayGo(need.name).filter(({ name }) => !asked.has(name))
      const [next] = others
      const couldFree = others.reduce((sum, { bytes }) => sum + bytes, 0)
      // Nobody has to leave for one who cannot come all the same.
      if (!next || (need.name !== undefined && couldFree < short)) return { look, refusal }
      asked.add(next.name)
      try {
        await waitFor(this.#evict(next.name), signal)
      } catch (error) {
        signal.throwIfAborted()
        refusal = error
      }
    }
  }

  #whoMayGo(wanted: string | undefined) {
    const promised = new Set([...this.#grants].map(({ name }) => name))
    return this.#tools.folder
      .all()
      .filter(({ name }) => name !== wanted && !promised.has(name) && this.#tools.mayGo(name))
  }

  #evict(name: string): Promise<boolean> {
    const leaving = this.#tools.evict(name).finally(() => {
      this.#leaving = undefined
    })
    this.#leaving = leaving
    // Whoever asked for it may wait no more.
    leaving.catch(() => {})
    return leaving
  }

  /**
   * The order matters: what is written between two of the measurements makes less of what is left, and never more. Grants
   * count as they are at the beginning, also those that end meanwhile.
   */
  async #look(name: string | undefined): Promise<Look> {
    const { folder } = this.#tools
    const grants = [...this.#grants]
    const measured = new Map<string, number>()
    for (const owner of new Set([...grants.map(grant => grant.name), ...(name === undefined ? [] : [name])])) {
      measured.set(owner, await folder.measure(owner))
    }
    const taken = await folder.bytes()
    const free = await folder.freeBytes()
    let promised = 0
    for (const [owner, own] of Map.groupBy(grants, grant => grant.name)) {
      promised += stillToCome(own, measured.get(owner) ?? 0)
    }
    const { maxBytes, minFreeBytes } = this.#options
    return {
      left: Math.min(maxBytes - taken, free - minFreeBytes) - promised,
      before: name === undefined ? 0 : (measured.get(name) ?? 0),
    }
  }
}

/** @param grants of one name @param now what there is under it */
function stillToCome(grants: readonly Grant[], now: number): number {
  const all = grants.reduce((sum, { bytes }) => sum + bytes, 0)
  const before = Math.min(...grants.map(grant => grant.before))
  return Math.max(0, all - Math.max(0, now - before))
}

function noRoom({ name, bytes }: Need, { left }: Look, cause: unknown): ViewerError {
  const data = { subject: name, wantedBytes: bytes, leftBytes: Math.max(0, left) }
  return new ViewerError('MIRROR_NO_ROOM', `there is no room on disk for ${name}`, { data, cause })
}
