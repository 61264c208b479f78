/**
 * What runs in the process that fetches: does what `remote-process.ts` asks for. It ends when the one that asks goes,
 * however that comes, and leaves no git process behind.
 */
import { systemClock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import type { ProcessTally } from './process-tally.ts'
import { createRemoteGit, type RemoteGit } from './remote-fetch.ts'
import { describeFailure, type RemoteCall, type RemoteValue, type Reply, type Request } from './remote-messages.ts'

const running = new Map<number, AbortController>()
let remotes: RemoteGit | undefined

function send(reply: Reply) {
  // The one that asks may have gone meanwhile, and then nobody wants to know.
  if (process.connected) process.send?.(reply, () => {})
}

/** Tells the other process, which counts for the whole program. */
function createRemoteTally(): ProcessTally {
  let processes = 0
  return {
    started([command = '']) {
      const number = processes++
      send({ kind: 'process', number, command })
      return () => send({ kind: 'process', number })
    },
  }
}

async function answer(id: number, call: RemoteCall, signal: AbortSignal): Promise<RemoteValue> {
  if (!remotes) throw new Error('nothing was set up')
  switch (call.method) {
    case 'init':
      await remotes.init(call.gitDir)
      return undefined
    case 'fetch':
      return await remotes.fetch(
        { ...call.at, onProgress: progress => send({ kind: 'progress', id, progress }) },
        signal,
      )
    case 'bytesToTidy':
      return await remotes.bytesToTidy(call.gitDir)
    case 'tidy':
      await remotes.tidy(call.gitDir, signal)
      return undefined
  }
}

/** Never rejects: how it ended is the last message. */
async function run(id: number, call: RemoteCall): Promise<void> {
  const stop = new AbortController()
  running.set(id, stop)
  try {
    const value = await answer(id, call, stop.signal)
    send({ kind: 'done', id, ...(value === undefined ? {} : { value }) })
  } catch (error) {
    send({ kind: 'failed', id, failure: describeFailure(error) })
  } finally {
    running.delete(id)
  }
}

const nobody = () => new ViewerError('SHUTTING_DOWN', 'nobody waits for it any more')

process.on('message', (request: Request) => {
  if (request.kind === 'call') void run(request.id, request.call)
  else if (request.kind === 'stop') running.get(request.id)?.abort(nobody())
  else {
    const { program, silenceLimitMs, version } = request
    const setup = { program, silenceLimitMs, clock: systemClock, ambient: process.env, tally: createRemoteTally() }
    remotes = createRemoteGit(setup, version)
  }
})
// Nothing holds this process then, once what runs has ended.
process.on('disconnect', () => {
  for (const stop of running.values()) stop.abort(nobody())
})
// A terminal sends them to all processes: when this one ends is for the other one to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
