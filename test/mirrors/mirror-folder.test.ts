import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { measureDisk } from '../../src/mirrors/disk-usage.ts'
import { type MirrorFolder, type MirrorFolderTools, openMirrorFolder } from '../../src/mirrors/mirror-folder.ts'
import { createTestLog } from '../store/contract.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { canMount, mountSmallDisk } from '../support/small-disk.ts'
import { addMirror, fillMirror, hrefOf, isWhole } from './invented-mirror.ts'

/** A place for a folder of mirrors, which can be opened again and again. */
async function makeScene(options: { readonly path?: string; readonly statfs?: MirrorFolderTools['statfs'] } = {}) {
  const home = await mkdtemp(join(options.path ?? tmpdir(), 'mirrors-'))
  const path = join(home, 'mirrors-v1')
  const [clock, log] = [createManualClock(), createTestLog()]
  return {
    path,
    clock,
    log,
    open: () => openMirrorFolder(path, { clock, log, statfs: options.statfs }),
    /** What is in it, but for the marks of the folder itself. */
    entries: async () => (await readdir(path)).filter(name => name !== 'lock' && name !== 'CACHEDIR.TAG'),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  }
}

function namesOf(folder: MirrorFolder): string[] {
  return folder.all().map(({ name }) => name)
}

/** The folder around a repository. */
function placeOf(folder: MirrorFolder, name: string): string {
  return dirname(folder.location(name).gitDir)
}

/** What du says: the same question, asked of somebody else. */
function askDu(path: string): number {
  return Number(execFileSync('du', ['-s', '-B1', path], { encoding: 'utf8' }).split('\t')[0])
}

const tool = 'example.org/group/tool'

describe('a clone', () => {
  test('is not seen until it is finished, and then where it was said to be', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    const { gitDir } = folder.location(tool)
    expect(folder.location(tool)).toEqual({ folder: gitDir, gitDir, commonDir: gitDir })
    await using place = await folder.begin(tool)
    await fillMirror(place.gitDir, 3)
    expect([namesOf(folder), folder.get(tool)]).toEqual([[], undefined])
    await expect(stat(gitDir)).rejects.toThrow('ENOENT')
    const record = await place.finish({ href: hrefOf(tool), fetchedMs: 5, coldRefs: 'abc' })
    expect(record).toMatchObject({ name: tool, href: hrefOf(tool), fetchedMs: 5, coldRefs: 'abc' })
    expect(folder.all()).toEqual([record])
    expect(await isWhole(gitDir)).toBe(true)
    // What was left to dispose of is nothing.
    await place[Symbol.asyncDispose]()
    expect(await isWhole(gitDir)).toBe(true)
    expect(await scene.entries()).toHaveLength(1)
  })

  test('that fails leaves nothing', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    {
      await using place = await folder.begin(tool)
      await fillMirror(place.gitDir, 3)
      expect(await folder.bytes()).toBeGreaterThan(20_000)
    }
    expect([await scene.entries(), await folder.bytes()]).toEqual([[], 0])
  })

  test('of what is here takes its place', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    await addMirror(folder, tool, gitDir => fillMirror(gitDir, 9))
    const record = await addMirror(folder, tool, gitDir => fillMirror(gitDir, 2))
    expect(folder.all()).toEqual([record])
    expect(await readFile(join(folder.location(tool).gitDir, 'count'), 'utf8')).toBe('2')
    expect(await scene.entries()).toHaveLength(1)
    expect(await folder.bytes()).toBe(record.bytes)
  })

  test('of each name has a place of its own, also side by side', async () => {
    await using scene = await makeScene()
    const names = ['example.org/a', 'example.org/A', 'example.org:8443/a', 'example.org/a/b', 'b']
    {
      await using folder = await scene.open()
      await Promise.all(names.map(name => addMirror(folder, name)))
    }
    await using folder = await scene.open()
    expect(namesOf(folder).toSorted()).toEqual(names.toSorted())
    expect(new Set(names.map(name => folder.location(name).gitDir)).size).toBe(names.length)
  })

  test('that a process left unfinished is removed at the next start, and so is what was leaving', async () => {
    await using scene = await makeScene()
    const left = ['unfinished', 'leaving'].map(kind => `${kind}-01234567-89ab-4cde-8f01-23456789abcd`)
    for (const name of left) {
      await mkdir(join(scene.path, name, 'repository.git'), { recursive: true })
      await writeFile(join(scene.path, name, 'repository.git/pack'), 'half')
    }
    await using folder = await scene.open()
    expect(await scene.entries()).toEqual([])
    expect(namesOf(folder)).toEqual([])
  })

  test('that goes on is left alone by a sweep, and what nobody works on is not', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    await using place = await folder.begin(tool)
    await fillMirror(place.gitDir, 1)
    await mkdir(join(scene.path, 'unfinished-01234567-89ab-4cde-8f01-23456789abcd'))
    await folder.sweep()
    expect(await isWhole(place.gitDir)).toBe(true)
    expect(await scene.entries()).toHaveLength(1)
  })
})

