import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ViewerError } from '../../src/base/errors.ts'
import { createRoom, type Reservation, type RoomOptions } from '../../src/mirrors/room.ts'

/** What the room keeps for the folder's own files with each reservation. */
const own = 16 * 1024
const kB = 1024
const MB = 1024 ** 2

interface SceneOptions extends Partial<RoomOptions> {
  /** Sizes of mirrors, the one that was not used for longest first. */
  readonly mirrors?: Readonly<Record<string, number>>
  /** The whole disk. */
  readonly diskBytes?: number
  /** Names that must not be asked to leave. */
  readonly kept?: readonly string[]
  /** Called for each step that would be asynchronous on a real disk. */
  readonly step?: (what: string) => Promise<unknown>
  readonly evict?: (name: string, remove: () => void) => Promise<boolean>
}

/** A disk that is numbers. */
function makeScene(options: SceneOptions = {}) {
  const { diskBytes = 1000 * MB, maxBytes = 1000 * MB, minFreeBytes = 0, kept = [] } = options
  const whole = new Map(Object.entries(options.mirrors ?? {}))
  const unfinished = new Map<string, number>()
  const evicted: string[] = []
  let foreign = 0
  const step = options.step ?? (async () => {})
  const sum = (sizes: Map<string, number>) => sizes.values().reduce((all, bytes) => all + bytes, 0)
  const taken = () => sum(whole) + sum(unfinished)
  const free = () => diskBytes - foreign - taken()
  const remove = (name: string) => {
    evicted.push(name)
    whole.delete(name)
  }
  const sizeOf = (name: string) => (whole.get(name) ?? 0) + (unfinished.get(name) ?? 0)
  const look = async <T>(what: string, read: () => T): Promise<T> => {
    await step(what)
    const seen = read()
    await step(`${what} told`)
    return seen
  }
  const room = createRoom(
    { maxBytes, minFreeBytes },
    {
      folder: {
        all: () =>
          [...whole].map(([name, bytes], n) => ({ name, bytes, href: `https://${name}`, fetchedMs: 0, usedMs: n })),
        measure: name => look(`measure ${name}`, () => sizeOf(name)),
        bytes: () => look('bytes', taken),
        freeBytes: () => look('free', free),
      },
      mayGo: name => !kept.includes(name),
      evict: async name => {
        await step(`evict ${name}`)
        if (options.evict) return await options.evict(name, () => remove(name))
        remove(name)
        return true
      },
    },
  )
  return {
    room,
    evicted,
    taken,
    free,
    mirrors: () => [...whole.keys()],
    /** Writes for a clone. */
    write: (name: string, bytes: number) => void unfinished.set(name, (unfinished.get(name) ?? 0) + bytes),
    finish(name: string) {
      whole.set(name, unfinished.get(name) ?? 0)
      unfinished.delete(name)
    },
    fail: (name: string) => void unfinished.delete(name),
    /** A fetch into a mirror that is there. */
    grow: (name: string, bytes: number) => void whole.set(name, (whole.get(name) ?? 0) + bytes),
    /** Others write on the same disk. */
    writeElsewhere(bytes: number) {
      foreign += bytes
    },
    reserve: (name: string, least: number, most = least) =>
      room.reserve({ name, least, most }, new AbortController().signal),
  }
}

const noRoom = { code: 'MIRROR_NO_ROOM' }

