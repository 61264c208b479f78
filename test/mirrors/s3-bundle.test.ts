/** The whole way of a mirror: out of its repository as a bundle, into a bucket, and back into a repository. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { createS3Storage } from '../../src/mirrors/s3-storage.ts'
import { limits, openCopy } from '../git/remote-scene.ts'
import { entityRefs, inventHistory } from '../support/git-client.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openS3Proxy } from '../support/s3-proxy.ts'
import { openS3Server, type S3Server } from '../support/s3-server.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { forever } from './cold-storage-contract.ts'

describe.skipIf(!hasProgram('versitygw'))('a repository goes into a bucket and comes back', () => {
  let server: S3Server
  beforeAll(async () => {
    server = await openS3Server()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** One with a file that is so large that the bundle takes several parts, or without. */
  function invent(size: 'small' | 'large', objectFormat?: 'sha1' | 'sha256') {
    const { t, ada, bugs, at } = inventHistory('cold', objectFormat ? { objectFormat } : {})
    const files = size === 'large' ? [t.attach(randomBytes(20_000_000))] : []
    bugs[1]?.comment(ada, { message: 'A picture of it.', files, at: at + 100 })
    return t
  }

  test.each(['sha1', 'sha256'] as const)('with %s, in one part and in several', async objectFormat => {
    await using proxy = await openS3Proxy(server)
    const options = { ...server.address, endpoint: proxy.url, prefix: objectFormat }
    const storage = createS3Storage(options, { clock: systemClock, log: silentLog })
    await using copy = await openCopy()
    for (const [key, requests] of [
      ['small', 1],
      ['large', 5],
    ] as const) {
      await using built = await buildRepository(invent(key, objectFormat))
      const before = proxy.requests.length
      await storage.put(key, copy.git.remotes.bundle(built.path, forever), forever)
      expect(proxy.requests.length - before).toBe(requests)

      await copy.git.remotes.init(copy.gitDir)
      const found = await storage.get(key, forever)
      await copy.git.remotes.unbundle({ gitDir: copy.gitDir, content: found!.content, limits }, forever)
      expect(await runGit(copy.gitDir, ['for-each-ref', '--format=%(objectname)%09%(refname)'])).toBe(
        await entityRefs(built.path),
      )
      expect(await runGit(copy.gitDir, ['fsck', '--strict', '--no-progress'])).toBe('')
    }
  })

  test('and one that breaks off on its way back leaves an error and no refs', async () => {
    await using proxy = await openS3Proxy(server)
    const options = { ...server.address, endpoint: proxy.url, prefix: 'broken' }
    const storage = createS3Storage(options, { clock: systemClock, log: silentLog })
    await using built = await buildRepository(invent('large'))
    await using copy = await openCopy()
    await storage.put('a', copy.git.remotes.bundle(built.path, forever), forever)
    proxy.meddle(() => ({ cutAnswerAfter: 15_000_000 }))
    const found = await storage.get('a', forever)
    const back = copy.git.remotes.unbundle({ gitDir: copy.gitDir, content: found!.content, limits }, forever)
    await expect(back).rejects.toMatchObject({ code: 'COLD_STORAGE_FAILED' })
    expect(await runGit(copy.gitDir, ['for-each-ref'])).toBe('')
  })
})
