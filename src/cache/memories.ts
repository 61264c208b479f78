/**
 * What is remembered of repositories that may be closed: their counts, or that they hold nothing, with the fingerprint
 * of the refs that it was read from. So an index of a thousand repositories is told by looking at files, and opens none
 * of those that have not moved since.
 */
import type { Tracker } from '../bug/model.ts'
import type { Freshness } from './freshness.ts'
import type { OpenRepository } from './open-repository.ts'

/** What is known of a repository without opening it again. */
export interface RepositoryCard {
  readonly digest: string
  readonly openBugs: number
  readonly closedBugs: number
  readonly lastActivity: number | undefined
}

interface Memory {
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

  /** @param tracker undefined where the repository holds nothing */
  set(open: OpenRepository, tracker: Tracker | undefined) {
    this.#memories.set(open.repository.name, { card: tracker && toCard(tracker), freshness: open.freshness })
  }

  forget(name: string) {
    this.#memories.delete(name)
  }

  /** How its refs were last seen. */
  freshness(name: string): Freshness | undefined {
    return this.#memories.get(name)?.freshness
  }

  /** As it was last seen. */
  card(name: string): RepositoryCard | undefined {
    return this.#memories.get(name)?.card
  }

  /** The same where its refs have not moved since. */
  async currentCard(name: string): Promise<RepositoryCard | undefined> {
    const memory = this.#memories.get(name)
    return memory?.card && (await memory.freshness.look()) === 'same' ? memory.card : undefined
  }

  /** True where a repository held nothing when its refs were listed last, and they have not moved since. */
  async isStillEmpty(name: string): Promise<boolean> {
    const memory = this.#memories.get(name)
    return memory !== undefined && memory.card === undefined && (await memory.freshness.look()) === 'same'
  }
}
