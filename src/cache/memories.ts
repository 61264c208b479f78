/**
 * What is remembered of repositories that may be closed: their counts, or that they hold nothing, with the fingerprint
 * of the refs that it was read from. So an index of a thousand repositories is told by looking at files, and opens none
 * of those that have not moved since, nor of those that had not moved when another process counted them.
 */
import type { Clock } from '../base/clock.ts'
import type { Tracker } from '../bug/model.ts'
import { Freshness } from './freshness.ts'
import type { OpenRepository } from './open-repository.ts'
import type { RegisteredRepository } from './registry.ts'
import type { StoredCards } from './stored-cards.ts'

/** What is known of a repository without opening it again. */
export interface RepositoryCard {
  readonly digest: string
  readonly openBugs: number
  readonly closedBugs: number
  readonly lastActivity: number | undefined
}

interface Memory {
  /** Another folder may come to have the name. */
  readonly folder: string
  /** Undefined: it has neither bugs nor identities. */
  readonly card: RepositoryCard | undefined
  readonly freshness: Freshness
}

/** Makes the counts of a state. */
export function toCard({ digest, openBugs, closedBugs, lastActivity }: Tracker): RepositoryCard {
  return { digest, openBugs, closedBugs, lastActivity }
}

export class Memories {
  readonly #memories = new Map<string, Memory>()
  /** Those whose stored counts are not to be had until they were opened again. */
  readonly #forgotten = new Set<string>()
  readonly #stored: StoredCards
  readonly #clock: Clock

  constructor(stored: StoredCards, clock: Clock) {
    this.#stored = stored
    this.#clock = clock
  }

  /** @param tracker undefined where the repository holds nothing */
  set(open: OpenRepository, tracker: Tracker | undefined) {
    const { freshness, repository } = open
    const card = tracker && toCard(tracker)
    const { folder } = repository.location
    this.#memories.set(repository.name, { folder, card, freshness })
    this.#forgotten.delete(repository.name)
    // An object that is missing may arrive, and no ref moves then.
    const isForEver = tracker === undefined || open.state.unhealthy.length === 0
    const key = freshness.settledKey
    if (isForEver && key !== undefined) this.#stored.put(folder, key, card)
  }

  forget(name: string) {
    this.#memories.delete(name)
    this.#forgotten.add(name)
  }

  /** How its refs were last seen. */
  freshness(repository: RegisteredRepository): Freshness | undefined {
    return this.#of(repository)?.freshness
  }

  #of({ name, location }: RegisteredRepository): Memory | undefined {
    const memory = this.#memories.get(name)
    return memory?.folder === location.folder ? memory : undefined
  }

  /** As it was last seen. */
  card(name: string): RepositoryCard | undefined {
    return this.#memories.get(name)?.card
  }

  /** The same where its refs have not moved since. */
  async currentCard(repository: RegisteredRepository): Promise<RepositoryCard | undefined> {
    const memory = this.#of(repository) ?? (await this.#recall(repository))
    return memory?.card && (await memory.freshness.look()) === 'same' ? memory.card : undefined
  }

  /** Brings back what another process has counted, where the files of its refs are still the same. */
  async #recall(repository: RegisteredRepository): Promise<Memory | undefined> {
    const { name, location } = repository
    if (this.#forgotten.has(name)) return undefined
    const freshness = new Freshness(location, this.#clock)
    const key = await freshness.readKey()
    const found = await this.#stored.find(location.folder, key)
    // It may have been opened meanwhile.
    const known = this.#of(repository)
    if (!found || known) return known
    freshness.trust(key)
    const memory = { folder: location.folder, card: found.card, freshness }
    this.#memories.set(name, memory)
    return memory
  }

  /** True where a repository held nothing when its refs were listed last, and they have not moved since. */
  async isStillEmpty(repository: RegisteredRepository): Promise<boolean> {
    const memory = this.#of(repository)
    return memory !== undefined && memory.card === undefined && (await memory.freshness.look()) === 'same'
  }
}
