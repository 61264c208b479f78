/**
 * Clients in a process of their own, so that what they cost is not the server's memory: a script of this folder that says
 * `ready`, takes one order and answers with a result or `{ error }`. It has ended after disposal.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface GroupProcess<Order, Result> extends AsyncDisposable {
  /** Once. @throws what one of the clients failed of */
  run(order: Order): Promise<Exclude<Result, { error: string }>>
  /** Has clients that know how to stop where they are; `run` resolves then. */
  leave(): void
}

/** Starts it; resolves when it can take its order, so that Node's start is in no figure. */
export async function openGroup<Order extends object, Result extends object>(
  script: string,
): Promise<GroupProcess<Order, Result>> {
  const child = fork(join(import.meta.dirname, script), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  // Not `close`: Node does not tell it of a child that ended the channel itself.
  const ended = once(child, 'exit')
  await Promise.race([once(child, 'message'), ended])
  return {
    async run(order) {
      const answered = once(child, 'message') as Promise<[Result | { error: string }]>
      child.send(order)
      const answer = await Promise.race([answered, ended.then(() => undefined)])
      const result = answer?.[0] ?? { error: 'the clients ended before they had told' }
      if ('error' in result) throw new Error(String(result.error))
      return result as Exclude<Result, { error: string }>
    },
    leave: () => child.send('leave'),
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
