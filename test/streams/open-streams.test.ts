/** Which cache the settings choose. */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStreams, type StreamsOptions } from '../../src/streams/open-streams.ts'
import { createTestLog, createTestMeasures } from '../store/contract.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createScript, createText, fetchAll, isPending, openHandles, turns } from './scene.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'streams-'))
})
afterEach(() => rm(folder, { recursive: true }))

const open = (options: Partial<StreamsOptions>) => {
  const [clock, measures] = [createManualClock(), createTestMeasures()]
  const all = { enabled: true, maxBytes: 1e6, maxAgeSeconds: 2, aheadBytes: 1000, runOnBytes: 0, ...options }
  const streams = openStreams({ ...all, folder: join(folder, 'streams-v1') }, { clock, log: createTestLog(), measures })
  return { streams, clock, measures }
}

test('they are kept in the folder for `maxAgeSeconds`', async () => {
  const { streams, clock } = open({})
  await fetchAll(streams, 'key', createText(500))
  expect((await fetchAll(streams, 'key', createText(500))).isFound).toBe(true)
  expect(await readdir(join(folder, 'streams-v1'))).toHaveLength(2)
  clock.advance(2000)
  expect((await fetchAll(streams, 'key', createText(500))).isFound).toBe(false)
  await streams[Symbol.asyncDispose]()
  expect(await readdir(join(folder, 'streams-v1'))).toEqual(['CACHEDIR.TAG'])
  expect(await openHandles(folder)).toBe(0)
})

test('where they are off nothing is written to the disk', async () => {
  const { streams, clock, measures } = open({ enabled: false })
  await fetchAll(streams, 'key', createText(500_000, 5000))
  expect((await fetchAll(streams, 'key', createText(5))).isFound).toBe(false)
  expect(existsSync(join(folder, 'streams-v1'))).toBe(false)
  await streams[Symbol.asyncDispose]()
  expect([clock.timers, measures.read('gitbugviewer_stream_entries')]).toEqual([0, 0])
})

test.each([true, false])('a writer that is silent for five minutes is given up (kept: %s)', async enabled => {
  const { streams, clock } = open({ enabled })
  const { reader } = await streams.findOrCreate('key', createScript().create)
  const reading = reader.read(1)
  await turns()
  clock.advance(5 * 60_000 - 1)
  expect(await isPending(reading)).toBe(true)
  clock.advance(1)
  await expect(reading).rejects.toThrow(expect.objectContaining({ code: 'STREAM_TIMEOUT' }))
  await reader.close()
  await streams[Symbol.asyncDispose]()
})
