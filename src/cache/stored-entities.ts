/**
 * Reads entities from the store, and from git what is not there. Over all instances one reads a repository from git at a
 * time; the others wait for what it puts into the store.
 *
 *     refs ─► store ─► found
 *               │ missing
 *               ▼
 *             task key of the repository ── held by another ─► wait until it may be free, look into the store again ─┐
 *               │ taken                                                                                             │
 *               ▼                                                                          nothing is missing ◄─────┘
 *             store, once more ─► git ─► found, and put into the store ─► key given back
 *
 * What is put there is what this program would read again at any time, so a value that is gone, damaged or of somebody
 * else's making costs a read and nothing more. Never waits for the store to take something in.
 */
import type { DecodeLimits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import { nextTurn } from '../base/turns.ts'
import type { Store, StoreEntry } from '../store/store.ts'
import type { HeldTask, TaskKeys, TaskProgress } from '../store/task-keys.ts'
import type { EntityRef, PackedEntity, ReadEntity } from './entity-record.ts'
import type { ReadEntities } from './load-tracker.ts'
import {
  createEntityKeys,
  type EntityKeys,
  isForEver,
  packRecord,
  packText,
  unpackRecord,
  unpackText,
} from './packed-entity.ts'

export interface StoredRead {
  /** Name of the repository, the same for all instances. */
  readonly repository: string
  readonly refs: readonly EntityRef[]
  readonly signal: AbortSignal
  /** Reads from git. */
  readonly readFromGit: ReadEntities
  onRead(read: ReadEntity, index: number): void
  /** How far another instance has come that reads the same. */
  onOthersProgress(progress: TaskProgress): void
  /** Does nothing while `wait` goes on, which may take as long as another instance reads: others can have its place. */
  stepAside(wait: () => Promise<void>): Promise<void>
  /** Whether everything is read from git, and what the store has is put anew. */
  readonly isAnew: boolean
}

export interface TextReading {
  onText(text: Uint8Array, index: number): void
  readonly signal: AbortSignal
}

export interface StoredEntities extends AsyncDisposable {
  /** Reads entities. @returns how many of them came from git; rejects as `readFromGit` does */
  read(read: StoredRead): Promise<number>
  /** Texts of bugs. @returns places of those that are not in the store */
  readTexts(repository: string, tips: readonly string[], reading: TextReading): Promise<readonly number[]>
  /** Whether texts are kept too, so that they should come packed from git. */
  readonly keepsTexts: boolean
}

export interface StoredEntitiesDeps {
  readonly store: Store
  readonly tasks: TaskKeys
  readonly limits: DecodeLimits
  /** Whether texts are kept too: others need them, who have a search index of their own. */
  readonly keepsTexts: boolean
  readonly log: Log
  readonly measures: Measures
}

/** Keys of one question. */
const keysAtOnce = 1024
/** Keys of texts, which may be long: so many are to be had in the time that a store is given. */
const textsAtOnce = 32
/** Questions that are under way at the same time: the store looks for the next while this thread unpacks. */
const questionsAtOnce = 3
/** Entities that go into the store together. */
const putsAtOnce = 256
/** What may wait to be taken in by a store that is slow: what comes after that is not kept. */
const maxWaitingBytes = 64 * 1024 * 1024

/** Reads everything from git and keeps nothing: for when there is no store. */
export function createUnstoredEntities(): StoredEntities {
  return {
    keepsTexts: false,
    async read({ refs, readFromGit, onRead }) {
      await readFromGit(refs, onRead)
      return refs.length
    },
    readTexts: async (_repository, tips) => tips.map((_, index) => index),
    async [Symbol.asyncDispose]() {},
  }
}

/** Makes the reader. */
export function createStoredEntities(deps: StoredEntitiesDeps): StoredEntities {
  return new Reader(deps)
}

class Reader implements StoredEntities {
  readonly keepsTexts: boolean
  readonly #deps: StoredEntitiesDeps
  readonly #keys: EntityKeys
  readonly #finishing = new Set<Promise<void>>()
  #waitingBytes = 0

  constructor(deps: StoredEntitiesDeps) {
    this.#deps = deps
    this.#keys = createEntityKeys(deps.limits)
    this.keepsTexts = deps.keepsTexts
  }

  async read(read: StoredRead): Promise<number> {
    const all = read.refs.map((_, index) => index)
    if (read.isAnew) {
      await this.#readFromGit(read, all)
      return all.length
    }
    const missing = await this.#find(read, all)
    if (missing.length === 0) return 0
    const { held, left } = await this.#take(read, missing)
    if (!held) return 0
    try {
      await this.#readFromGit(read, left, held)
    } finally {
      // The key is given back when the others can find what was read; nobody here waits for that.
      this.#finish(this.#giveBack(held))
    }
    return left.length
  }

  /** Waits for the key of the repository. @returns no key where nothing is left to be read */
  async #take(
    read: StoredRead,
    missing: readonly number[],
  ): Promise<{ held: HeldTask | undefined; left: readonly number[] }> {
    const { tasks, measures } = this.#deps
    const { repository, signal } = read
    const task = `read ${repository}`
    let left = missing
    for (let round = 0; ; round++) {
      const held = await tasks.tryTake(task, signal)
      if (held && !tasks.isShared && round === 0) return { held, left }
      // Whoever had the key before may have read it all meanwhile.
      try {
        left = await this.#find(read, left)
      } catch (error) {
        if (held) this.#finish(this.#giveBack(held))
        throw error
      }
      if (left.length === 0) {
        if (held) this.#finish(this.#giveBack(held))
        measures.count('gitbugviewer_tasks_total', { result: 'done_by_other' })
        return { held: undefined, left }
      }
      if (held) {
        measures.count('gitbugviewer_tasks_total', { result: round === 0 ? 'taken' : 'taken_later' })
        return { held, left }
      }
      const progress = await tasks.progress(task)
      if (progress) read.onOthersProgress(progress)
      await read.stepAside(() => tasks.changed(task, signal))
    }
  }

  async #giveBack(held: HeldTask): Promise<void> {
    if (this.#deps.tasks.isShared) await this.#deps.store.settled()
    await held[Symbol.asyncDispose]()
  }

  async #readFromGit(read: StoredRead, missing: readonly number[], held?: HeldTask): Promise<void> {
    const refs = missing.flatMap(index => read.refs[index] ?? [])
    let batch: ReadEntity[] = []
    let done = 0
    await read.readFromGit(refs, (entity, place) => {
      // Packed before it is handed over, because texts are handed on to another thread.
      batch.push({ ...entity, packed: this.#pack(entity) })
      read.onRead(entity, missing[place] ?? 0)
      held?.report({ done: ++done, total: refs.length })
      if (batch.length < putsAtOnce) return
      this.#put(read.repository, batch)
      batch = []
    })
    this.#put(read.repository, batch)
  }

  #pack({ record, text, packed }: ReadEntity): PackedEntity {
    return packed ?? { record: packRecord(record), text: this.keepsTexts && text ? packText(text) : undefined }
  }

  /** Hands over what the store has. @returns places of what it has not */
  async #find({ repository, refs, signal, onRead }: StoredRead, places: readonly number[]): Promise<readonly number[]> {
    const missing: number[] = []
    const { measures } = this.#deps
    await this.#ask({
      keys: places.map(place => this.#keys.record(repository, refs[place] ?? noRef)),
      signal,
      onValue: (bytes, index) => {
        const place = places[index] ?? 0
        const ref = refs[place]
        const record = bytes && ref && unpackRecord(bytes, ref)
        if (record) onRead({ record, text: undefined }, place)
        else missing.push(place)
      },
    })
    measures.count('gitbugviewer_entities_total', { result: 'stored' }, places.length - missing.length)
    return missing
  }

  async readTexts(
    repository: string,
    tips: readonly string[],
    { onText, signal }: TextReading,
  ): Promise<readonly number[]> {
    if (!this.keepsTexts) return tips.map((_, index) => index)
    const missing: number[] = []
    await this.#ask({
      keys: tips.map(tip => this.#keys.text(repository, tip)),
      size: textsAtOnce,
      signal,
      onValue: (bytes, index) => {
        const text = bytes && unpackText(bytes)
        if (text) onText(text, index)
        else missing.push(index)
      },
    })
    return missing
  }

  /** Asks slice by slice, a few at the same time; values come in the order of the keys. */
  async #ask({ keys, size = keysAtOnce, signal, onValue }: Question): Promise<void> {
    const ask = (start: number) => {
      const answer = this.#deps.store.getMany('permanent', keys.slice(start, start + size), signal)
      // Its failure is met when it is its turn.
      answer.catch(() => {})
      return answer
    }
    const asked: ReturnType<Store['getMany']>[] = []
    let next = 0
    for (let start = 0; start < keys.length; start += size) {
      for (; next < keys.length && asked.length < questionsAtOnce; next += size) asked.push(ask(next))
      const values = await asked.shift()
      for (const [index, value] of (values ?? []).entries()) onValue(value, start + index)
      // Others have their turn.
      if (start > 0) await nextTurn()
    }
  }

  /** Puts what was read from git. */
  #put(repository: string, reads: readonly ReadEntity[]): void {
    const entries: StoreEntry[] = []
    let bytes = 0
    for (const read of reads) {
      const { record } = read
      if (!isForEver(record)) continue
      const packed = this.#pack(read)
      entries.push({ key: this.#keys.record(repository, record), value: packed.record })
      if (packed.text) entries.push({ key: this.#keys.text(repository, record.tip), value: packed.text })
      bytes += packed.record.length + (packed.text?.length ?? 0)
    }
    if (entries.length === 0 || this.#waitingBytes + bytes > maxWaitingBytes) return
    this.#waitingBytes += bytes
    const putting = this.#deps.store.setMany('permanent', entries).finally(() => {
      this.#waitingBytes -= bytes
    })
    this.#finish(putting)
  }

  /** Work that nobody waits for until the end. */
  #finish(work: Promise<void>) {
    const finishing = work
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'the store cannot be finished with'))
      .finally(() => this.#finishing.delete(finishing))
    this.#finishing.add(finishing)
  }

  async [Symbol.asyncDispose]() {
    await Promise.all(this.#finishing)
  }
}

interface Question {
  readonly keys: readonly string[]
  /** Keys that are asked for together. */
  readonly size?: number
  readonly signal: AbortSignal
  onValue(value: Uint8Array | undefined, index: number): void
}

/** Stands where a list has nothing; it never does. */
const noRef: EntityRef = { kind: 'bug', id: '', tip: '' }