describe('the record of a mirror', () => {
  test('is the same after a restart', async () => {
    await using scene = await makeScene()
    const before = await (async () => {
      await using folder = await scene.open()
      await addMirror(folder, tool)
      await addMirror(folder, 'example.org/other')
      await folder.update(tool, { fetchedMs: 77, coldRefs: 'digest', href: 'ssh://git@example.org/group/tool' })
      return folder.all()
    })()
    expect(before).toHaveLength(2)
    await using folder = await scene.open()
    expect(folder.all()).toEqual(before)
    expect(folder.get(tool)).toMatchObject({ fetchedMs: 77, coldRefs: 'digest', href: expect.stringMatching(/^ssh/) })
  })

  test('of one that is not here is not made by an update', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    await folder.update(tool, { fetchedMs: 1, measure: true })
    expect([folder.all(), await scene.entries()]).toEqual([[], []])
  })

  test('is measured anew when that is wanted, and at the start', async () => {
    await using scene = await makeScene()
    const pack = (folder: MirrorFolder) => join(folder.location(tool).gitDir, 'pack')
    const bytes = await (async () => {
      await using folder = await scene.open()
      await addMirror(folder, tool)
      await writeFile(pack(folder), Buffer.alloc(1_000_000, 1))
      await folder.update(tool, { fetchedMs: 1 })
      expect(folder.get(tool)!.bytes).toBeLessThan(100_000)
      await folder.update(tool, { measure: true })
      expect(folder.get(tool)!.bytes).toBe(askDu(placeOf(folder, tool)))
      await writeFile(pack(folder), Buffer.alloc(5_000_000, 1))
      return folder.get(tool)!.bytes
    })()
    expect(bytes).toBeGreaterThan(1_000_000)
    await using folder = await scene.open()
    expect(await folder.bytes()).toBeGreaterThan(5_000_000)
    expect(folder.get(tool)!.bytes).toBe(askDu(placeOf(folder, tool)))
  })

  test('goes when somebody has removed the mirror by hand', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    for (const name of ['swept', 'removed', 'measured', 'stays']) await addMirror(folder, name)
    for (const name of ['swept', 'removed', 'measured']) await rm(placeOf(folder, name), { recursive: true })
    await folder.remove('removed')
    expect(await folder.measure('measured')).toBe(0)
    await folder.sweep()
    expect(namesOf(folder)).toEqual(['stays'])
    await addMirror(folder, 'swept')
    expect(namesOf(folder)).toEqual(['stays', 'swept'])
  })
})

