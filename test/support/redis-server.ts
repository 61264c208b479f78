/**
 * A real Redis server on a free port of the loopback, with its files in a temporary folder and nothing kept between its
 * runs. It can be stopped, started again on the same port, and held still as a server that hangs.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@redis/client'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

export interface RedisServerOptions {
  readonly password?: string
  /** Speaks TLS, with a certificate for 127.0.0.1 of an authority of its own. */
  readonly tls?: boolean
  /** Further options, such as `['--maxmemory', '2mb']`. */
  readonly args?: readonly string[]
  /** False starts it later, with `start`. */
  readonly started?: boolean
}

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** The authority's certificate; undefined without TLS. */
  readonly caFile: string | undefined
  /** An authority that has nothing to do with the server; undefined without TLS. */
  readonly foreignCaFile: string | undefined
  start(): Promise<void>
  /** Kills it. What it held is gone. */
  stop(): Promise<void>
  /** It takes connections and says nothing. */
  pause(): void
  continue(): void
  /** Sends a command over a connection of its own. */
  ask(...command: readonly string[]): Promise<unknown>
}

export async function openRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { password, tls = false, args = [], started = true } = options
  const folder = await mkdtemp(join(tmpdir(), 'gbv-redis-'))
  const port = await freePort()
  const file = (name: string) => join(folder, name)
  if (tls) await makeCertificates(file)
  const listen = tls
    ? [
        ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
        ['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')],
        ['--tls-ca-cert-file', file('ca.pem')],
      ].flat()
    : ['--port', String(port)]
  const secret = password === undefined ? [] : ['--requirepass', password]
  const all = [
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
    ...listen,
    ...secret,
    ...args,
  ]
  const url = `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}/0`
  let child: ChildProcess | undefined
  let watchdog: ChildProcess | undefined

  const server: RedisServer = {
    url,
    port,
    caFile: tls ? file('ca.pem') : undefined,
    foreignCaFile: tls ? file('foreign.pem') : undefined,
    async start() {
      child = spawn('redis-server', all, { stdio: ['ignore', 'pipe', 'pipe'] })
      // A test that ran out of time disposes of nothing: the server goes when this process does, and with it the pipe.
      watchdog = spawn('sh', ['-c', 'read _; kill -9 "$0"', String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'] })
      await untilReady(child)
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
    async ask(...command) {
      const client = createClient({
        url,
        ...(password === undefined ? {} : { password }),
        socket: { tls: tls as false, rejectUnauthorized: false, reconnectStrategy: false } as { tls: false },
      })
      client.on('error', () => {})
      await client.connect()
      try {
        return await client.sendCommand([...command])
      } finally {
        client.destroy()
      }
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    if (started) await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

async function untilReady(child: ChildProcess): Promise<void> {
  let output = ''
  await new Promise<void>((ready, failed) => {
    child.on('error', failed)
    child.on('close', () => failed(new Error(`redis-server ended:\n${output}`)))
    const hear = (chunk: Buffer) => {
      output += chunk.toString()
      if (/Ready to accept connections/.test(output)) ready()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
  })
}

async function makeCertificates(file: (name: string) => string): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const make = (name: string, subject: string, ...more: readonly string[]) => {
    const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)]
    return run('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', `/CN=${subject}`, ...files, ...more])
  }
  await make('ca', 'ca')
  await make('foreign', 'foreign')
  const extensions = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE']
  await make('server', '127.0.0.1', ...extensions, '-CA', file('ca.pem'), '-CAkey', file('ca.key'))
}
