/**
 * Tips that git cannot make a pack of, since something that they reach is missing or damaged. One of them spoils every
 * pack that it is part of, and git does not say which one it was: here it is found, by halves, and left out from then on.
 * Reading a bug does not find it, since that looks at no attached file.
 *
 *     a pack has failed ──► search ──► these are left out ──► looked at again after some time: it may have been mended
 *
 * It promises: one search at a time, and none twice where the one before has found nothing; each in bounded time, with
 * what was found by then. It refuses to guess: where git itself is at fault nothing is left out.
 */
import type { Clock } from '../base/clock.ts'
import { createMutex } from '../base/mutex.ts'
import { waitFor } from '../base/single-flight.ts'
import { createRest } from './rest.ts'

/** Whether git can pack all that some tips reach. Throws where that cannot be told in the given time. */
export type ArePackable = (tips: readonly string[], maxWorkMs: number, signal: AbortSignal) => Promise<boolean>

export interface UnpackableTips {
  /** What is known to be unpackable. Another set after each change. */
  readonly known: ReadonlySet<string>
  /**
   * Some of these tips may be unpackable.
   * @param search.content equal contents, equal tips
   * @throws the signal's reason, and what `ArePackable` throws
   */
  search(search: { readonly content: string; readonly tips: readonly string[] }, signal: AbortSignal): Promise<void>
  /** Looks again at what is known, where that was long ago. @throws the same; all stays known then */
  lookAgain(signal: AbortSignal): Promise<void>
}

/** For one search: that of a repository of gigabytes, with a few culprits. */
const searchMs = 60_000
/** Between two looks at what is known. */
const lookRest = { times: 100, shortestMs: 3000, longestMs: 10 * 60_000 }

export function createUnpackableTips(clock: Clock, arePackable: ArePackable): UnpackableTips {
  const turn = createMutex()
  let known: ReadonlySet<string> = new Set()
  const rest = createRest(clock, lookRest)
  let fruitless: string | undefined

  const findAmong = async (tips: readonly string[], signal: AbortSignal, onFound: (tip: string) => void) => {
    const endMs = clock.monotonicMs() + searchMs
    const isSound = async (some: readonly string[]) => await arePackable(some, endMs - clock.monotonicMs(), signal)
    const groups = [{ tips, isSpoilt: false }]
    for (let group = groups.pop(); group; group = groups.pop()) {
      if (!group.isSpoilt && (await isSound(group.tips))) continue
      const [only] = group.tips
      if (group.tips.length > 1) groups.push(...(await halve(group.tips, isSound)))
      else if (only !== undefined) onFound(only)
    }
  }

  const isDue = () => known.size > 0 && rest.isOver

  return {
    get known() {
      return known
    },
    async search({ content, tips }, signal) {
      const work = async () => {
        if (fruitless === content) return
        const before = known
        const end = rest.begin()
        const unknown = tips.filter(tip => !known.has(tip))
        try {
          await findAmong(unknown, signal, tip => {
            known = new Set([...known, tip])
          })
        } finally {
          end()
        }
        if (known === before) fruitless = content
      }
      await waitFor(turn.run(work), signal)
    },
    async lookAgain(signal) {
      // Whoever has nothing to wait for does not wait for a search either.
      if (!isDue()) return
      const work = async () => {
        if (!isDue()) return
        const end = rest.begin()
        const still = new Set<string>()
        try {
          await findAmong([...known], signal, tip => void still.add(tip))
          known = still
        } finally {
          end()
        }
      }
      await waitFor(turn.run(work), signal)
    },
  }
}

/** The halves of a group that is spoilt, but for a sound one. Where the first is sound, the second needs no look. */
async function halve(tips: readonly string[], isSound: (tips: readonly string[]) => Promise<boolean>) {
  const middle = tips.length >> 1
  const [first, second] = [tips.slice(0, middle), tips.slice(middle)]
  if (await isSound(first)) return [{ tips: second, isSpoilt: true }]
  return [
    { tips: second, isSpoilt: false },
    { tips: first, isSpoilt: true },
  ]
}
