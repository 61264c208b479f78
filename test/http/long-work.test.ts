import { describe, expect, test } from 'vitest'
import { createGate } from '../../src/base/gate.ts'
import { inTurn } from '../../src/http/long-work.ts'
import type { StreamSink } from '../../src/streams/stream-cache.ts'

const never = new AbortController().signal
const fast: StreamSink = { write: async () => {} }
const settle = () => new Promise(setImmediate)

describe('long work', () => {
  test('waits for its turn, and is told to come back where too many wait', async () => {
    const gate = createGate(1)
    const first = Promise.withResolvers<void>()
    const running = inTurn(gate, () => first.promise)(fast, never)
    const waiting = Array.from({ length: 64 }, () => inTurn(gate, async () => {})(fast, never))
    await settle()
    expect([gate.running, gate.waiting]).toEqual([1, 64])
    await expect(inTurn(gate, async () => {})(fast, never)).rejects.toMatchObject({ code: 'TOO_BUSY' })
    first.resolve()
    await Promise.all([running, ...waiting])
    expect([gate.running, gate.waiting]).toEqual([0, 0])
  })

  test('that nobody wants any more does not wait', async () => {
    const gate = createGate(1)
    const [first, leave] = [Promise.withResolvers<void>(), new AbortController()]
    const running = inTurn(gate, () => first.promise)(fast, never)
    const waiting = inTurn(gate, async () => {})(fast, leave.signal)
    leave.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
    expect(gate.waiting).toBe(0)
    first.resolve()
    await running
  })

  test('that its readers hold back lets the next one in, and goes on afterwards', async () => {
    const gate = createGate(1)
    const taken = Promise.withResolvers<void>()
    const log: string[] = []
    const held = inTurn(gate, async ({ write }) => {
      await write(Buffer.from('much'))
      log.push('goes on')
    })({ write: () => taken.promise }, never)
    const next = inTurn(gate, async ({ write }) => {
      await write(Buffer.from('little'))
      log.push('next one')
    })(fast, never)
    await next
    expect([log, gate.aside]).toEqual([['next one'], 1])
    taken.resolve()
    await held
    expect([log, gate.aside, gate.running]).toEqual([['next one', 'goes on'], 0, 0])
  })

  test('that was held back for longest is given up where too much is held back, and only when others wait', async () => {
    const gate = createGate(17)
    const taken = Promise.withResolvers<void>()
    const held = Array.from({ length: 33 }, () =>
      inTurn(gate, ({ write }) => write(Buffer.from('much')))({ write: () => taken.promise }, never),
    )
    const [first, ...others] = held.map(work =>
      work.then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    )
    await expect.poll(() => [gate.running, gate.waiting, gate.aside]).toEqual([17, 0, 16])
    await inTurn(gate, ({ write }) => write(Buffer.from('little')))(fast, never)
    expect(await first).toBe('TOO_BUSY')
    expect(gate.aside).toBe(16)
    taken.resolve()
    expect(new Set(await Promise.all(others))).toEqual(new Set(['done']))
    expect([gate.running, gate.waiting, gate.aside]).toEqual([0, 0, 0])
  })

  test('that cannot be written fails of that, also when it has let another one in', async () => {
    const gate = createGate(1)
    const soon: StreamSink = { write: () => Promise.reject(new Error('full')) }
    await expect(inTurn(gate, ({ write }) => write(Buffer.from('x')))(soon, never)).rejects.toThrow('full')
    const taken = Promise.withResolvers<void>()
    const late: StreamSink = { write: () => taken.promise }
    const held = inTurn(gate, ({ write }) => write(Buffer.from('x')))(late, never)
    held.catch(() => {})
    await inTurn(gate, async () => {})(fast, never)
    taken.reject(new Error('full later'))
    await expect(held).rejects.toThrow('full later')
    expect([gate.running, gate.waiting, gate.aside]).toEqual([0, 0, 0])
  })
})
