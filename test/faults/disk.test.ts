/** Faults of the data folder: it is full, cannot be written to, or is gone. Nothing in it is needed to answer. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseExposition } from '../support/exposition.ts'
import { canMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'
import { recovers } from './recovery.ts'
import { type FaultScene, openFaultScene } from './scene.ts'

const MB = 1024 ** 2

async function fill(disk: SmallDisk): Promise<() => Promise<void>> {
  const ballast = join(disk.path, 'ballast')
  await mkdir(ballast, { recursive: true })
  // Until not even a block fits.
  for (let n = 0; (await disk.freeBytes()) > 0; n++) {
    await writeFile(join(ballast, String(n)), Buffer.alloc(Math.min(await disk.freeBytes(), MB)))
  }
  return () => rm(ballast, { recursive: true })
}

/** Whether the store can be read and written, as its measures and its file say. */
async function expectStored(scene: FaultScene): Promise<void> {
  const exposition = parseExposition((await scene.get('metrics')).text)
  if (exposition.value('gitbugviewer_store_breaker_open', { backend: 'sqlite' }) !== 0) {
    throw new Error('the store is left alone')
  }
  const names = await readdir(scene.dataDir)
  if (!names.some(name => name.startsWith('store-'))) throw new Error('there is no store')
}

async function expectSteady(scene: FaultScene): Promise<void> {
  const { wrong, right } = await scene.steadyAnswers()
  // What is searched has to be collected anew where its database is gone, which takes a moment.
  expect(wrong.filter(answer => !answer.includes('SEARCH_UNAVAILABLE'))).toEqual([])
  expect(wrong.length).toBeLessThan(5)
  expect(right).toBeGreaterThan(1)
}

describe.skipIf(!canMount())('a disk of some megabytes', () => {
  test('that is full from the start: everything is answered, and kept when there is room', async () => {
    using disk = mountSmallDisk(24 * MB)
    const free = await fill(disk)
    await using scene = await openFaultScene({ names: ['a', 'b'], dataDir: join(disk.path, 'data'), fileBytes: 2 * MB })
    await scene.isRight('a')
    await scene.repository('a').push('Without room')
    await scene.isRight('a')
    for (let n = 0; n < 20; n++) expect((await scene.get(`a/-/bugs?q=Bug+${n}`)).status).toBe(200)
    const complaints = scene.complaints()
    expect(complaints.length).toBeLessThan(8)
    expect(complaints).not.toEqual([])
    await free()
    await recovers('the disk was full from the start', async () => {
      await scene.isRight('b')
      await scene.repository('b').push('With room')
      await expectStored(scene)
    })
    await expectSteady(scene)
    await scene.program.stop()
  })

  test('that becomes full: what is not kept is made again', async () => {
    using disk = mountSmallDisk(24 * MB)
    await using scene = await openFaultScene({
      names: ['a', 'b', 'c'],
      dataDir: join(disk.path, 'data'),
      fileBytes: 2 * MB,
    })
    await scene.isRight('a')
    const free = await fill(disk)
    scene.complaints()
    // What is searched is collected anew in memory.
    await expect.poll(async () => await scene.isRight('b').then(() => 'right', String)).toBe('right')
    await scene.repository('a').push('Without room')
    await scene.isRight('a')
    for (let n = 0; n < 20; n++) expect((await scene.get(`b/-/bugs?q=Bug+${n}`)).status).toBe(200)
    expect(scene.complaints().length).toBeLessThan(8)
    await free()
    await recovers('the disk became full', async () => {
      await scene.isRight('b')
      await scene.isRight('c')
      await scene.repository('c').push('With room')
      await expectStored(scene)
    })
    await expectSteady(scene)
    await scene.program.stop()
  })

  test('that cannot be written to from the start: everything is answered, and kept when it can', async () => {
    using disk = mountSmallDisk(24 * MB)
    disk.makeReadOnly()
    await using scene = await openFaultScene({ names: ['a', 'b'], dataDir: join(disk.path, 'data') })
    await scene.isRight('a')
    for (let n = 0; n < 20; n++) expect((await scene.get(`a/-/bugs?q=Bug+${n}`)).status).toBe(200)
    const complaints = scene.complaints()
    expect(complaints.length).toBeLessThan(8)
    expect(complaints).not.toEqual([])
    disk.makeWritable()
    await recovers('the data folder could not be written to from the start', async () => {
      await scene.isRight('b')
      await scene.repository('b').push('With a folder')
      await expectStored(scene)
    })
    await expectSteady(scene)
    await scene.program.stop()
  })

  test('that becomes one which cannot be written to', async () => {
    const place = await mkdtemp(join(tmpdir(), 'data-'))
    await using scene = await openFaultScene({ names: ['a', 'b', 'c'], dataDir: place })
    await scene.isRight('a')
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', place])
    try {
      scene.complaints()
      await scene.isRight('b')
      for (let n = 0; n < 20; n++) expect((await scene.get(`b/-/bugs?q=Bug+${n}`)).status).toBe(200)
      expect(scene.complaints().length).toBeLessThan(8)
    } finally {
      execFileSync('umount', ['--lazy', place])
    }
    await recovers('the data folder could not be written to', async () => {
      await scene.isRight('c')
      await scene.repository('c').push('With a folder')
      await expectStored(scene)
    })
    await expectSteady(scene)
    await scene.program.stop()
    await rm(place, { recursive: true })
  })
})

test('a data folder that is removed while it is used is made again', async () => {
  await using scene = await openFaultScene({ names: ['a', 'b'] })
  await scene.isRight('a')
  scene.complaints()
  await rename(scene.dataDir, `${scene.dataDir}.gone`)
  await rm(`${scene.dataDir}.gone`, { recursive: true })
  await scene.isRight('a')
  await recovers('the data folder was removed', async () => {
    await scene.isRight('b')
    await scene.repository('b').push('With a folder')
    await expectStored(scene)
  })
  await expectSteady(scene)
  expect(scene.complaints().length).toBeLessThan(4)
  expect(await scene.program.stop()).toBe(0)
})
