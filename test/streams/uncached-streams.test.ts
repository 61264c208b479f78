/** The cache that is off: the contract, and what follows from keeping nothing. */
import { expect, test } from 'vitest'
import { createUncachedStreams } from '../../src/streams/uncached-streams.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { describeStreams } from './contract.ts'
import { createScript, fetchAll, isPending, textAt } from './scene.ts'

describeStreams('that are not kept', ({ limits, clock }) => createUncachedStreams(limits, clock))

const limits = { aheadBytes: 1000, runOnBytes: 1_000_000, quietMs: 10_000 }

test('each who asks has a stream made for them alone, also at the same time', async () => {
  await using streams = createUncachedStreams(limits, createManualClock())
  const [first, second] = [createScript(1), createScript(2)]
  const readers = [await streams.findOrCreate('key', first.create), await streams.findOrCreate('key', second.create)]
  expect(readers.map(({ isFound }) => isFound)).toEqual([false, false])
  await Promise.all([first.write(5), second.write(5)])
  expect(await readers[0]!.reader.read(5)).toEqual(textAt(0, 5, 1))
  expect(await readers[1]!.reader.read(5)).toEqual(textAt(0, 5, 2))
  first.finish()
  second.finish()
  await Promise.all(readers.map(({ reader }) => reader.close()))
  expect((await fetchAll(streams, 'key', async () => {})).isFound).toBe(false)
})

test('nothing is made in advance or to completion: nobody would come for it', async () => {
  await using streams = createUncachedStreams(limits, createManualClock())
  const script = createScript()
  const { reader } = await streams.findOrCreate('key', script.create)
  await script.write(1000)
  expect(await isPending(script.write(1))).toBe(true)
  await reader.close()
  expect((await script.begun).signal.aborted).toBe(true)
  script.finish()
})
