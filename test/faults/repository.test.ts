/** Faults of a repository that is served: objects are damaged or gone, its folder is, or another one is in its place. */
import { execFileSync } from 'node:child_process'
import { chmod, cp, mkdir, open, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canMount } from '../support/small-disk.ts'
import { runGit } from '../support/tracker-builder.ts'
import { digestOfRepository, recovers } from './recovery.ts'
import { type FaultScene, openFaultScene, type ServedRepository } from './scene.ts'

/** An account of nobody: root may read whatever its mode says. */
const nobody = 65_534

interface Damage {
  /** Does it, and returns what mends it. */
  do(repository: ServedRepository): Promise<() => Promise<void>>
}

/** Changes a file in place. */
async function inPlace(path: string, spoil: (path: string) => Promise<void>) {
  const { mode } = await stat(path)
  const bytes = await readFile(path)
  await chmod(path, 0o644)
  await spoil(path)
  return async () => {
    await writeFile(path, bytes)
    await chmod(path, mode)
  }
}

async function overwrite(path: string, share: { readonly from: number; readonly to: number }) {
  const { size } = await stat(path)
  const from = Math.floor(size * share.from)
  const handle = await open(path, 'r+')
  await handle.write(Buffer.alloc(Math.floor(size * share.to) - from, 0xa5), 0, null, from)
  await handle.close()
}

async function away(path: string) {
  await rename(path, `${path}.away`)
  return () => rename(`${path}.away`, path)
}

async function packFile({ path }: ServedRepository, ending: string): Promise<string> {
  const folder = join(path, 'objects/pack')
  const name = (await readdir(folder)).find(file => file.endsWith(ending))!
  return join(folder, name)
}

/** The object that holds the operations of a bug. */
async function looseObject({ path, bugs }: ServedRepository): Promise<string> {
  const hash = (await runGit(path, ['rev-parse', `${bugs[5]!.tip}:ops`])).trim()
  return join(path, 'objects', hash.slice(0, 2), hash.slice(2))
}

const looseDamages: Record<string, Damage> = {
  'a loose object is overwritten': {
    do: async repository => inPlace(await looseObject(repository), path => overwrite(path, { from: 0.2, to: 1 })),
  },
  'a loose object is cut short': {
    do: async repository => inPlace(await looseObject(repository), path => truncate(path, 20)),
  },
  'a loose object is empty, as after a loss of power': {
    do: async repository => inPlace(await looseObject(repository), path => truncate(path, 0)),
  },
  'a loose object is gone': { do: async repository => away(await looseObject(repository)) },
}

const packDamages: Record<string, Damage> = {
  'a part of a pack is overwritten': {
    do: async repository =>
      inPlace(await packFile(repository, '.pack'), path => overwrite(path, { from: 0.3, to: 0.6 })),
  },
  'a pack is cut short': {
    do: async repository => inPlace(await packFile(repository, '.pack'), path => truncate(path, 3000)),
  },
  'a pack is gone': { do: async repository => away(await packFile(repository, '.pack')) },
  'an index is overwritten': {
    do: async repository => inPlace(await packFile(repository, '.idx'), path => overwrite(path, { from: 0, to: 0.5 })),
  },
  'an index is gone': { do: async repository => away(await packFile(repository, '.idx')) },
}

const nameOf = (what: string) => what.replaceAll(/[^a-z]+/g, '-')

let scene: FaultScene
let packed: FaultScene
beforeAll(async () => {
  scene = await openFaultScene({ names: Object.keys(looseDamages).map(nameOf), bugs: 20, loose: true })
  packed = await openFaultScene({
    names: [
      ...Object.keys(packDamages).map(nameOf),
      'deleted',
      'moved',
      'replaced',
      'restored',
      'emptied',
      'other',
      'lazy',
    ],
    bugs: 20,
  })
})
afterAll(async () => {
  await scene[Symbol.asyncDispose]()
  await packed[Symbol.asyncDispose]()
})

const total = async (at: FaultScene, name: string) => {
  const { status, text } = await at.get(`api/v1/repos/${name}/bugs`)
  return status === 200 ? (JSON.parse(text) as { total: number }).total : status
}

test.concurrent.each(Object.entries(looseDamages))('where %s', async (what, damage) => {
  const name = nameOf(what)
  const repository = scene.repository(name)
  const digest = await digestOfRepository(repository.path)
  const mend = await damage.do(repository)
  // That bug is a line on the problems page, and all others are shown.
  expect(await total(scene, name)).toBe(repository.bugs.length - 1)
  const { text } = await scene.get(`api/v1/repos/${name}/problems`)
  expect((JSON.parse(text) as { items: unknown[] }).items).toHaveLength(1)
  expect((await scene.get(`${name}/-/problems`)).text).toContain(repository.bugs[5]!.id)
  expect(await digestOfRepository(repository.path)).not.toBe(digest)
  await mend()
  await recovers(`${what}, from the start`, () => scene.isRight(name))

  // What was read before stays, and what comes is shown.
  const mendAgain = await damage.do(repository)
  await repository.push('After the damage')
  expect(await total(scene, name)).toBe(repository.bugs.length)
  await mendAgain()
  await recovers(`${what}, while open`, () => scene.isRight(name))
  expect((await scene.get(`${name}/-/bugs/${repository.bugs[5]!.id}`)).status).toBe(200)
})

