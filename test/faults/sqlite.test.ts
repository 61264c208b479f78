/** Faults of the files that SQLite keeps in the data folder: found at the start, and struck while they are used. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseExposition } from '../support/exposition.ts'
import { recovers } from './recovery.ts'
import { type FaultScene, openFaultScene } from './scene.ts'

type FileKind = 'store' | 'search'

/** The file of the store, or that of the texts for searching, with its path inside the data folder. */
async function fileOf(dataDir: string, kind: FileKind): Promise<string> {
  const names = await readdir(dataDir, { recursive: true })
  const found = names.find(name => name.startsWith(`${kind}-`) && name.endsWith('.sqlite'))
  if (found === undefined) throw new Error(`no file of the ${kind} among ${names.join(', ')}`)
  return join(dataDir, found)
}

/** What is not in the file yet is damaged with it. */
async function withLog(path: string, spoil: (path: string) => Promise<void>): Promise<void> {
  for (const each of [path, `${path}-wal`]) {
    const isThere = await stat(each).then(
      ({ size }) => size > 0,
      () => false,
    )
    if (isThere) await spoil(each)
  }
}

async function zeros(path: string): Promise<void> {
  const { size } = await stat(path)
  const handle = await open(path, 'r+')
  await handle.write(Buffer.alloc(size))
  await handle.close()
}

const half = async (path: string) => await truncate(path, Math.floor((await stat(path)).size / 2))

const damages = {
  'is cut short': (path: string) => withLog(path, half),
  'is empty': (path: string) => withLog(path, each => truncate(each, 0)),
  'is overwritten with zeros': (path: string) => withLog(path, zeros),
  'is deleted': (path: string) => withLog(path, each => rm(each)),
} as const

const names = Array.from({ length: 2 * Object.keys(damages).length + 3 }, (_, n) => `r${n}`)

async function expectSteady(scene: FaultScene): Promise<void> {
  const { wrong } = await scene.steadyAnswers()
  expect(wrong.filter(answer => !answer.includes('SEARCH_UNAVAILABLE'))).toEqual([])
  expect(wrong.length).toBeLessThan(20)
}

/** Everything is right for a repository that was open, and for one that is opened now and pushed to. */
async function isRightWith(scene: FaultScene, name: string): Promise<void> {
  await scene.isRight('r0')
  await scene.isRight(name)
}

describe('a file in use', () => {
  let scene: FaultScene
  beforeAll(async () => {
    scene = await openFaultScene({ names })
    await scene.isRight('r0')
  })
  afterAll(() => scene[Symbol.asyncDispose]())

  const cases = (['store', 'search'] as const).flatMap(kind =>
    Object.entries(damages).map(([what, damage]) => ({ kind, what, damage })),
  )

  test('of the store that another process locks for long', async () => {
    const path = await fileOf(scene.dataDir, 'store')
    const script = `const { DatabaseSync } = require('node:sqlite')
      const db = new DatabaseSync(${JSON.stringify(path)})
      db.exec('PRAGMA busy_timeout = 10000')
      db.exec('BEGIN EXCLUSIVE')
      console.log('locked')
      process.stdin.on('end', () => process.exit()).resume()`
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    expect(String(await once(holder.stdout, 'readable').then(() => holder.stdout.read()))).toBe('locked\n')
    scene.complaints()
    const name = names.at(-1)!
    await isRightWith(scene, name)
    for (let n = 0; n < 10; n++) {
      await scene.repository(name).push(`Push ${n}`)
      await isRightWith(scene, name)
    }
    expect(scene.complaints().length).toBeLessThan(4)
    holder.stdin.end()
    await once(holder, 'close')
    await recovers('another process has locked the store', async () => {
      await isRightWith(scene, names.at(-2)!)
      const exposition = parseExposition((await scene.get('metrics')).text)
      expect(exposition.value('gitbugviewer_store_breaker_open', { backend: 'sqlite' })).toBe(0)
    })
  })

  test.each(cases)('of the $kind that $what: everything is answered', async ({ kind, what, damage }) => {
    const name = names[1 + cases.findIndex(each => each.kind === kind && each.what === what)]!
    scene.complaints()
    await damage(await fileOf(scene.dataDir, kind))
    await recovers(`the file of the ${kind} ${what}`, () => isRightWith(scene, name))
    await scene.repository(name).push('After the damage')
    await recovers(`the file of the ${kind} ${what}, and a push`, () => isRightWith(scene, name))
    expect(scene.complaints().length).toBeLessThan(8)
  })

  test('was of no account for a repository that others looked at', async () => {
    await expectSteady(scene)
    expect(await scene.program.stop()).toBe(0)
  })
})

describe('a file that is found at the start', () => {
  let kept: string
  beforeAll(async () => {
    kept = await mkdtemp(join(tmpdir(), 'kept-'))
    const dataDir = join(kept, 'data')
    await using scene = await openFaultScene({ names: ['a'], dataDir })
    await scene.isRight('a')
    await scene.program.stop()
  })
  afterAll(() => rm(kept, { recursive: true }))

  const newer = async (path: string) => {
    using db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 1000')
  }

  test.each(
    Object.entries({ ...damages, 'is of a newer version': newer }).filter(([what]) => !/deleted|empty/.test(what)),
  )('and %s: everything is answered', async (what, damage) => {
    const dataDir = join(kept, what)
    await cp(join(kept, 'data'), dataDir, { recursive: true })
    for (const kind of ['store', 'search'] as const) await damage(await fileOf(dataDir, kind))
    await using scene = await openFaultScene({ names: ['a'], dataDir })
    await recovers(`files in the data folder, found at the start: one ${what}`, () => scene.isRight('a'))
    await scene.repository('a').push('After the start')
    await scene.isRight('a')
    expect(scene.complaints().length).toBeLessThan(6)
    await expectSteady(scene)
    expect(await scene.program.stop()).toBe(0)
  })
})
