/** The room and the folder on a real file system of some megabytes, which writers fill with all that they are promised. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { openMirrorFolder } from '../../src/mirrors/mirror-folder.ts'
import { createRoom, type Reservation, type RoomOptions } from '../../src/mirrors/room.ts'
import { createTestLog } from '../store/contract.ts'
import { canMount, mountSmallDisk } from '../support/small-disk.ts'
import { hrefOf } from './invented-mirror.ts'

const page = 4096
const MB = 1024 ** 2
const diskBytes = 16 * MB
const minFreeBytes = 2 * MB
const forever = new AbortController().signal

interface Wanted {
  readonly least: number
  readonly most?: number
  readonly fails?: boolean
}

async function openScene(options: Partial<RoomOptions> = {}) {
  const disk = mountSmallDisk(diskBytes)
  const log = createTestLog()
  const folder = await openMirrorFolder(join(disk.path, 'mirrors-v1'), { clock: systemClock, log })
  const [kept, inUse] = [new Set<string>(), new Set<string>()]
  const evicted: string[] = []
  /** Those that left though another one was to leave before. */
  const unfair: string[] = []
  let leastFree = Number.POSITIVE_INFINITY
  let looks = 0
  const look = async () => {
    looks++
    leastFree = Math.min(leastFree, await disk.freeBytes())
  }
  const room = createRoom(
    { maxBytes: 1000 * MB, minFreeBytes, ...options },
    {
      folder,
      mayGo: name => !kept.has(name),
      async evict(name) {
        // The room passes over those that refused; the first of the others is the one.
        const first = folder.all().find(one => !kept.has(one.name) && !inUse.has(one.name))
        if (inUse.has(name)) return false
        if (first?.name !== name) unfair.push(name)
        evicted.push(name)
        await folder.remove(name)
        await look()
        return true
      },
    },
  )
  /** Writes all that was promised, and looks at the disk after each file. */
  const fill = async (at: string, { bytes }: Reservation, label: string) => {
    let left = Math.floor(bytes / page)
    for (let n = 0; left > 0; n++) {
      const pages = Math.min(left, 1 + ((n * 37) % 150))
      await writeFile(join(at, `${label}-${n}`), Buffer.alloc(pages * page, 1))
      left -= pages
      await look()
    }
  }
  return {
    disk,
    log,
    folder,
    room,
    kept,
    inUse,
    evicted,
    unfair,
    fill,
    look,
    leastFree: () => leastFree,
    looks: () => looks,
    async clone(name: string, { least, most = least, fails = false }: Wanted) {
      using reserved = await room.reserve({ name, least, most }, forever)
      await look()
      await using place = await folder.begin(name)
      await mkdir(place.gitDir)
      await fill(place.gitDir, reserved, 'cloned')
      if (fails) return reserved.bytes
      await place.finish({ href: hrefOf(name), fetchedMs: 1 })
      await look()
      return reserved.bytes
    },
    /** Fetches into one that is here. */
    async fetch(name: string, { least, most = least }: Wanted) {
      using reserved = await room.reserve({ name, least, most }, forever)
      if (!folder.get(name)) return
      await fill(folder.location(name).gitDir, reserved, `fetched-${looks}`)
      await folder.update(name, { fetchedMs: 2, measure: true })
      await look()
    },
    async [Symbol.asyncDispose]() {
      await folder[Symbol.asyncDispose]()
      disk[Symbol.dispose]()
    },
  }
}

/** Looks at a disk all the time, until it is disposed. */
function watch(look: () => Promise<void>): AsyncDisposable {
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      await look()
      await new Promise(setImmediate)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      isOver = true
      await watching
    },
  }
}