describe('what is in the place of a mirror', () => {
  const key = 'mirror.json'
  /** @param does what becomes of a whole mirror */
  const kinds: readonly {
    readonly kind: string
    readonly isLeft: boolean
    readonly does: (place: string) => Promise<unknown>
  }[] = [
    { kind: 'without a record', isLeft: false, does: place => rm(join(place, key)) },
    { kind: 'with an empty record', isLeft: false, does: place => truncate(join(place, key), 0) },
    { kind: 'with a record that is cut', isLeft: false, does: place => truncate(join(place, key), 40) },
    { kind: 'with noise as its record', isLeft: false, does: place => writeFile(join(place, key), '\0\u{fffd}\x7f') },
    {
      kind: 'without a repository',
      isLeft: false,
      does: place => rm(join(place, 'repository.git'), { recursive: true }),
    },
    { kind: 'with a newer record', isLeft: true, does: place => edit(place, text => text.replace(': 1,', ': 2,')) },
    { kind: "with another one's record", isLeft: true, does: place => edit(place, text => text.replace(tool, 'x')) },
    { kind: 'with a record that is a list', isLeft: true, does: place => writeFile(join(place, key), '[]') },
    { kind: 'with a record that is nothing', isLeft: true, does: place => writeFile(join(place, key), 'null') },
    {
      kind: 'with negative bytes',
      isLeft: true,
      does: place => edit(place, text => text.replace('"bytes": ', '"bytes": -')),
    },
    {
      kind: 'with huge times',
      isLeft: true,
      does: place => edit(place, text => text.replace('"fetchedMs": 1', '"fetchedMs": 1e300')),
    },
    { kind: 'with a record of a gigabyte', isLeft: true, does: place => truncate(join(place, key), 1024 ** 3) },
    {
      kind: 'with a link as its record',
      isLeft: true,
      does: async place => {
        await rename(join(place, key), join(place, 'other'))
        await symlink('other', join(place, key))
      },
    },
    {
      kind: 'with a folder as its record',
      isLeft: true,
      does: async place => {
        await rm(join(place, key))
        await mkdir(join(place, key))
      },
    },
    {
      kind: 'with a pipe as its record',
      isLeft: true,
      does: async place => {
        await rm(join(place, key))
        execFileSync('mkfifo', [join(place, key)])
      },
    },
    {
      kind: 'without a record, with files of others',
      isLeft: true,
      does: async place => {
        await rm(join(place, key))
        await writeFile(join(place, 'thesis.txt'), 'all of it')
      },
    },
    {
      kind: 'with a link as its repository',
      isLeft: true,
      does: async place => {
        await rename(join(place, 'repository.git'), join(place, '../elsewhere'))
        await symlink('../elsewhere', join(place, 'repository.git'))
      },
    },
    {
      kind: 'a link',
      isLeft: true,
      does: async place => {
        await rename(place, join(place, '../elsewhere'))
        await symlink('elsewhere', place)
      },
    },
    {
      kind: 'a file',
      isLeft: true,
      does: async place => {
        await rm(place, { recursive: true })
        await writeFile(place, 'mine')
      },
    },
  ]
  const edit = async (place: string, change: (text: string) => string) => {
    const file = join(place, key)
    const text = await readFile(file, 'utf8')
    expect(change(text)).not.toBe(text)
    await writeFile(file, change(text))
  }

  test.each(kinds)(
    '$kind is no mirror, disturbs nobody, and is removed only if it is ours',
    async ({ isLeft, does }) => {
      await using scene = await makeScene()
      let place = ''
      {
        await using folder = await scene.open()
        await addMirror(folder, 'example.org/other')
        await addMirror(folder, tool)
        place = placeOf(folder, tool)
      }
      await does(place)
      const before = await lstat(place)
      await using folder = await scene.open()
      expect(namesOf(folder)).toEqual(['example.org/other'])
      expect(folder.get(tool)).toBeUndefined()
      await folder.sweep()
      const after = await lstat(place).catch(() => undefined)
      expect(after?.ino).toBe(isLeft ? before.ino : undefined)
      // A clone finds its place in any case; what was not ours is beside it.
      await addMirror(folder, tool)
      expect(namesOf(folder)).toEqual(['example.org/other', tool])
      expect(await isWhole(folder.location(tool).gitDir)).toBe(true)
      const aside = (await scene.entries()).filter(name => name.startsWith('aside-'))
      expect(aside).toHaveLength(isLeft ? 1 : 0)
      const found = await Promise.all(aside.map(name => lstat(join(scene.path, name))))
      expect(found.map(({ ino }) => ino)).toEqual(isLeft ? [before.ino] : [])
    },
  )

  test('and all that is called otherwise is left alone', async () => {
    await using scene = await makeScene()
    await (await scene.open())[Symbol.asyncDispose]()
    const uuid = '01234567-89ab-4cde-8f01-23456789abcd'
    const outside = join(scene.path, '../outside')
    await mkdir(outside)
    await writeFile(join(outside, 'file'), 'mine')
    await symlink(outside, join(scene.path, `unfinished-${uuid}`))
    await writeFile(join(scene.path, `leaving-${uuid}`), 'a file')
    for (const name of ['unfinished-', 'leaving-x', 'mirrors', 'ab'.repeat(31), `unfinished-${uuid}.old`, 'aside-1']) {
      await mkdir(join(scene.path, name))
    }
    const before = await scene.entries()
    expect(before).toHaveLength(8)
    await using folder = await scene.open()
    await folder.sweep()
    expect((await scene.entries()).toSorted()).toEqual(before.toSorted())
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('mine')
    expect([namesOf(folder), await folder.bytes()]).toEqual([[], 0])
  })

  test('a link in the place of `used` is not followed', async () => {
    await using scene = await makeScene()
    const target = join(scene.path, '../target')
    await writeFile(target, 'mine')
    await utimes(target, 1, 1)
    {
      await using folder = await scene.open()
      await addMirror(folder, tool)
      await rm(join(placeOf(folder, tool), 'used'))
      await symlink(target, join(placeOf(folder, tool), 'used'))
      await symlink(target, join(placeOf(folder, tool), 'mirror.json.new'))
      folder.used(tool)
      await folder.update(tool, { fetchedMs: 3 })
    }
    expect([(await stat(target)).mtimeMs, await readFile(target, 'utf8')]).toEqual([1000, 'mine'])
    await using folder = await scene.open()
    expect(namesOf(folder)).toEqual([tool])
  })
})

