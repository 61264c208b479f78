/** What each repository offers to those who fetch, made once for each state; the latest ones are kept. */
import { LRUCache } from 'lru-cache'
import type { Lease } from '../cache/lease.ts'
import { createOffer, type Offer } from '../transfer/offer.ts'

export interface FetchOffers {
  offerOf(lease: Lease): Offer
}

/** Memory for those that are kept: that of some hundred thousand refs. A larger offer is made for each who asks. */
const maxBytes = 64 * 1024 * 1024
/** What an offer takes besides its lines. */
const overheadBytes = 1024

/** @param agent name and version of this program */
export function createFetchOffers(agent: string): FetchOffers {
  const kept = new LRUCache<string, Offer>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }) => bytes + overheadBytes,
  })
  return {
    offerOf(lease) {
      const content = lease.fetchable()
      // The digest tells of what cannot be read, too, which is not offered.
      const key = `${content.digest} ${lease.repository.name}`
      const found = kept.get(key)
      if (found) return found
      const offer = createOffer(content, agent)
      kept.set(key, offer)
      return offer
    },
  }
}
