/**
 * Counts of repositories, kept beyond this process under the fingerprint of the refs that they were counted from: an
 * index of a thousand repositories opens none of those that have not moved since. A card that is gone costs an opening.
 */
import { hash } from 'node:crypto'
import type { Store } from '../store/store.ts'
import type { RepositoryCard } from './memories.ts'

/** Of the form below and of how its numbers are counted. */
const cardVersion = 2

export interface StoredCards {
  /**
   * What was counted when the refs in a folder had that fingerprint; undefined where that is not known.
   * @returns a card of `undefined` where there was nothing
   */
  find(folder: string, fingerprint: string): Promise<{ readonly card: RepositoryCard | undefined } | undefined>
  put(folder: string, fingerprint: string, card: RepositoryCard | undefined): void
}

/** Makes the cards in a store. @param records version of the records that are counted, with the bounds on reading them */
export function createStoredCards(store: Store, records: string): StoredCards {
  const keyOf = (folder: string, fingerprint: string) =>
    `card/${cardVersion}/${records}/${hash('sha256', `${folder}\0${fingerprint}`, 'base64url')}`
  return {
    async find(folder, fingerprint) {
      const [value] = await store.getMany('intermediate', [keyOf(folder, fingerprint)])
      return value && parseCard(Buffer.from(value).toString())
    },
    put(folder, fingerprint, card) {
      const value = Buffer.from(JSON.stringify(card ?? null))
      void store.setMany('intermediate', [{ key: keyOf(folder, fingerprint), value }])
    },
  }
}

function parseCard(json: string): { readonly card: RepositoryCard | undefined } | undefined {
  try {
    const value: unknown = JSON.parse(json)
    if (value === null) return { card: undefined }
    return isCard(value) ? { card: value } : undefined
  } catch {
    return undefined
  }
}

function isCard(value: unknown): value is RepositoryCard {
  if (typeof value !== 'object' || value === null) return false
  const { digest, openBugs, closedBugs, lastActivity } = value as Record<string, unknown>
  const areCounted = typeof openBugs === 'number' && typeof closedBugs === 'number'
  return typeof digest === 'string' && areCounted && ['number', 'undefined'].includes(typeof lastActivity)
}