describe('sizes', () => {
  test.each<[what: string, fill: (gitDir: string) => Promise<unknown>]>([
    [
      'of a file that has holes',
      async gitDir => {
        await mkdir(gitDir)
        await writeFile(join(gitDir, 'sparse'), 'x')
        await truncate(join(gitDir, 'sparse'), 1024 ** 3)
      },
    ],
    [
      'of many small files',
      async gitDir => {
        await mkdir(gitDir)
        for (let n = 0; n < 300; n++) await writeFile(join(gitDir, `${n}`), 'x')
      },
    ],
    [
      'of many folders',
      async gitDir => {
        for (let n = 0; n < 100; n++) await mkdir(join(gitDir, `a/${n}/b/c`), { recursive: true })
      },
    ],
    [
      'of a file with several names',
      async gitDir => {
        await mkdir(gitDir)
        await writeFile(join(gitDir, 'a'), Buffer.alloc(500_000, 1))
        for (const name of ['b', 'c', 'd']) await link(join(gitDir, 'a'), join(gitDir, name))
      },
    ],
    [
      'of links',
      async gitDir => {
        await mkdir(gitDir)
        await symlink('/usr', join(gitDir, 'usr'))
        await symlink('.', join(gitDir, 'self'))
        await symlink('nowhere', join(gitDir, 'none'))
      },
    ],
  ])('%s are what du says', async (_, fill) => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    const { bytes } = await addMirror(folder, tool, fill)
    expect(bytes).toBe(askDu(placeOf(folder, tool)))
    expect([await folder.measure(tool), await folder.bytes()]).toEqual([bytes, bytes])
  })

  test('of a file with holes are far below its length, those of small files far above', async () => {
    await using scene = await makeScene()
    await mkdir(scene.path)
    const [holes, small] = [join(scene.path, 'holes'), join(scene.path, 'small')]
    await writeFile(holes, '')
    await truncate(holes, 1024 ** 3)
    await writeFile(small, 'x')
    expect(await measureDisk(holes)).toBe(0)
    expect(await measureDisk(small)).toBeGreaterThanOrEqual(512)
  })

  test('count clones that go on as they are now, and mirrors as they were measured', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    const { bytes } = await addMirror(folder, 'whole')
    await using place = await folder.begin(tool)
    await mkdir(place.gitDir)
    for (let n = 1; n <= 3; n++) {
      await writeFile(join(place.gitDir, `${n}`), Buffer.alloc(100_000, 1))
      const now = askDu(dirname(place.gitDir))
      expect(now).toBeGreaterThan(n * 100_000)
      expect([await folder.measure(tool), await folder.bytes()]).toEqual([now, bytes + now])
    }
  })

  test('of what is not there are none', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    expect(await measureDisk(join(scene.path, 'nothing'))).toBeUndefined()
    expect([await folder.measure(tool), await folder.bytes()]).toEqual([0, 0])
  })

  test('can be taken while files come and go', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    await using place = await folder.begin(tool)
    await mkdir(place.gitDir)
    const churn = async () => {
      for (let n = 0; n < 100; n++) {
        await mkdir(join(place.gitDir, `${n}/deep`), { recursive: true })
        await writeFile(join(place.gitDir, `${n}/deep/file`), 'x')
        await rm(join(place.gitDir, `${n}`), { recursive: true })
      }
    }
    const churning = churn()
    const sizes: number[] = []
    for (let n = 0; n < 50; n++) sizes.push(await folder.bytes())
    await churning
    expect(sizes.every(bytes => bytes > 0)).toBe(true)
  })

  test('of the free disk are blocks that anybody may use, in the size that they are counted in', async () => {
    const rooms = [
      { bavail: 10, bsize: 4096 },
      { bavail: 10, bsize: 1_048_576, frsize: 4096 },
    ]
    await using scene = await makeScene({ statfs: async () => rooms.shift()! })
    await using folder = await scene.open()
    expect([await folder.freeBytes(), await folder.freeBytes()]).toEqual([40_960, 40_960])
  })
})

