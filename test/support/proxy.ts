/**
 * nginx and Caddy as reverse proxies on a port of the loopback, with configurations of the documentation. Each has a
 * folder of its own and ends on disposal.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { programPath } from './required-programs.ts'

export interface RunningProxy extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly origin: string
}

const pauseMs = 20

/** Starts nginx. @param servers what stands inside of `http { }`, by its port */
export async function startNginx(servers: (port: number) => string): Promise<RunningProxy> {
  return await startProxy('nginx', async (folder, port) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${name};`)
    const text = `daemon off; pid nginx.pid; error_log stderr;
      events { worker_connections 64; }
      http { access_log off; ${temporary.join(' ')} ${servers(port)} }`
    // The account of its worker, where it is started by root, is another one.
    const own = process.getuid?.() === 0 ? 'user root; ' : ''
    await writeFile(join(folder, 'nginx.conf'), own + text)
    return ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr']
  })
}

/** Starts Caddy. @param sites the Caddyfile, by the port */
export async function startCaddy(sites: (port: number) => string): Promise<RunningProxy> {
  return await startProxy('caddy', async (folder, port) => {
    await writeFile(join(folder, 'Caddyfile'), `{\n  admin off\n}\n${sites(port)}`)
    return ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')]
  })
}

async function startProxy(
  program: 'nginx' | 'caddy',
  prepare: (folder: string, port: number) => Promise<readonly string[]>,
): Promise<RunningProxy> {
  const folder = await mkdtemp(join(tmpdir(), `${program}-`))
  await mkdir(join(folder, 'home'))
  const port = await freePort()
  const args = await prepare(folder, port)
  const child = spawn(programPath(program) ?? program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: join(folder, 'home') },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    said += piece
  })
  const proxy: RunningProxy = {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      if (isRunning(child)) {
        child.kill('SIGTERM')
        await once(child, 'close')
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
  while (!(await answers(port))) {
    if (!isRunning(child)) throw new Error(`${program} has ended: ${said}`)
    await later(pauseMs)
  }
  return proxy
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isThere = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isThere
}
