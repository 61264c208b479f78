/** Fetches from the real process where it has no time, and where it ends. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseExposition } from '../support/exposition.ts'
import { type GitClient, inventHistory, openGitClient, refspecs } from '../support/git-client.ts'
import { type RunningProgram, startProgram } from '../support/process.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'

const { t, bugs } = inventHistory('busy')

let home: string
let built: BuiltRepository
let client: GitClient
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'e2e-fetch-'))
  built = await buildRepository(t)
  client = await openGitClient()
})
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
  await rm(home, { recursive: true, force: true })
})

/** Starts the program with a git whose `upload-pack` says the first bytes of a pack and nothing more. */
async function startWithStuckGit(): Promise<RunningProgram> {
  const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const stuck = `printf '000dpackfile\\n0009\\001PACK'; exec ${join(home, 'stuck')} 1234`
  await writeFile(join(home, 'git'), `#!/bin/sh\ncase "$1" in upload-pack) ${stuck};; *) exec ${realGit} "$@";; esac\n`)
  await chmod(join(home, 'git'), 0o755)
  const sleep = execFileSync('sh', ['-c', 'command -v sleep'], { encoding: 'utf8' }).trim()
  await rm(join(home, 'stuck'), { force: true })
  await symlink(sleep, join(home, 'stuck'))
  const viewer = await startProgram({
    args: [built.path],
    env: {
      PATH: `${home}:${process.env.PATH}`,
      GIT_BUG_VIEWER_METRICS_ENABLED: 'true',
      GIT_BUG_VIEWER_STREAMS_MAX_PROCESSES: '1',
    },
  })
  await (await fetch(`${viewer.url}/tracker/-/bugs`)).text()
  return viewer
}

const packet = (words: string) => (words.length + 4).toString(16).padStart(4, '0') + words

/** Asks for a pack that nobody else has asked for. */
async function ask({ url }: RunningProgram, number: number): Promise<Socket> {
  const have = packet(`have ${number.toString(16).padStart(40, '0')}`)
  const body = `${packet('command=fetch')}0001${packet(`want ${bugs[0]!.tip}`)}${have}${packet('done')}0000`
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  // The end of the process may be a reset.
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(
    `POST /tracker.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nGit-Protocol: version=2\r\nContent-Length: ${body.length}\r\n` +
      `Content-Type: application/x-git-upload-pack-request\r\n\r\n${body}`,
  )
  return socket
}

const stuckProcesses = () =>
  execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes(built.path) || line.startsWith(join(home, 'stuck')))

async function streams({ url }: RunningProgram): Promise<number | undefined> {
  return parseExposition(await (await fetch(`${url}/metrics`)).text()).value('gitbugviewer_stream_entries')
}

test('too many fetches at once are told to come back, by a status that git shows', async () => {
  await using viewer = await startWithStuckGit()
  const sockets: Socket[] = []
  for (let number = 0; number < 49; number++) sockets.push(await ask(viewer, number))
  await expect.poll(() => streams(viewer)).toBe(49)
  await client.init('busy.git')
  const words = await client.complaint(['fetch', `${viewer.url}/tracker.git`, ...refspecs], 'busy.git')
  expect(words).toMatch(/RPC failed; HTTP 503/)
  // Nobody waits for them any more, and pages never had to.
  expect((await fetch(`${viewer.url}/tracker/-/bugs`)).status).toBe(200)
  for (const socket of sockets) socket.destroy()
})

test('SIGTERM in the middle of a pack ends the process in its time, and leaves no process', async () => {
  await using viewer = await startWithStuckGit()
  const socket = await ask(viewer, 0)
  await once(socket, 'readable')
  // And one that has not begun.
  await ask(viewer, 1)
  await expect.poll(() => streams(viewer)).toBe(2)
  expect(stuckProcesses()).not.toEqual([])
  const began = performance.now()
  expect(await viewer.stop()).toEqual({ status: 0, signal: null })
  // What is under way has 15 seconds; and then its processes have to end, before the minute of the pack is over.
  expect(performance.now() - began).toBeLessThan(45_000)
  await expect.poll(stuckProcesses).toEqual([])
  const answer = Buffer.concat(await socket.toArray().catch(() => [])).toString('latin1')
  expect(answer).toMatch(/^HTTP\/1.1 200 /)
})
