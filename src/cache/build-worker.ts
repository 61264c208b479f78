/**
 * What runs in a worker thread: reads the entities of one task with git processes of its own, and sends their records
 * back batch by batch. It is ended by a message and not by force, so that no git process is left behind.
 */
import type { MessagePort } from 'node:worker_threads'
import { ViewerError } from '../base/errors.ts'
import { createGit } from '../git/git.ts'
import type { ProcessTally } from '../git/process-tally.ts'
import {
  type BuildFailure,
  type BuildMessage,
  type BuildTask,
  nothing,
  readRefLines,
  sizesOfOne,
  stopMessage,
} from './build-task.ts'
import type { ReadEntity } from './entity-record.ts'
import { packRecord, packText } from './packed-entity.ts'
import { readRefs } from './read-refs.ts'

/** Records of a batch: enough to be worth a message, few enough not to hold up the thread that gets it. */
const batchRecords = 64
const batchTextBytes = 512 * 1024

/** Runs one task. Never rejects: how it ended is the last message. */
export async function runBuildTask(task: BuildTask<MessagePort>): Promise<void> {
  const { git: plan, folder, limits, refs, packsTexts, port } = task
  const stop = new AbortController()
  port.on('message', message => {
    if (message === stopMessage) stop.abort(new ViewerError('SHUTTING_DOWN', 'the build was stopped'))
  })
  const batch = new Batch(port, packsTexts)
  let failure: BuildFailure | undefined
  try {
    const git = createGit(plan, { tally: createRemoteTally(port) })
    await using reader = git.openReader(folder)
    reader.warmUp()
    const input = { git, reader, folder, limits, signal: stop.signal }
    // A read that waits for git ends when its reader does.
    stop.signal.addEventListener('abort', () => void reader[Symbol.asyncDispose](), { once: true })
    await readRefs(input, readRefLines(refs), (read, index) => batch.add(read, index))
    batch.send()
  } catch (error) {
    failure = describeFailure(stop.signal.aborted ? stop.signal.reason : error)
  }
  send(port, { kind: 'end', failure })
  port.close()
}

/** Tells the other thread, which counts for the whole program. */
function createRemoteTally(port: MessagePort): ProcessTally {
  let processes = 0
  return {
    started(args) {
      const number = processes++
      send(port, { kind: 'process', number, command: args[0] ?? '' })
      return () => send(port, { kind: 'process', number, command: undefined })
    },
  }
}

function send(port: MessagePort, message: BuildMessage, transfer: ArrayBuffer[] = []) {
  port.postMessage(message, transfer)
}

function describeFailure(error: unknown): BuildFailure {
  if (error instanceof ViewerError) return { code: error.code, message: error.message, data: error.data }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { code: undefined, message, data: {} }
}

/** Entities on their way. */
class Batch {
  readonly #port: MessagePort
  readonly #packsTexts: boolean
  #sizes: number[] = []
  #parts = createParts()

  constructor(port: MessagePort, packsTexts: boolean) {
    this.#port = port
    this.#packsTexts = packsTexts
  }

  add({ record, text }: ReadEntity, index: number) {
    const { records, texts, packedTexts } = this.#parts
    const packedText = this.#packsTexts && text ? packText(text) : undefined
    this.#sizes.push(index, records.add(packRecord(record)), texts.add(text), packedTexts.add(packedText))
    if (this.#sizes.length >= batchRecords * sizesOfOne || texts.bytes >= batchTextBytes) this.send()
  }

  send() {
    if (this.#sizes.length === 0) return
    const sizes = Int32Array.from(this.#sizes)
    const records = this.#parts.records.join()
    const texts = this.#parts.texts.join()
    const packedTexts = this.#parts.packedTexts.join()
    const buffers = [sizes.buffer, records.buffer, texts.buffer, packedTexts.buffer]
    send(this.#port, { kind: 'records', sizes, records, texts, packedTexts }, buffers)
    this.#sizes = []
    this.#parts = createParts()
  }
}

function createParts() {
  return { records: new Parts(), texts: new Parts(), packedTexts: new Parts() }
}

class Parts {
  readonly #parts: Uint8Array[] = []
  bytes = 0

  /** @returns the number of bytes, as `sizes` has it */
  add(part: Uint8Array | undefined): number {
    if (!part) return nothing
    this.#parts.push(part)
    this.bytes += part.length
    return part.length
  }

  join(): Uint8Array<ArrayBuffer> {
    return joinBytes(this.#parts, this.bytes)
  }
}

/**
 * One block of its own, which can be handed over. A buffer that could grow is mapped by itself and not taken from the C
 * library's pools, so that its memory goes back to the system with it.
 */
function joinBytes(parts: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
