/** Starts `store-process.ts` and talks to it. The process ends on disposal, at the latest. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { StoreAnswer, StoreCommand } from './store-process.ts'

export interface StoreProcess extends AsyncDisposable {
  readonly pid: number
  /** Tells it to do something, and gives its next line. */
  ask(command: Partial<StoreCommand> & Pick<StoreCommand, 'do'>): Promise<StoreAnswer>
  /** Its next line. */
  next(): Promise<StoreAnswer>
  kill(): Promise<void>
  /** Ends its input. @returns its exit status, once it has ended by itself */
  finish(): Promise<number | null>
}

export function startStoreProcess(folder: string): StoreProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'store-process.ts'), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close').then(([status]) => status as number | null)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the process has ended with ${await ended}`)
    return JSON.parse(value) as StoreAnswer
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    pid: child.pid!,
    next,
    ask(command) {
      child.stdin.write(`${JSON.stringify({ prefix: 'entity', count: 0, bytes: 0, ...command })}\n`)
      return next()
    },
    kill,
    finish() {
      child.stdin.end()
      return ended
    },
    [Symbol.asyncDispose]: kill,
  }
}
