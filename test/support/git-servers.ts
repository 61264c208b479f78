/**
 * Real git servers on a port of this machine that the system picks: `git daemon` and sshd here, `git http-backend`
 * behind a small HTTP server in `http-git-server.ts`. Each connection or request has a process of its own, so that
 * nothing has to be waited for at the start, and a test can look at what was asked, and spoil the answer.
 *
 *   await using server = await openHttpGitServer({ 'group/tool.git': built.path })
 *   server.behave = request => (request.kind === 'fetch' ? { cutAfterBytes: 5000 } : {})
 *   server.url('group/tool.git')             // http://127.0.0.1:43210/group/tool.git
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createChildren, type GitServer, listen, openServedFolder, type ServedRepositories } from './git-server.ts'
import { programPath } from './required-programs.ts'

export type { GitServer, ServedRepositories } from './git-server.ts'
export {
  type GitRequest,
  type HttpBehaviour,
  type HttpGitServer,
  type HttpGitServerOptions,
  openHttpGitServer,
} from './http-git-server.ts'

const run = promisify(execFile)

/** A server that gives each connection to a process, as inetd does. */
async function openConnectionServer(start: () => ReturnType<ReturnType<typeof createChildren>['start']>) {
  const sockets = new Set<net.Socket>()
  const openings: Buffer[] = []
  const state = { asked: 0, isSilent: false }
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    state.asked++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    // Takes the connection and says nothing.
    if (state.isSilent) return void socket.resume()
    const child = start()
    socket.once('data', (bytes: Buffer) => openings.push(bytes))
    socket.pipe(child.stdin)
    child.stdout.pipe(socket)
    socket.on('close', () => child.kill('SIGKILL'))
  })
  const port = await listen(server)
  return {
    port,
    state,
    openings,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
}

export interface DaemonGitServer extends GitServer {
  /** From now on connections are taken, and nothing is said. */
  silence(): void
  /** What clients have sent first: the path, and the name of the host that they think to talk to. */
  readonly openings: readonly string[]
}

/** `git daemon`. */
export async function openDaemonGitServer(repositories: ServedRepositories): Promise<DaemonGitServer> {
  const folder = await openServedFolder(repositories)
  const children = createChildren()
  const args = ['daemon', '--inetd', '--export-all', `--base-path=${folder.root}`, '--log-destination=none']
  const server = await openConnectionServer(() => children.start('git', args))
  return {
    port: server.port,
    url: (path, host = '127.0.0.1') => `git://${host}:${server.port}/${path}`,
    serve: folder.serve,
    remove: folder.remove,
    get asked() {
      return server.state.asked
    },
    get openings() {
      return server.openings.map(String)
    },
    silence: () => {
      server.state.isSilent = true
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await children.end()
      await folder[Symbol.asyncDispose]()
    },
  }
}

export interface SshGitServer extends GitServer {
  /** Who may log in. */
  readonly user: string
  /** The private key with which they do; `strangerKeyFile` is one with which nobody may. */
  readonly keyFile: string
  readonly strangerKeyFile: string
  /** Writes a file that vouches for the server's key, under the names given, such as `[127.0.0.1]:2222`. @returns its path */
  knownHosts(...names: readonly string[]): Promise<string>
  silence(): void
}

/** sshd, which lets its one user run nothing but `git upload-pack` on what is served. */
export async function openSshGitServer(repositories: ServedRepositories): Promise<SshGitServer> {
  const sshd = programPath('sshd') ?? 'sshd'
  const folder = await openServedFolder(repositories)
  const children = createChildren()
  const file = (name: string) => join(folder.home, name)
  for (const name of ['host', 'user', 'stranger']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file(name)])
  }
  await writeFile(file('authorized_keys'), await readFile(file('user.pub')))
  await writeFile(
    file('command'),
    `#!/bin/sh
eval "set -- $SSH_ORIGINAL_COMMAND"
[ "$1" = git-upload-pack ] || { echo "not allowed: $1" >&2; exit 1; }
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 LC_ALL=C
exec git upload-pack "${folder.root}$2"
`,
  )
  await chmod(file('command'), 0o755)
  await writeFile(
    file('config'),
    `HostKey ${file('host')}
AuthorizedKeysFile ${file('authorized_keys')}
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv GIT_PROTOCOL
ForceCommand ${file('command')}
PidFile none
`,
  )
  // Where root starts it, it insists on this folder; a system that runs sshd makes it at its start.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const server = await openConnectionServer(() => children.start(sshd, ['-i', '-f', file('config')]))
  const { username: user } = userInfo()
  let lists = 0
  return {
    port: server.port,
    user,
    keyFile: file('user'),
    strangerKeyFile: file('stranger'),
    url: (path, host = '127.0.0.1') => `ssh://${user}@${host}:${server.port}/${path}`,
    serve: folder.serve,
    remove: folder.remove,
    get asked() {
      return server.state.asked
    },
    async knownHosts(...names) {
      const path = file(`known_hosts-${++lists}`)
      const [type, key] = (await readFile(file('host.pub'), 'utf8')).split(' ')
      await writeFile(path, names.map(name => `${name} ${type} ${key}\n`).join(''))
      return path
    },
    silence: () => {
      server.state.isSilent = true
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await children.end()
      await folder[Symbol.asyncDispose]()
    },
  }
}
