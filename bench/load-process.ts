/** Steady load from a process of its own (`open-loop.ts`), which has ended after disposal. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LoadOrder, LoadSample } from './open-loop.ts'

export interface LoadProcess extends AsyncDisposable {
  /** Ends the load. @returns every request, in the order of the answers */
  finish(): Promise<readonly LoadSample[]>
}

/** Starts it; the first requests come when Node has started. */
export function openLoad(order: LoadOrder): LoadProcess {
  const child = fork(join(import.meta.dirname, 'open-loop.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  // Not `close`: Node does not tell it of a child that ended the channel itself.
  const ended = once(child, 'exit')
  child.send(order)
  return {
    async finish() {
      const answered = once(child, 'message') as Promise<[LoadSample[]]>
      child.send('stop')
      const samples = await Promise.race([answered, ended.then(() => undefined)])
      if (samples === undefined) throw new Error('the load process ended before it had told')
      return samples[0]
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
