/** Fetching by a process of its own: it does what this one would do, and nothing of it stays. */
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openRemoteProcess, type RemoteProcess } from '../../src/git/remote-process.ts'
import { entityRefs, inventHistory } from '../support/git-client.ts'
import { type HttpGitServer, openDaemonGitServer, openHttpGitServer } from '../support/git-servers.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { type CopyScene, limits, openCopy, remoteUrl } from './remote-scene.ts'

const { t } = inventHistory('elsewhere')
const path = 'group/tool.git'
const { signal } = new AbortController()

let built: BuiltRepository
let server: HttpGitServer
let copy: CopyScene
let remotes: RemoteProcess
beforeEach(async () => {
  built = await buildRepository(t)
  server = await openHttpGitServer({ [path]: built.path })
  copy = await openCopy()
  remotes = openRemoteProcess(copy.git)
})
afterEach(async () => {
  await remotes[Symbol.asyncDispose]()
  await copy[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const fetching = (url = server.url(path)) => ({
  gitDir: copy.gitDir,
  remote: { url: remoteUrl(url), address: '127.0.0.1' },
  limits,
})

/** Processes that fetch for this one. */
function children(): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // `pid (name) state parent …`, and the name may hold anything.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const isOurs = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('remote-child')
      return isOurs && state !== 'Z' && Number(parent) === process.pid
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}

test('it makes, fetches and puts in order what this process would, and says how far it is', async () => {
  const steps = new Set<string>()
  await remotes.init(copy.gitDir)
  expect(await remotes.fetch({ ...fetching(), onProgress: ({ step }) => void steps.add(step) }, signal)).toBe(true)
  await remotes.tidy(copy.gitDir, signal)
  expect(await remotes.bytesToTidy(copy.gitDir)).toBe(0)
  expect(await entityRefs(copy.gitDir)).toBe(await entityRefs(built.path))
  expect([...steps]).toEqual(['connecting', 'counting', 'receiving', 'resolving', 'storing'])
  expect(await remotes.fetch(fetching(), signal)).toBe(false)
})

test('what goes wrong is the error that it would be here', async () => {
  server.behave = () => ({ status: 404 })
  await expect(remotes.fetch(fetching(), signal)).rejects.toMatchObject({
    name: 'ViewerError',
    code: 'REMOTE_UNREACHABLE',
    data: { reason: 'gone' },
  })
  server.behave = () => ({})
  await expect(remotes.fetch({ ...fetching(), limits: { ...limits, maxObjects: 3 } }, signal)).rejects.toMatchObject({
    code: 'REMOTE_TOO_LARGE',
    data: { limit: 'objects' },
  })
  await expect(remotes.init('/dev/null/nowhere')).rejects.toThrow(/ENOTDIR/)
})

test('who leaves gets the reason that they gave, and the others what they asked for', async () => {
  const stop = new AbortController()
  server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 0 } : {})
  const left = remotes.fetch(fetching(), stop.signal)
  await server.askedFor(3)
  server.behave = () => ({})
  await using other = await openCopy()
  const stayed = remotes.fetch({ ...fetching(), gitDir: other.gitDir }, signal)
  stop.abort(new Error('gone for tea'))
  await expect(left).rejects.toThrow('gone for tea')
  expect(await stayed).toBe(true)
  await expect(remotes.fetch(fetching(), stop.signal)).rejects.toThrow('gone for tea')
})

test('its git processes are counted as those of this one', async () => {
  const counted: string[] = []
  const tally = {
    started: ([command = '']: readonly string[]) => {
      counted.push(command)
      return () => void counted.push(`${command} ended`)
    },
  }
  await using counting = openRemoteProcess({ ...copy.git, tally })
  await counting.fetch(fetching(), signal)
  expect(counted).toEqual(['fetch', 'fetch ended'])
})

test('one that is killed fails what it was asked, and the next one is asked instead', async () => {
  server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 0 } : {})
  const lost = remotes.fetch(fetching(), signal)
  await server.askedFor(3)
  const [pid] = children()
  process.kill(pid!, 'SIGKILL')
  await expect(lost).rejects.toMatchObject({ code: 'GIT_FAILED' })
  server.behave = () => ({})
  await remotes.init(copy.gitDir)
  expect(await remotes.fetch(fetching(), signal)).toBe(true)
})

test('it is there before anything is asked, and the only one', async () => {
  const [pid, ...others] = children()
  expect([pid, others]).toEqual([expect.any(Number), []])
  await remotes.fetch(fetching(), signal)
  expect(children()).toEqual([pid])
})

test('its end ends what it does, also with a remote that says nothing', async () => {
  await using daemon = await openDaemonGitServer({ [path]: built.path })
  daemon.silence()
  const waiting = remotes.fetch(fetching(daemon.url(path)), signal)
  await expect.poll(() => daemon.asked).toBe(1)
  await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'GIT_FAILED' }), remotes[Symbol.asyncDispose]()])
  expect(children()).toEqual([])
  await rm(copy.gitDir, { recursive: true })
})