describe('the order of use', () => {
  test('is that of the uses, and clones are uses', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    for (const name of ['a', 'b', 'c', 'd']) await addMirror(folder, name)
    expect(namesOf(folder)).toEqual(['a', 'b', 'c', 'd'])
    folder.used('b')
    folder.used('a')
    folder.used('nobody')
    expect(namesOf(folder)).toEqual(['c', 'd', 'b', 'a'])
    await folder.update('c', { fetchedMs: 3, measure: true })
    expect(namesOf(folder)).toEqual(['c', 'd', 'b', 'a'])
  })

  test('is the same after a restart, also of uses within one second', async () => {
    await using scene = await makeScene()
    const names = ['a', 'b', 'c', 'd', 'e']
    {
      await using folder = await scene.open()
      for (const name of names) await addMirror(folder, name)
    }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...names), fc.integer({ min: 0, max: 1500 }))), async uses => {
        const before = await (async () => {
          await using folder = await scene.open()
          for (const [name, ms] of uses) {
            folder.used(name)
            scene.clock.advance(ms)
          }
          return folder.all()
        })()
        await using folder = await scene.open()
        expect(folder.all()).toEqual(before)
      }),
      { numRuns: 30 },
    )
  })

  test('holds when the clock is set back, or was wrong', async () => {
    await using scene = await makeScene()
    {
      await using folder = await scene.open()
      for (const name of ['a', 'b', 'c']) await addMirror(folder, name)
      // A time to come.
      await utimes(join(placeOf(folder, 'a'), 'used'), 4_000_000_000, 4_000_000_000)
    }
    {
      await using folder = await scene.open()
      expect(namesOf(folder)).toEqual(['b', 'c', 'a'])
      folder.used('b')
      folder.used('c')
    }
    await using folder = await scene.open()
    expect(namesOf(folder)).toEqual(['a', 'b', 'c'])
  })

  test('costs the disk one write a second for each mirror', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    for (const name of ['a', 'b']) await addMirror(folder, name)
    const file = join(placeOf(folder, 'a'), 'used')
    const onDisk = async () => (await stat(file)).mtimeMs
    const first = scene.clock.nowMs() + 5000
    scene.clock.advance(5000)
    folder.used('a')
    await expect.poll(onDisk).toBe(first)
    for (let n = 0; n < 9; n++) {
      scene.clock.advance(100)
      folder.used('a')
    }
    folder.used('b')
    await expect.poll(async () => (await stat(join(placeOf(folder, 'b'), 'used'))).mtimeMs).toBe(first + 901)
    expect(await onDisk()).toBe(first)
    scene.clock.advance(100)
    await expect.poll(onDisk).toBe(first + 900)
    scene.clock.advance(10_000)
    expect(scene.clock.timers).toBe(0)
  })

  test('is found without the file, by when it was fetched', async () => {
    await using scene = await makeScene()
    {
      await using folder = await scene.open()
      for (const name of ['a', 'b']) await addMirror(folder, name)
      await folder.update('b', { fetchedMs: 5 })
      for (const name of ['a', 'b']) await rm(join(placeOf(folder, name), 'used'))
      await mkdir(join(placeOf(folder, 'a'), 'used'))
    }
    {
      await using folder = await scene.open()
      expect(namesOf(folder)).toEqual(['b', 'a'])
      folder.used('b')
    }
    await using folder = await scene.open()
    expect(namesOf(folder)).toEqual(['a', 'b'])
    expect(scene.log.lines).toEqual([])
  })
})