describe('what is promised', () => {
  test('is half of what is there, and nobody has to leave for it', async () => {
    const scene = makeScene({ maxBytes: 100 * MB, mirrors: { a: 10 * MB } })
    using reserved = await scene.reserve('new', 5 * MB, 1000 * MB)
    expect([reserved.bytes, scene.evicted]).toEqual([Math.floor((90 * MB - own) / 2), []])
  })

  test('is not more than what is wanted at the most', async () => {
    const scene = makeScene({ maxBytes: 100 * MB })
    using reserved = await scene.reserve('new', MB, 7 * MB)
    expect(reserved.bytes).toBe(7 * MB)
  })

  test('is not less than what is wanted at the least, though it is more than half', async () => {
    const scene = makeScene({ maxBytes: 10 * MB })
    using reserved = await scene.reserve('new', 8 * MB, 100 * MB)
    expect([reserved.bytes, scene.evicted]).toEqual([8 * MB, []])
  })

  test('may be all that there is, to the last byte', async () => {
    const scene = makeScene({ maxBytes: 10 * MB })
    using reserved = await scene.reserve('new', 10 * MB - own)
    expect(reserved.bytes).toBe(10 * MB - own)
    await expect(makeScene({ maxBytes: 10 * MB }).reserve('new', 10 * MB - own + 1)).rejects.toMatchObject(noRoom)
  })

  test('counts until it is given back, whether it was written or not', async () => {
    const scene = makeScene({ maxBytes: 10 * MB })
    const first = await scene.reserve('first', 6 * MB)
    await expect(scene.reserve('second', 6 * MB)).rejects.toMatchObject(noRoom)
    scene.write('first', 5 * MB)
    // What is written is on the disk, and no promise any more: it counts once.
    using small = await scene.reserve('second', 3 * MB)
    expect(small.bytes).toBe(3 * MB)
    scene.fail('first')
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    using _ = await scene.reserve('third', 6 * MB)
  })

  test('of several for one name is what all of them may write', async () => {
    const scene = makeScene({ maxBytes: 10 * MB })
    using _ = await scene.reserve('one', 3 * MB)
    scene.write('one', 3 * MB)
    using __ = await scene.reserve('one', 3 * MB)
    scene.write('one', MB)
    await expect(scene.reserve('other', 4.5 * MB)).rejects.toMatchObject(noRoom)
    using ___ = await scene.reserve('other', 3.5 * MB)
  })

  test('for a fetch is what comes on top of what is there', async () => {
    const scene = makeScene({ maxBytes: 10 * MB, mirrors: { old: 4 * MB } })
    using _ = await scene.reserve('old', 3 * MB)
    await expect(scene.reserve('new', 3 * MB)).rejects.toMatchObject(noRoom)
    scene.grow('old', 2.5 * MB)
    await expect(scene.reserve('new', 3 * MB)).rejects.toMatchObject(noRoom)
    using __ = await scene.reserve('new', 2.5 * MB)
  })

  test('leaves free on the disk what has to stay free, whatever the budget says', async () => {
    const scene = makeScene({ diskBytes: 20 * MB, minFreeBytes: 5 * MB, mirrors: { a: 4 * MB } })
    using reserved = await scene.reserve('new', MB, 1000 * MB)
    expect(reserved.bytes).toBe(Math.floor((11 * MB - own) / 2))
  })

  test('follows what others write on the disk', async () => {
    const scene = makeScene({ diskBytes: 20 * MB, minFreeBytes: 5 * MB, mirrors: { a: 4 * MB, b: 4 * MB } })
    scene.writeElsewhere(6 * MB)
    using _ = await scene.reserve('new', 3 * MB)
    expect(scene.evicted).toEqual(['a'])
  })
})

