/** The contract on a storage in memory and on one of S3, and the storage that is off. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { noColdStorage } from '../../src/mirrors/cold-storage.ts'
import { createS3Storage } from '../../src/mirrors/s3-storage.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openS3Server, type S3Server } from '../support/s3-server.ts'
import { describeColdStorage, forever, noise, piecesOf } from './cold-storage-contract.ts'
import { createMemoryColdStorage } from './memory-cold-storage.ts'

describeColdStorage('in memory', async () => ({
  storage: createMemoryColdStorage(),
  async [Symbol.asyncDispose]() {},
}))

describe.skipIf(!hasProgram('versitygw'))('with a server', () => {
  let server: S3Server
  let storages = 0
  beforeAll(async () => {
    server = await openS3Server()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  describeColdStorage('in a bucket', async () => ({
    storage: createS3Storage(
      { ...server.address, prefix: `storage-${storages++}` },
      { clock: systemClock, log: silentLog },
    ),
    async [Symbol.asyncDispose]() {
      expect(await server.uploads()).toEqual([])
    },
  }))
})

test('the storage that is off keeps nothing and fails at nothing', async () => {
  expect(noColdStorage.isOn).toBe(false)
  await noColdStorage.put('a', piecesOf(noise(10)), forever)
  expect(await noColdStorage.get('a', forever)).toBeUndefined()
  await noColdStorage.delete('a', forever)
})