describe('a mirror that is removed', () => {
  test('is gone at once, and then from the disk', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    await addMirror(folder, 'a')
    await addMirror(folder, 'b')
    await folder.remove('a')
    expect([namesOf(folder), (await scene.entries()).length]).toEqual([['b'], 1])
    await folder.remove('a')
    await folder.remove('nobody')
    await using again = await folder.begin('a')
    await fillMirror(again.gitDir, 1)
    await again.finish({ href: hrefOf('a'), fetchedMs: 1 })
    expect(namesOf(folder)).toEqual(['b', 'a'])
  })

  test('and used, updated, measured and removed at the same time, is gone', async () => {
    await using scene = await makeScene()
    await using folder = await scene.open()
    for (let round = 0; round < 20; round++) {
      await addMirror(folder, 'a')
      folder.used('a')
      const all = [folder.update('a', { measure: true }), folder.remove('a'), folder.measure('a'), folder.remove('a')]
      folder.used('a')
      await Promise.all([...all, folder.update('a', { fetchedMs: 9 }), folder.bytes(), folder.sweep()])
      expect([namesOf(folder), await scene.entries()]).toEqual([[], []])
    }
    expect(scene.log.lines).toEqual([])
  })
})

describe('a disk', () => {
  test.skipIf(!canMount())('that is full lets mirrors be opened, used and removed, and none come', async () => {
    using disk = mountSmallDisk(1024 ** 2)
    await using scene = await makeScene({ path: disk.path })
    {
      await using folder = await scene.open()
      await addMirror(folder, 'a')
      await addMirror(folder, 'b')
    }
    const filler = join(disk.path, 'filler')
    const fill = () => expect(writeFile(filler, Buffer.alloc(2 * 1024 ** 2, 1))).rejects.toThrow('ENOSPC')
    await fill()
    await rm(join(scene.path, 'CACHEDIR.TAG'))
    await fill()
    {
      await using folder = await scene.open()
      expect(await folder.freeBytes()).toBe(0)
      expect(namesOf(folder)).toEqual(['a', 'b'])
      expect(scene.log.lines.map(({ message }) => message)).toEqual([expect.stringContaining('marked')])
      {
        await using place = await folder.begin('c')
        await mkdir(place.gitDir)
        await expect(place.finish({ href: hrefOf('c'), fetchedMs: 1 })).rejects.toMatchObject({
          code: 'MIRROR_NO_ROOM',
        })
        expect(namesOf(folder)).toEqual(['a', 'b'])
      }
      expect(await scene.entries()).toHaveLength(2)
      await folder.update('b', { fetchedMs: 12, measure: true })
      expect(folder.get('b')!.fetchedMs).toBe(12)
      expect(scene.log.lines.map(({ message }) => message)[1]).toContain('cannot be written')
      folder.used('a')
    }
    await using folder = await scene.open()
    expect(namesOf(folder)).toEqual(['b', 'a'])
    // The last record that was whole.
    expect(folder.get('b')!.fetchedMs).toBe(1_700_000_000_000)
    await folder.remove('b')
    expect(await disk.freeBytes()).toBeGreaterThan(0)
    await addMirror(folder, 'c', gitDir => fillMirror(gitDir, 1))
    expect(namesOf(folder)).toEqual(['a', 'c'])
  })

  test.skipIf(!canMount())('that becomes read-only is told in words, and what is there can still be read', async () => {
    using disk = mountSmallDisk(1024 ** 2)
    await using scene = await makeScene({ path: disk.path })
    {
      await using folder = await scene.open()
      await addMirror(folder, 'a')
      await addMirror(folder, 'b')
      disk.makeReadOnly()
      const refused = { code: 'SETTING_INVALID', message: expect.stringContaining('read-only') }
      await expect(folder.begin('c')).rejects.toMatchObject(refused)
      await expect(folder.remove('a')).rejects.toMatchObject(refused)
      folder.used('a')
      folder.used('a')
      folder.used('b')
      await folder.update('a', { fetchedMs: 5, measure: true })
      await folder.sweep()
      expect(await folder.bytes()).toBeGreaterThan(0)
      expect(namesOf(folder)).toEqual(['a', 'b'])
      expect(await isWhole(folder.location('a').gitDir)).toBe(true)
    }
    const messages = scene.log.lines.map(({ message }) => message)
    expect(messages.filter(message => message.includes('was used'))).toHaveLength(1)
    expect(messages.at(-1)).toContain('lock')
    disk.makeWritable()
    // This process has left it, and is still there.
    await rm(join(scene.path, 'lock'))
    disk.makeReadOnly()
    await expect(scene.open()).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: expect.stringContaining(`remote repositories cannot be kept in ${scene.path}: EROFS`),
    })
    disk.makeWritable()
    await using folder = await scene.open()
    expect(namesOf(folder)).toEqual(['a', 'b'])
  })

  test('where a file is in the place of the folder is told in words', async () => {
    await using scene = await makeScene()
    await writeFile(scene.path, 'mine')
    await expect(scene.open()).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: expect.stringContaining(scene.path),
    })
    expect(await readFile(scene.path, 'utf8')).toBe('mine')
  })

  test('that cannot be asked how full it is, is an error that can be told apart', async () => {
    await using scene = await makeScene({ statfs: () => Promise.reject(new Error('EIO: i/o error')) })
    await using folder = await scene.open()
    await expect(folder.freeBytes()).rejects.toMatchObject({ code: 'SETTING_INVALID' })
  })

  test('shows mirrors to nobody but their owner', async () => {
    await using scene = await makeScene()
    await using _ = await scene.open()
    expect((await stat(scene.path)).mode & 0o777).toBe(0o700)
    await chmod(scene.path, 0o700)
    expect(await readFile(join(scene.path, 'CACHEDIR.TAG'), 'utf8')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55/,
    )
  })
})

