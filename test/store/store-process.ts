/**
 * A process that has the store of a folder open and does what lines on its standard input say, each of them JSON; it
 * answers each with a line. It ends when its input does, without closing the store.
 *
 *   node test/store/store-process.ts FOLDER
 */
import { createInterface } from 'node:readline'
import { sealValues } from '../../src/store/sealed.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createTestLog, createTestMeasures, isSame, manyEntries } from './contract.ts'

export interface StoreCommand {
  readonly do: 'put' | 'get' | 'putForever' | 'advance'
  /** Of the keys, which are numbered. */
  readonly prefix: string
  readonly count: number
  readonly bytes: number
}

export interface StoreAnswer {
  readonly right: number
  readonly missing: number
  readonly wrong: number
  /** Lines of the log since the last answer. */
  readonly lines: readonly string[]
  readonly errors: number
}

const roundEntries = 20

async function main(folder: string) {
  // A limit of the size of files is an error of the write then, and not the end of the process.
  process.on('SIGXFSZ', () => {})
  const tier = { seconds: undefined, maxBytes: 1_000_000_000 }
  const limits = { permanent: tier, intermediate: tier, result: tier }
  const [clock, log, measures] = [createManualClock(), createTestLog(), createTestMeasures()]
  const store = sealValues(openSqliteStore({ folder, limits, clock, log, measures }), { measures, backend: 'sqlite' })

  const get = async ({ prefix, count, bytes }: StoreCommand) => {
    const entries = manyEntries(count, bytes, prefix)
    const keys = entries.map(({ key }) => key)
    const found = await store.getMany('permanent', keys)
    const missing = found.filter(value => !value).length
    const right = found.filter((value, n) => isSame(entries[n]!.value, value)).length
    return { right, missing, wrong: count - right - missing }
  }
  const run = async (command: StoreCommand) => {
    const { prefix, count, bytes } = command
    if (command.do === 'advance') clock.advance(count)
    if (command.do === 'put') {
      await store.setMany('permanent', manyEntries(count, bytes, prefix))
      await store.settled()
    }
    for (let round = 0; command.do === 'putForever'; round++) {
      await store.setMany('permanent', manyEntries(roundEntries, bytes, `${prefix}-${round}`))
      await store.settled()
      console.log(JSON.stringify({ right: round + 1 }))
    }
    const found = command.do === 'get' ? await get(command) : { right: 0, missing: 0, wrong: 0 }
    const lines = log.lines.splice(0).map(({ level, message }) => `${level}: ${message}`)
    const answer: StoreAnswer = { ...found, lines, errors: measures.sum('gitbugviewer_store_errors_total') }
    console.log(JSON.stringify(answer))
  }
  for await (const line of createInterface({ input: process.stdin })) await run(JSON.parse(line) as StoreCommand)
}

if (import.meta.main) await main(process.argv[2] ?? '')