describe('who has to leave', () => {
  test('are those that were not used for longest, and no more than it takes', async () => {
    const scene = makeScene({ maxBytes: 10 * MB, mirrors: { a: 2 * MB, b: 2 * MB, c: 2 * MB, d: 2 * MB } })
    using _ = await scene.reserve('new', 5 * MB)
    expect([scene.evicted, scene.mirrors()]).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  test('are not those that must stay, and not the one that it is for', async () => {
    const mirrors = { listed: 3 * MB, self: 3 * MB, a: 2 * MB }
    const scene = makeScene({ maxBytes: 10 * MB, mirrors, kept: ['listed'] })
    using _ = await scene.reserve('self', 3 * MB)
    expect(scene.evicted).toEqual(['a'])
    await expect(scene.reserve('self', 3 * MB)).rejects.toMatchObject(noRoom)
    expect(scene.mirrors()).toEqual(['listed', 'self'])
  })

  test('are not those for which something was promised', async () => {
    const scene = makeScene({ maxBytes: 10 * MB, mirrors: { fetched: 3 * MB, a: 3 * MB } })
    using _ = await scene.reserve('fetched', MB)
    using __ = await scene.reserve('new', 5 * MB)
    expect(scene.evicted).toEqual(['a'])
  })

  test('are others, where one came into use', async () => {
    const asked: string[] = []
    const scene = makeScene({
      maxBytes: 10 * MB,
      mirrors: { a: 4 * MB, b: 4 * MB },
      evict: async (name, remove) => {
        asked.push(name)
        if (name === 'a') return false
        remove()
        return true
      },
    })
    using _ = await scene.reserve('new', 4 * MB)
    expect([asked, scene.mirrors()]).toEqual([['a', 'b'], ['a']])
  })

  test('are others, where one cannot be removed; when that is not enough, it is the cause', async () => {
    const failure = new ViewerError('SETTING_INVALID', 'read-only')
    const scene = makeScene({
      maxBytes: 10 * MB,
      mirrors: { a: 4 * MB, b: 4 * MB },
      evict: async (name, remove) => {
        if (name === 'a') throw failure
        remove()
        return true
      },
    })
    using _ = await scene.reserve('new', 4 * MB)
    expect(scene.mirrors()).toEqual(['a'])
    await expect(scene.reserve('more', 4 * MB)).rejects.toMatchObject({ ...noRoom, cause: failure })
  })

  test('is nobody, where it would not be enough', async () => {
    const scene = makeScene({ maxBytes: 10 * MB, mirrors: { a: 2 * MB, listed: 7 * MB }, kept: ['listed'] })
    await expect(scene.reserve('new', 4 * MB)).rejects.toMatchObject({
      ...noRoom,
      message: 'there is no room on disk for new',
      data: { subject: 'new', wantedBytes: 4 * MB + own, leftBytes: MB },
    })
    expect(scene.evicted).toEqual([])
  })

  test('is asked once, also when it says that it has left and has not', async () => {
    const asked: string[] = []
    const scene = makeScene({
      maxBytes: 10 * MB,
      mirrors: { a: 9 * MB },
      evict: async name => asked.push(name) > 0,
    })
    await expect(scene.reserve('new', 4 * MB)).rejects.toMatchObject(noRoom)
    expect(asked).toEqual(['a'])
  })
})

describe('keeping', () => {
  test('removes what is too much for the budget', async () => {
    const scene = makeScene({ maxBytes: 5 * MB, mirrors: { a: 2 * MB, b: 2 * MB, c: 2 * MB } })
    await scene.room.keep(new AbortController().signal)
    expect(scene.evicted).toEqual(['a'])
  })

  test('removes what is too much for the disk, to which others write, as far as it may', async () => {
    const mirrors = { a: 2 * MB, listed: 2 * MB, b: 2 * MB }
    const scene = makeScene({ diskBytes: 20 * MB, minFreeBytes: 10 * MB, mirrors, kept: ['listed'] })
    await scene.room.keep(new AbortController().signal)
    expect(scene.evicted).toEqual([])
    scene.writeElsewhere(5 * MB)
    await scene.room.keep(new AbortController().signal)
    expect(scene.evicted).toEqual(['a'])
    scene.writeElsewhere(5 * MB)
    await scene.room.keep(new AbortController().signal)
    expect(scene.mirrors()).toEqual(['listed'])
  })

  test('counts what was promised', async () => {
    const scene = makeScene({ maxBytes: 6 * MB, mirrors: { a: 2 * MB } })
    using _ = await scene.reserve('new', 3 * MB)
    scene.grow('a', 2 * MB)
    await scene.room.keep(new AbortController().signal)
    expect(scene.evicted).toEqual(['a'])
  })

  test('with a budget of nothing keeps none but those that must stay, and lets none come', async () => {
    const scene = makeScene({ maxBytes: 0, mirrors: { a: MB, listed: MB, b: MB }, kept: ['listed'] })
    await expect(scene.reserve('new', 1)).rejects.toMatchObject(noRoom)
    expect(scene.evicted).toEqual([])
    await scene.room.keep(new AbortController().signal)
    expect(scene.mirrors()).toEqual(['listed'])
  })
})

describe('whoever waits', () => {
  test('gets a turn in the order of asking', async () => {
    const leaving = Promise.withResolvers<void>()
    const scene = makeScene({
      maxBytes: 10 * MB,
      mirrors: { a: 8 * MB },
      evict: async (_, remove) => {
        await leaving.promise
        remove()
        return true
      },
    })
    const order: string[] = []
    const wanted = ['large', 'small', 'smaller'].map(async (name, n) => {
      await scene.reserve(name, (6 - 2 * n) * MB)
      order.push(name)
    })
    await new Promise(setImmediate)
    expect(order).toEqual([])
    leaving.resolve()
    await expect(Promise.allSettled(wanted)).resolves.toHaveLength(3)
    expect(order).toEqual(['large', 'smaller'])
  })

  test('may give up: in the queue, and while a mirror leaves, which goes on and is asked once', async () => {
    const leaving = Promise.withResolvers<void>()
    const asked: string[] = []
    const scene = makeScene({
      maxBytes: 10 * MB,
      mirrors: { a: 8 * MB },
      evict: async (name, remove) => {
        asked.push(name)
        await leaving.promise
        remove()
        return true
      },
    })
    const [first, second] = [new AbortController(), new AbortController()]
    const want = (signal: AbortSignal) => scene.room.reserve({ name: 'new', least: 5 * MB, most: 5 * MB }, signal)
    const waiting = [want(first.signal), want(second.signal)]
    const third = want(new AbortController().signal)
    await expect.poll(() => asked).toEqual(['a'])
    second.abort(new Error('gone second'))
    await expect(waiting[1]).rejects.toThrow('gone second')
    first.abort(new Error('gone first'))
    await expect(waiting[0]).rejects.toThrow('gone first')
    leaving.resolve()
    expect((await third).bytes).toBe(5 * MB)
    expect(asked).toEqual(['a'])
  })

  test('and has given up before, gets nothing and costs nothing', async () => {
    const steps: string[] = []
    const scene = makeScene({ step: async what => steps.push(what) })
    await expect(scene.room.reserve({ name: 'new', least: 1, most: 1 }, AbortSignal.abort())).rejects.toThrow('aborted')
    expect(scene.evicted).toEqual([])
    using reserved = await scene.reserve('other', MB)
    expect(reserved.bytes).toBe(MB)
  })

  test('hears that the disk cannot be asked, and the next one is not held up by it', async () => {
    let isBroken = true
    const scene = makeScene({
      step: async what => {
        if (isBroken && what === 'free') throw new ViewerError('SETTING_INVALID', 'cannot be asked')
      },
    })
    await expect(scene.reserve('new', MB)).rejects.toMatchObject({ code: 'SETTING_INVALID' })
    isBroken = false
    using reserved = await scene.reserve('new', MB)
    expect(reserved.bytes).toBe(MB)
  })
})

/** Somebody who clones: how much is wanted, how it is written, how it ends. */
interface Cloner {
  readonly name: string
  readonly least: number
  readonly most: number
  /** Parts of what was promised that are written one after the other; what is left at the end is written, too. */
  readonly parts: readonly number[]
  readonly end: 'finish' | 'fail'
}

const cloner: fc.Arbitrary<Cloner> = fc.record({
  name: fc.constantFrom('n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8'),
  least: fc.integer({ min: 0, max: 400 * kB }),
  most: fc.integer({ min: 0, max: 1000 * kB }),
  parts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  end: fc.constantFrom('finish' as const, 'finish' as const, 'fail' as const),
})

test('whatever the order of all steps, no byte is promised twice and the disk is never fuller than it may be', async () => {
  let promises = 0
  let refusals = 0
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.uniqueArray(cloner, { selector: ({ name }) => name, minLength: 2, maxLength: 8 }),
      fc.record({ maxBytes: fc.integer({ min: 0, max: 3 * MB }), minFreeBytes: fc.integer({ min: 0, max: MB }) }),
      fc.array(fc.integer({ min: 1, max: 500 * kB }), { maxLength: 5 }),
      async (s, cloners, limits, sizes) => {
        const scene = makeScene({
          ...limits,
          diskBytes: 4 * MB,
          mirrors: Object.fromEntries(sizes.map((bytes, n) => [`m${n}`, bytes])),
          step: what => s.schedule(Promise.resolve(), what),
        })
        // What was too much before is nobody's promise.
        const before = { taken: scene.taken(), free: scene.free() }
        const open = new Map<string, number>()
        const check = (when: string) => {
          const promised = open.values().reduce((all, bytes) => all + bytes, 0)
          expect(scene.taken() + promised, when).toBeLessThanOrEqual(Math.max(limits.maxBytes, before.taken))
          expect(scene.free() - promised, when).toBeGreaterThanOrEqual(Math.min(limits.minFreeBytes, before.free))
        }
        const clone = async ({ name, least, most, parts, end }: Cloner) => {
          let reserved: Reservation
          try {
            reserved = await scene.reserve(name, least, most)
            promises++
          } catch (error) {
            expect(error).toMatchObject(noRoom)
            refusals++
            return
          }
          using _ = reserved
          expect(reserved.bytes).toBeGreaterThanOrEqual(least)
          expect(reserved.bytes).toBeLessThanOrEqual(Math.max(least, most))
          // While it is open nobody may have what is promised here.
          open.set(name, reserved.bytes)
          check(`${name} was promised ${reserved.bytes}`)
          for (const part of [...parts, 1]) {
            await s.schedule(Promise.resolve(), `write ${name}`)
            const bytes = Math.floor((open.get(name) ?? 0) * part)
            scene.write(name, bytes)
            open.set(name, (open.get(name) ?? 0) - bytes)
            check(`${name} has written ${bytes}`)
          }
          await s.schedule(Promise.resolve(), `${end} ${name}`)
          if (end === 'finish') scene.finish(name)
          else scene.fail(name)
          open.delete(name)
        }
        const all = Promise.all(cloners.map(clone))
        await s.waitFor(all)
        check('all have ended')
      },
    ),
    { numRuns: 400 },
  )
  expect(promises).toBeGreaterThan(100)
  expect(refusals).toBeGreaterThan(100)
})