/** Starts a process that works in a folder. */
function startProcess(path: string, ...args: readonly string[]) {
  const script = join(import.meta.dirname, 'mirror-process.ts')
  const child = spawn(process.execPath, [script, path, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const lines: string[] = []
  const listeners = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    for (const listener of listeners) listener()
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    pid: child.pid!,
    lines,
    /** Kills it when it has written so many lines. */
    async killAfter(count: number) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => lines.length >= count && resolve()
      listeners.add(look)
      look()
      await Promise.race([promise, ended])
      child.kill('SIGKILL')
      const [, signal] = await ended
      return { signal, stderr }
    },
    async ended() {
      const [status] = await ended
      return { status, stderr }
    },
  }
}

describe('another process', () => {
  test('that has the folder keeps us out, with words; when it was killed we are let in', async () => {
    await using scene = await makeScene()
    const holder = startProcess(scene.path, 'hold')
    await expect.poll(() => holder.lines).toEqual(['open'])
    const message = `another git-bug-viewer keeps remote repositories in ${scene.path} now (process ${holder.pid})`
    await expect(scene.open()).rejects.toMatchObject({ code: 'SETTING_INVALID', message })
    expect(await startProcess(scene.path, 'hold').ended()).toEqual({ status: 1, stderr: message })
    expect(await holder.killAfter(1)).toMatchObject({ signal: 'SIGKILL', stderr: '' })
    await using folder = await scene.open()
    expect(await startProcess(scene.path, 'hold').ended()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`(process ${process.pid})`),
    })
    expect(namesOf(folder)).toEqual([])
  })

  // Twenty processes are started one after the other, which takes its time on a busy machine.
  test('that is killed at any moment leaves whole mirrors and nothing else', { timeout: 600_000 }, async () => {
    await using scene = await makeScene()
    let found = 0
    for (let round = 0; round < 20; round++) {
      const lines = 1 + Math.floor(Math.random() * 60)
      const other = startProcess(scene.path, 'clone')
      expect(await other.killAfter(lines), `killed after ${lines} lines`).toEqual({ signal: 'SIGKILL', stderr: '' })
      await using folder = await scene.open()
      const names = namesOf(folder)
      const whole = await Promise.all(names.map(name => isWhole(folder.location(name).gitDir)))
      expect(
        whole.every(isIt => isIt),
        `killed after ${lines} lines`,
      ).toBe(true)
      expect(await scene.entries()).toHaveLength(names.length)
      // What was said to be here is here, unless it was to go.
      for (const name of namesSaid(other.lines)) expect(names, `killed after ${lines} lines`).toContain(name)
      expect(await folder.bytes()).toBe(names.reduce((sum, name) => sum + askDu(placeOf(folder, name)), 0))
      found += names.length
    }
    expect(found).toBeGreaterThan(0)
    expect(scene.log.lines).toEqual([])
  })

  test('that is killed leaves the order of use as it was', async () => {
    await using scene = await makeScene()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    {
      await using folder = await scene.open()
      for (const name of names) await addMirror(folder, name)
    }
    for (let round = 0; round < 5; round++) {
      const order = names.toSorted(() => Math.random() - 0.5)
      const other = startProcess(scene.path, 'use', ...order)
      expect(await other.killAfter(1 + order.length)).toEqual({ signal: 'SIGKILL', stderr: '' })
      await using folder = await scene.open()
      expect(namesOf(folder)).toEqual(order)
    }
  })
})

/** Mirrors that were made, and of which nothing was said since. */
function namesSaid(lines: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const line of lines) {
    const [what, name = ''] = line.split(' ')
    if (what === 'made') names.add(name)
    // One that is made again is away for a moment.
    if (what === 'removing' || what === 'making') names.delete(name)
  }
  return names
}
