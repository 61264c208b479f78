/**
 * Two stores as one: a near one in front, and one behind it that holds more or is shared. Promises to ask the one behind
 * for nothing that the front has. What came from behind is put into the front, where its age begins anew.
 */
import type { Store } from './store.ts'

export function createTieredStore({ front, back }: { readonly front: Store; readonly back: Store }): Store {
  return {
    async getMany(tier, keys, signal) {
      const values = [...(await front.getMany(tier, keys, signal))]
      const missing = keys.flatMap((key, place) => (values[place] ? [] : [{ key, place }]))
      if (missing.length === 0) return values
      const found = await back.getMany(
        tier,
        missing.map(({ key }) => key),
        signal,
      )
      const moved = missing.flatMap(({ key, place }, n) => {
        const value = found[n]
        if (!value) return []
        values[place] = value
        return [{ key, value }]
      })
      // Not waited for: the one who asks has what he asked for.
      if (moved.length > 0) void front.setMany(tier, moved)
      return values
    },
    async setMany(tier, entries) {
      await Promise.all([front.setMany(tier, entries), back.setMany(tier, entries)])
    },
    async settled() {
      await Promise.all([front.settled(), back.settled()])
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([front[Symbol.asyncDispose](), back[Symbol.asyncDispose]()])
    },
  }
}
