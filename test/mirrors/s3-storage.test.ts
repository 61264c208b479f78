/** Cold storage in a real bucket: what is sent, what stays there, how much memory it takes, what is loaded. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { createS3Storage, type S3Options } from '../../src/mirrors/s3-storage.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openS3Proxy } from '../support/s3-proxy.ts'
import { openS3Server, type S3Server } from '../support/s3-server.ts'
import { digestOf, forever, hangingStream, megabyte, noise, piecesOf, readBack } from './cold-storage-contract.ts'

const run = promisify(execFile)
const deps = { clock: systemClock, log: silentLog }

describe.skipIf(!hasProgram('versitygw'))('cold storage of S3', () => {
  let server: S3Server
  beforeAll(async () => {
    server = await openS3Server()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** A storage under a prefix of its own, with a look at what it asks. */
  async function openScene(options: Partial<S3Options> = {}) {
    const proxy = await openS3Proxy(server)
    const prefix = options.prefix ?? `scene-${scenes++}`
    const storage = createS3Storage({ ...server.address, endpoint: proxy.url, prefix, ...options }, deps)
    return { proxy, storage, prefix, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() }
  }
  let scenes = 0

  describe('what is asked', () => {
    test.each([0, 1, 8 * megabyte])('one request puts %d bytes', async size => {
      await using scene = await openScene({ prefix: 'p' })
      await scene.storage.put('key.bundle', piecesOf(noise(size)), forever)
      expect(scene.proxy.lines).toEqual(['PUT /git-bug-mirrors/p/key.bundle'])
    })

    test('one byte more than a part goes in two parts', async () => {
      await using scene = await openScene({ prefix: 'p' })
      await scene.storage.put('key.bundle', piecesOf(noise(8 * megabyte + 1)), forever)
      const path = '/git-bug-mirrors/p/key.bundle'
      expect(scene.proxy.lines).toEqual([
        `POST ${path}?uploads`,
        `PUT ${path}?partNumber&uploadId`,
        `PUT ${path}?partNumber&uploadId`,
        `POST ${path}?uploadId`,
      ])
      const lengths = scene.proxy.requests.map(({ headers }) => Number(headers['content-length']))
      expect(lengths.slice(0, 3)).toEqual([0, 8 * megabyte, 1])
    })

    test('a body is signed with its digest', async () => {
      await using scene = await openScene()
      await scene.storage.put('a', piecesOf(Buffer.from('hello')), forever)
      const { headers } = scene.proxy.requests[0]!
      expect(headers['x-amz-content-sha256']).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824')
      expect(headers.authorization).toMatch(/SignedHeaders=host;x-amz-content-sha256;x-amz-date,/)
    })

    test('connections are used again', async () => {
      await using scene = await openScene()
      const sockets = new Set<unknown>()
      scene.proxy.meddle(() => (request, response) => {
        sockets.add(request.socket)
        request.resume().once('end', () => response.writeHead(200, { etag: '"a"' }).end())
      })
      for (let round = 0; round < 5; round++) await scene.storage.put('a', piecesOf(noise(100)), forever)
      expect(sockets.size).toBe(1)
    })

    test.each([
      ['', 'a'],
      ['viewer', 'viewer/a'],
      ['/group//viewer/', 'group/viewer/a'],
      ['../.././viewer', 'viewer/a'],
      ['of:one', 'of:one/a'],
    ])('with the prefix %j the object is %s', async (prefix, name) => {
      await using scene = await openScene({ prefix })
      await scene.storage.put('a', piecesOf(Buffer.from(`with ${prefix}`)), forever)
      expect(await server.objects()).toContain(name)
      expect((await readBack(scene.storage, 'a'))?.toString()).toBe(`with ${prefix}`)
      await scene.storage.delete('a', forever)
      expect(await server.objects()).not.toContain(name)
    })

    test('an endpoint may have a path, and what else an address may have is not used', async () => {
      await using proxy = await openS3Proxy()
      proxy.meddle(() => ({ status: 200, headers: { etag: '"a"' } }))
      const endpoint = `${proxy.url.replace('//', '//user:password@')}/store/s3/?a=b#c`
      const storage = createS3Storage({ ...server.address, endpoint, prefix: 'p' }, deps)
      await storage.put('a', piecesOf(noise(1)), forever)
      expect(proxy.lines).toEqual(['PUT /store/s3/git-bug-mirrors/p/a'])
      expect(proxy.requests[0]!.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /)
    })
  })

  describe('what stays', () => {
    test('nothing is visible before the last part was sent, and nothing stays of an upload that was given up', async () => {
      await using scene = await openScene()
      const stop = new AbortController()
      const stream = hangingStream(noise(20 * megabyte))
      const put = scene.storage.put('a', stream.content, stop.signal)
      put.catch(() => {})
      await stream.hangs
      expect(await server.uploads()).toHaveLength(1)
      expect(await scene.storage.get('a', forever)).toBeUndefined()
      stop.abort(new Error('enough'))
      await expect(put).rejects.toThrow('enough')
      expect(await server.uploads()).toEqual([])
      expect(await scene.storage.get('a', forever)).toBeUndefined()
    })

    test('a signal while an upload begins leaves none behind', async () => {
      await using scene = await openScene()
      const stop = new AbortController()
      // The server has it, the answer is on its way.
      scene.proxy.meddle(({ path }) => {
        if (path.endsWith('?uploads=')) stop.abort(new Error('enough'))
        return undefined
      })
      await expect(scene.storage.put('a', piecesOf(noise(20 * megabyte)), stop.signal)).rejects.toThrow('enough')
      expect(await server.uploads()).toEqual([])
      expect(scene.proxy.lines.at(-1)).toMatch(/^DELETE .*\?uploadId$/)
    })

    test('a signal while a part is sent leaves nothing behind', async () => {
      await using scene = await openScene()
      const stop = new AbortController()
      scene.proxy.meddle(({ path }) => {
        if (!path.includes('partNumber=2')) return undefined
        stop.abort(new Error('enough'))
        return 'hang'
      })
      await expect(scene.storage.put('a', piecesOf(noise(20 * megabyte)), stop.signal)).rejects.toThrow('enough')
      expect(await server.uploads()).toEqual([])
      expect(await scene.storage.get('a', forever)).toBeUndefined()
    })

    test('a server that ends while an object is replaced has the old one when it is back', async () => {
      await using scene = await openScene()
      const old = noise(9 * megabyte, 'old')
      await scene.storage.put('a', piecesOf(old), forever)
      // The server goes in the middle of a part, and comes back.
      scene.proxy.meddle(({ path }) => {
        if (!path.includes('partNumber=2')) return undefined
        return request => void server.stop().then(() => request.socket.destroy())
      })
      const impatient = createS3Storage(
        { ...server.address, endpoint: scene.proxy.url, prefix: scene.prefix, patience: { pauseMs: 1 } },
        deps,
      )
      await expect(impatient.put('a', piecesOf(noise(20 * megabyte, 'new')), forever)).rejects.toMatchObject({
        code: 'COLD_STORAGE_FAILED',
      })
      await server.start()
      scene.proxy.meddle(() => undefined)
      expect(digestOf(await readBack(scene.storage, 'a'))).toBe(digestOf(old))
    })
  })

  test('300 MB pass through in both directions with little memory', async () => {
    const script = join(import.meta.dirname, 's3-memory.ts')
    const bytes = 300_000_000
    const { stdout } = await run(process.execPath, [script, JSON.stringify(server.address), String(bytes)])
    const { putMb, getMb, read, isSame } = JSON.parse(stdout)
    expect({ read, isSame }).toEqual({ read: bytes, isSame: true })
    // One part, what is being sent of it, and what waits for the garbage collector.
    expect(putMb).toBeLessThan(128)
    expect(getMb).toBeLessThan(128)
  })

  describe.skipIf(!hasProgram('openssl'))('over https', () => {
    let folder: string
    let safe: S3Server
    const file = (name: string) => join(folder, name)
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'gbv-s3-tls-'))
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      const make = (name: string, subject: string, ...more: readonly string[]) => {
        const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)]
        return run('openssl', ['req', '-x509', ...key, '-subj', `/CN=${subject}`, ...files, ...more])
      }
      await make('ca', 'ca')
      const extensions = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE']
      await make('server', '127.0.0.1', ...extensions, '-CA', file('ca.pem'), '-CAkey', file('ca.key'))
      safe = await openS3Server({ tls: { certFile: file('server.pem'), keyFile: file('server.key') } })
    })
    afterAll(async () => {
      await safe[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    })

    test('the variable of Node names the authority that is trusted', async () => {
      const script = join(import.meta.dirname, 's3-memory.ts')
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: file('ca.pem') }
      const args = [script, JSON.stringify(safe.address), '20000000']
      const { stdout } = await run(process.execPath, args, { env })
      expect(JSON.parse(stdout)).toMatchObject({ read: 20_000_000, isSame: true })
    })

    test('an authority that is not known is told', async () => {
      const storage = createS3Storage({ ...safe.address, prefix: 'p' }, deps)
      await expect(storage.get('a', forever)).rejects.toThrow(
        /shows a certificate that is not trusted: NODE_EXTRA_CA_CERTS may name/,
      )
    })

    test('https where http is spoken is told', async () => {
      const endpoint = `https://127.0.0.1:${server.port}`
      const encrypted = createS3Storage({ ...server.address, endpoint, prefix: 'p' }, deps)
      await expect(encrypted.get('a', forever)).rejects.toThrow('does not speak TLS there: is it http://')
    })
  })
})

test('nothing of the protocol is loaded before it is wanted', async () => {
  const source = (then: string) => `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ resolve: (name, at, next) => { loaded.push(name); return next(name, at) } })
    await import(${JSON.stringify(join(import.meta.dirname, '../../src/mirrors/open-mirrors.ts'))})
    ${then}
    console.log(loaded.includes('aws4fetch'))`
  const ask = async (then: string) =>
    (await run(process.execPath, ['--input-type=module', '--eval', source(then)])).stdout.trim()
  expect(await ask('')).toBe('false')
  const storage = JSON.stringify(join(import.meta.dirname, '../../src/mirrors/s3-storage.ts'))
  expect(await ask(`await import(${storage})`)).toBe('true')
})
