/** The cache that tests use to see who asks for what: the contract, and what it remembers. */
import { expect, test } from 'vitest'
import { createUncachedStreams } from '../../src/streams/uncached-streams.ts'
import { recordStreams } from '../support/recording-streams.ts'
import { describeStreams } from './contract.ts'
import { createMemoryFiles, createScript, createText, fetchAll, openFileScene, turns } from './scene.ts'

describeStreams('that are recorded', ({ limits, clock }) => recordStreams(createUncachedStreams(limits, clock)))

test('remembers lookups, streams and how they ended', async () => {
  const scene = openFileScene({ files: createMemoryFiles() })
  const streams = recordStreams(scene.streams)
  await fetchAll(streams, 'a', createText(30, 10))
  await fetchAll(streams, 'a', createText(30))
  const failure = new Error('no')
  await fetchAll(streams, 'b', () => Promise.reject(failure)).catch(() => {})
  const script = createScript()
  const { reader } = await streams.findOrCreate('c', script.create)
  await script.write(5)
  expect(streams.readers).toBe(1)
  expect(streams.made.at(-1)).toEqual({ key: 'c', bytes: 5, ending: 'writing' })
  await reader.close()
  await reader.close()
  await turns()
  expect(streams.readers).toBe(0)
  expect(streams.lookups).toEqual([
    { key: 'a', isFound: false },
    { key: 'a', isFound: true },
    { key: 'b', isFound: false },
    { key: 'c', isFound: false },
  ])
  expect(streams.made).toEqual([
    { key: 'a', bytes: 30, ending: 'complete' },
    { key: 'b', bytes: 0, ending: { error: failure } },
    { key: 'c', bytes: 5, ending: { error: expect.objectContaining({ name: 'AbortError' }) } },
  ])
  await streams[Symbol.asyncDispose]()
  await expect(scene.streams.findOrCreate('a', createText(1))).rejects.toThrow('shutting down')
})
