/** What real git servers of tests have in common: a folder of what they serve, processes that end with them, a port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import type http from 'node:http'
import type https from 'node:https'
import type net from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Which repository is served at which path: `{ 'group/tool.git': '/tmp/tracker/tracker.git' }`. */
export type ServedRepositories = Readonly<Record<string, string>>

export interface GitServer extends AsyncDisposable {
  readonly port: number
  /** @param host another name for 127.0.0.1 */
  url(path: string, host?: string): string
  /** Serves one more, or another one at a path. */
  serve(path: string, folder: string): Promise<void>
  /** Nothing is served there any more. */
  remove(path: string): Promise<void>
  /** Connections of `git daemon` and sshd, requests of the HTTP server; all since the start. */
  readonly asked: number
}

/** The folder in which a server finds its repositories: links to where they lie. */
export async function openServedFolder(repositories: ServedRepositories) {
  const home = await mkdtemp(join(tmpdir(), 'git-server-'))
  const root = join(home, 'served')
  await mkdir(root)
  const served = {
    home,
    root,
    async serve(path: string, folder: string) {
      const link = join(root, path)
      await mkdir(dirname(link), { recursive: true })
      await rm(link, { force: true })
      await symlink(folder, link)
    },
    remove: (path: string) => rm(join(root, path), { force: true }),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  }
  for (const [path, folder] of Object.entries(repositories)) await served.serve(path, folder)
  return served
}

/** Processes that must not outlive the server. */
export function createChildren() {
  const running = new Set<ChildProcess>()
  return {
    start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
      const child = spawn(program, args, { env: { ...serverEnvironment(), ...env }, stdio: 'pipe' })
      running.add(child)
      child.on('close', () => running.delete(child))
      child.on('error', () => running.delete(child))
      child.stdin.on('error', () => {})
      child.stderr.resume()
      return child
    },
    async end() {
      await Promise.all(
        [...running].map(async child => {
          const ended = once(child, 'close')
          child.kill('SIGKILL')
          await ended
        }),
      )
    },
  }
}

function serverEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    LC_ALL: 'C',
  }
}

export async function listen(server: net.Server | http.Server | https.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