test.concurrent.each(Object.entries(packDamages))('where %s', async (what, damage) => {
  const name = nameOf(what)
  const repository = packed.repository(name)
  const mend = await damage.do(repository)
  const seen = await total(packed, name)
  expect(seen === 503 || seen < repository.bugs.length).toBe(true)
  expect((await packed.get(`${name}/-/bugs`)).status).toBe(seen === 503 ? 503 : 200)
  await mend()
  await recovers(what, () => packed.isRight(name))

  const mendAgain = await damage.do(repository)
  expect(await total(packed, name)).toBe(repository.bugs.length)
  await mendAgain()
  await recovers(`${what}, while open`, () => packed.isRight(name))
})

describe('the folder of a repository that is open', () => {
  test('is deleted: the server says so, and shows it when a copy is put there', async () => {
    const { path } = packed.repository('deleted')
    await packed.isRight('deleted')
    const copy = join(packed.folder, 'copy-of-deleted.git')
    await cp(path, copy, { recursive: true, preserveTimestamps: true })
    await rm(path, { recursive: true })
    const { status, text } = await packed.get('api/v1/repos/deleted/bugs')
    expect([status, JSON.parse(text)]).toEqual([503, expect.objectContaining({ code: 'REPOSITORY_UNREADABLE' })])
    expect((await packed.get('deleted/-/bugs')).text).not.toContain(packed.folder)
    await cp(copy, path, { recursive: true, preserveTimestamps: true })
    await recovers('deleted, and put back from a copy', () => packed.isRight('deleted'))
  })

  test('is moved away and back', async () => {
    const { path } = packed.repository('moved')
    await packed.isRight('moved')
    const digest = await digestOfRepository(path)
    const back = await away(path)
    for (let n = 0; n < 3; n++) expect((await packed.get('moved/-/bugs')).status).toBe(503)
    await back()
    await recovers('moved away and back', () => packed.isRight('moved'))
    expect(await digestOfRepository(path)).toBe(digest)
  })

  test('is replaced by another of the same name', async () => {
    const { path } = packed.repository('replaced')
    await packed.isRight('replaced')
    const other = packed.repository('other')
    await rename(path, `${path}.old`)
    await rename(other.path, path)
    await recovers('replaced by another', async () => {
      const { text } = await packed.get(`api/v1/repos/replaced/bugs/${other.bugs[0]!.id}`)
      expect(text).toContain('Bug 0 of other')
      expect(await total(packed, 'replaced')).toBe(other.bugs.length)
      expect((await packed.get(`replaced/-/files/${other.file}`)).status).toBe(200)
    })
  })

  test('is put back as it was in a backup, with the times of then', async () => {
    const { path } = packed.repository('restored')
    await packed.isRight('restored')
    const backup = join(packed.folder, 'backup-of-restored.git')
    await cp(path, backup, { recursive: true, preserveTimestamps: true })
    const before = Number(await total(packed, 'restored'))
    const [ref = ''] = (await runGit(path, ['for-each-ref', '--format=%(refname)', 'refs/bugs'])).trim().split('\n')
    await runGit(path, ['update-ref', '-d', ref])
    await recovers('a bug is deleted', async () => expect(await total(packed, 'restored')).toBe(before - 1))
    await rm(path, { recursive: true })
    await cp(backup, path, { recursive: true, preserveTimestamps: true })
    await recovers('put back from a backup', () => packed.isRight('restored'))
    expect(await total(packed, 'restored')).toBe(before)
  })

  test('is emptied and filled again', async () => {
    const { path } = packed.repository('emptied')
    await packed.isRight('emptied')
    await away(path)
    await mkdir(path)
    expect((await packed.get('emptied/-/bugs')).status).toBe(503)
    await rm(path, { recursive: true })
    await rename(`${path}.away`, path)
    await recovers('emptied and filled again', () => packed.isRight('emptied'))
  })

  test.skipIf(!canMount())('is on a file system that is gone, and comes back', async () => {
    const { path } = packed.repository('lazy')
    const copy = join(packed.folder, 'copy-of-lazy.git')
    await rename(path, copy)
    const mountIt = async () => {
      await mkdir(path, { recursive: true })
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path])
      await cp(copy, path, { recursive: true })
    }
    await mountIt()
    await recovers('a file system that was mounted', () => packed.isRight('lazy'))
    execFileSync('umount', ['--lazy', path])
    expect((await packed.get('lazy/-/bugs')).status).toBe(503)
    await mountIt()
    await recovers('a file system that was gone', () => packed.isRight('lazy'))
    execFileSync('umount', ['--lazy', path])
  })
})

test.skipIf(process.getuid?.() !== 0)('a repository that may not be read is said to be, until it may', async () => {
  await using own = await openFaultScene({ names: ['locked'], account: nobody })
  const { path } = own.repository('locked')
  await own.isRight('locked')
  await chmod(path, 0o700)
  const { status, text } = await own.get('api/v1/repos/locked/bugs')
  expect([status, JSON.parse(text)]).toEqual([503, expect.objectContaining({ code: 'REPOSITORY_UNREADABLE' })])
  await chmod(path, 0o755)
  await recovers('the folder may not be read', () => own.isRight('locked'))
  await chmod(join(path, 'objects'), 0o700)
  await own.repository('locked').push('That cannot be read')
  expect([200, 503]).toContain((await own.get('locked/-/bugs')).status)
  await chmod(join(path, 'objects'), 0o755)
  await recovers('the objects may not be read', () => own.isRight('locked'))
  expect((await own.steadyAnswers()).wrong).toEqual([])
})

test('all the while other repositories were served as if nothing were wrong, and nothing in them has changed', async () => {
  for (const each of [scene, packed]) {
    const { wrong, right } = await each.steadyAnswers()
    expect(wrong).toEqual([])
    expect(right).toBeGreaterThan(5)
  }
})
