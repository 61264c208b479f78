/**
 * A real S3 server (versitygw) on a free port of the loopback, with its objects as files in a temporary folder. It
 * checks signatures. It can be stopped, started again on the same port, and held still as a server that hangs.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { S3Options } from '../../src/mirrors/s3-storage.ts'
import { freePort } from './free-port.ts'
import { programPath } from './required-programs.ts'

export interface S3ServerOptions {
  readonly region?: string
  /** Speaks TLS with this certificate. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
}

export interface S3Server extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** What a client has to be told to use its bucket. */
  readonly address: Omit<S3Options, 'prefix'>
  start(): Promise<void>
  /** Kills it. Its objects stay. */
  stop(): Promise<void>
  /** It takes connections and says nothing. */
  pause(): void
  continue(): void
  /** Names of objects in the bucket, in order. */
  objects(): Promise<string[]>
  /** Ids of uploads that were begun and neither finished nor given up. */
  uploads(): Promise<string[]>
}

const bucket = 'git-bug-mirrors'

export async function openS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { region = 'us-east-1', tls } = options
  const program = programPath('versitygw')
  if (program === undefined) throw new Error('versitygw is missing')
  const folder = await mkdtemp(join(tmpdir(), 'gbv-s3-'))
  const objectFolder = join(folder, 'objects')
  const sidecarFolder = join(folder, 'metadata')
  await mkdir(join(objectFolder, bucket), { recursive: true })
  await mkdir(sidecarFolder)
  const port = await freePort()
  const secrets = { accessKeyId: 'viewer', secretAccessKey: 'a long random text' }
  const listen = ['--quiet', '--keep-alive', '--region', region, '--port', `127.0.0.1:${port}`]
  const certificate = tls ? ['--cert', tls.certFile, '--key', tls.keyFile] : []
  // Not every file system of a test machine has extended attributes.
  const backEnd = ['posix', '--sidecar', sidecarFolder, objectFolder]
  const args = [...listen, ...certificate, ...backEnd]
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let watchdog: ChildProcess | undefined

  const server: S3Server = {
    url,
    port,
    address: { endpoint: url, bucket, region, ...secrets },
    async start() {
      const env = { ROOT_ACCESS_KEY: secrets.accessKeyId, ROOT_SECRET_KEY: secrets.secretAccessKey }
      child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
      // A test that ran out of time disposes of nothing: the server goes when this process does, and with it the pipe.
      watchdog = spawn('sh', ['-c', 'read _; kill -9 "$0"', String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'] })
      await untilListening(child, port)
    },
    async stop() {
      watchdog?.kill('SIGKILL')
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'close')
      child.kill('SIGKILL')
      await ended
    },
    pause: () => void child?.kill('SIGSTOP'),
    continue: () => void child?.kill('SIGCONT'),
    async objects() {
      const found = await readdir(join(objectFolder, bucket), { recursive: true, withFileTypes: true })
      return found
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name).slice(join(objectFolder, bucket).length + 1))
        .filter(name => !name.startsWith('.'))
        .toSorted()
    },
    async uploads() {
      // One folder for each key, and in it one for each upload.
      const unfinished = join(objectFolder, bucket, '.sgwtmp', 'multipart')
      const keys = await readdir(unfinished).catch(() => [])
      const uploads = await Promise.all(keys.map(key => readdir(join(unfinished, key))))
      return uploads.flat()
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

/** It says that it listens a little before it does, so what counts is a connection. */
async function untilListening(child: ChildProcess, port: number): Promise<void> {
  let output = ''
  const hear = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  let isOver = false
  child.once('close', () => {
    isOver = true
  })
  while (!isOver) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>(done => {
      socket.once('connect', () => done(true)).once('error', () => done(false))
    })
    socket.destroy()
    if (isOpen) return
    await new Promise(done => setTimeout(done, 10))
  }
  throw new Error(`versitygw ended:\n${output}`)
}