/** Numbers that look like chance, and are the same each time. */
function createNumbers(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const limits = [
  { what: 'what must stay free', options: {}, floor: minFreeBytes },
  { what: 'the budget', options: { maxBytes: 9 * MB }, floor: diskBytes - 9 * MB },
] as const

test.skipIf(!canMount()).each(limits)(
  'mirrors that come, grow, fail and go, several at once, never take more of a real disk than $what allows',
  async ({ options, floor }) => {
    await using scene = await openScene(options)
    const { folder } = scene
    const sizes: number[] = []
    {
      await using _ = watch(scene.look)
      const cloner = async (worker: number) => {
        const number = createNumbers(worker + 1)
        for (let n = 0; n < 30; n++) {
          const name = `example.org/${worker}/${n}`
          const least = page * (1 + number(200))
          scene.inUse.add(name)
          sizes.push(await scene.clone(name, { least, most: least * (1 + number(3)), fails: number(5) === 0 }))
          const all = folder.all()
          folder.used(all[number(all.length)]?.name ?? '')
          if (number(3) === 0) await scene.fetch(name, { least: page * (1 + number(20)), most: page * 100 })
          scene.inUse.delete(name)
        }
      }
      await Promise.all([0, 1, 2].map(cloner))
    }
    // All that was promised was written: that is many times the disk.
    expect(sizes).toHaveLength(90)
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(2 * diskBytes)
    expect(scene.evicted.length).toBeGreaterThan(10)
    expect(scene.unfair).toEqual([])
    expect(scene.log.lines).toEqual([])
    // It was never fuller than it may be; and it was nearly that full.
    expect(scene.looks()).toBeGreaterThan(500)
    expect(scene.leastFree()).toBeGreaterThanOrEqual(floor)
    expect(scene.leastFree()).toBeLessThan(floor + 2 * MB)
    // What is said to be taken is what is taken, but for the one mark of the folder.
    const taken = diskBytes - (await scene.disk.freeBytes())
    expect(taken - (await folder.bytes())).toBe(page)
    expect((await readdir(join(scene.disk.path, 'mirrors-v1'))).length).toBe(folder.all().length + 2)
  },
)

test.skipIf(!canMount())('when none may go, nothing comes, nothing goes, and the disk is not filled', async () => {
  await using scene = await openScene()
  const names = Array.from({ length: 20 }, (_, n) => `example.org/${n}`)
  for (const name of names) scene.kept.add(name)
  const results = await Promise.allSettled(names.map(name => scene.clone(name, { least: MB })))
  const refused = results.filter(result => result.status === 'rejected').map(({ reason }) => reason)
  expect(refused.map(({ code }) => code)).toEqual(refused.map(() => 'MIRROR_NO_ROOM'))
  // 14 MiB may be taken, and each one takes a little more than its one.
  expect(scene.folder.all()).toHaveLength(13)
  expect([scene.evicted, scene.leastFree() >= minFreeBytes]).toEqual([[], true])

  scene.kept.delete('example.org/3')
  await expect(scene.clone('another', { least: 3 * MB })).rejects.toMatchObject({ code: 'MIRROR_NO_ROOM' })
  expect(scene.evicted).toEqual([])
  // It came into use between the question and the answer.
  scene.inUse.add('example.org/3')
  await expect(scene.clone('another', { least: MB })).rejects.toMatchObject({ code: 'MIRROR_NO_ROOM' })
  scene.inUse.clear()
  await scene.clone('another', { least: MB })
  expect(scene.evicted).toEqual(['example.org/3'])
  expect(scene.leastFree()).toBeGreaterThanOrEqual(minFreeBytes)
})

test.skipIf(!canMount())('when others fill the disk, mirrors make room for them', async () => {
  await using scene = await openScene()
  for (let n = 0; n < 10; n++) await scene.clone(`example.org/${n}`, { least: MB })
  scene.kept.add('example.org/0')
  const foreign = (name: string, bytes: number) => writeFile(join(scene.disk.path, name), Buffer.alloc(bytes, 1))
  await foreign('log', 5.5 * MB)
  expect(await scene.disk.freeBytes()).toBeLessThan(minFreeBytes)
  await scene.room.keep(forever)
  expect(await scene.disk.freeBytes()).toBeGreaterThanOrEqual(minFreeBytes)
  expect(scene.evicted).toEqual(['example.org/1', 'example.org/2'])
  // Full to the last page: mirrors can still go.
  await expect(foreign('core', 16 * MB)).rejects.toThrow('ENOSPC')
  expect(await scene.disk.freeBytes()).toBe(0)
  await scene.room.keep(forever)
  expect(await scene.disk.freeBytes()).toBeGreaterThanOrEqual(minFreeBytes)
  expect(scene.folder.get('example.org/0')).toBeDefined()
})
