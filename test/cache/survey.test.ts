/** Surveys over repositories that open at once, late, or never. What a lease is does not matter to them. */
import { expect, test } from 'vitest'
import { ViewerError } from '../../src/base/errors.ts'
import type { Lease } from '../../src/cache/lease.ts'
import { createSurvey } from '../../src/cache/survey.ts'
import { createManualClock } from '../support/manual-clock.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

/** A site of repositories; `open` are open, `failing` say why they cannot be, `slow` never come, `late` only when they are told to. */
function site(
  names: readonly string[],
  { open = [] as string[], failing = new Map<string, string>(), slow = [] as string[], late = [] as string[] } = {},
) {
  const { promise: opensLate, resolve: openLate } = Promise.withResolvers<void>()
  const clock = createManualClock()
  const opened: string[] = []
  let leased = 0
  const lease = (name: string) => {
    leased++
    return { repository: { name }, [Symbol.dispose]: () => void leased-- } as unknown as Lease
  }
  const survey = createSurvey({
    clock,
    log,
    overview: {
      listKnown: async () =>
        names.map(name => ({ name, description: undefined, owner: undefined, section: undefined, card: undefined })),
    },
    manager: {
      openNames: () => open,
      acquireNow: name => (open.includes(name) ? lease(name) : undefined),
      acquireBriefly: async (name, signal) => {
        opened.push(name)
        const code = failing.get(name)
        if (code !== undefined) throw new ViewerError(code as 'REPOSITORY_EMPTY', 'no')
        if (late.includes(name)) await opensLate
        if (!slow.includes(name)) return lease(name)
        return await new Promise((_resolve, reject) => {
          signal!.addEventListener('abort', () => reject(signal!.reason))
        })
      },
    },
  })
  const run = (from?: string, signal = new AbortController().signal) =>
    survey.run({ from, waitMs: 1000, signal, look: async ({ repository }) => repository.name })
  return { clock, opened, run, openLate, leased: () => leased }
}

const letters = [...'abcdefgh']

test('a small site is looked through as a whole, by name, and given back', async () => {
  const { run, leased } = site(letters, { open: ['c', 'a'] })
  {
    using surveyed = await run()
    expect(surveyed.found.map(({ result }) => result)).toEqual(letters)
    expect(surveyed).toMatchObject({ total: 8, looked: 8, late: [], next: undefined })
    expect(leased()).toBe(8)
  }
  expect(leased()).toBe(0)
})

test('one request opens a bounded number, and says where to go on until all were seen', async () => {
  const names = Array.from({ length: 200 }, (_, n) => `r${String(n).padStart(3, '0')}`)
  const open = ['r150', 'r199']
  const { run, opened } = site(names, { open })
  const seen = new Set<string>()
  let from: string | undefined
  let parts = 0
  do {
    using surveyed = await run(from)
    for (const { result } of surveyed.found) seen.add(result)
    from = surveyed.next
    parts++
    expect(opened.length).toBeLessThanOrEqual(64 * parts)
  } while (from !== undefined)
  expect([...seen].sort()).toEqual(names)
  expect(parts).toBe(4)
})

test('what is open is looked into first, and what was not is where it goes on', async () => {
  const { run, clock } = site(letters, { open: ['h'], slow: ['b', 'c', 'd', 'e'] })
  const running = run()
  while (clock.timers === 0) await Promise.resolve()
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  clock.advance(1000)
  using surveyed = await running
  expect(surveyed.found.map(({ result }) => result)).toEqual(['a', 'h'])
  expect(surveyed).toMatchObject({ looked: 6, late: ['b', 'c', 'd', 'e'], next: 'f' })
})

test('going on never stands still, however slow the repositories are', async () => {
  const { run, clock } = site(letters, { slow: letters })
  let from: string | undefined = 'a'
  const late = new Set<string>()
  for (let part = 0; part < 8 && from !== undefined; part++) {
    const running = run(from)
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    clock.advance(1000)
    using surveyed = await running
    for (const name of surveyed.late) late.add(name)
    from = surveyed.next
  }
  expect([from, [...late].sort()]).toEqual([undefined, letters])
})

test('empty repositories are passed over, and those that cannot be read are named', async () => {
  const failing = new Map([
    ['b', 'REPOSITORY_EMPTY'],
    ['d', 'REPOSITORY_UNREADABLE'],
  ])
  const { run } = site(letters, { failing })
  using surveyed = await run()
  expect(surveyed.found.map(({ result }) => result).join('')).toBe('acefgh')
  expect(surveyed).toMatchObject({ looked: 8, late: ['d'], next: undefined })
})

test('who leaves ends it, and nothing stays in use, not even what opens afterwards', async () => {
  const { run, leased, openLate } = site(letters, { slow: ['d'], late: ['b'] })
  const gone = new AbortController()
  const running = run(undefined, gone.signal)
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  gone.abort(new Error('gone'))
  await expect(running).rejects.toThrow('gone')
  openLate()
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  expect(leased()).toBe(0)
})
