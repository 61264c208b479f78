import { expect, test } from 'vitest'
import { createBodyMemory } from '../../src/http/body-memory.ts'

const kib = 1024
const isBusy = expect.objectContaining({ code: 'TOO_BUSY' })

test('bodies have so much together, and give it back when they are done', () => {
  const memory = createBodyMemory(100 * kib)
  const first = memory.open()
  first.take(164 * kib)
  const second = memory.open()
  second.take(64 * kib)
  expect(() => second.take(1)).toThrow(isBusy)
  first[Symbol.dispose]()
  second.take(100 * kib)
  expect(() => second.take(1)).toThrow(isBusy)
})

test('small ones have room whatever the large ones take, in one piece or in many', () => {
  const memory = createBodyMemory(100 * kib)
  memory.open().take(164 * kib)
  memory.open().take(64 * kib)
  const other = memory.open()
  for (let n = 0; n < 64; n++) other.take(kib)
  expect(() => other.take(1)).toThrow(isBusy)
})

test('what a work still needs counts until that is done, though whoever sent it has gone', () => {
  const memory = createBodyMemory(100 * kib)
  const body = memory.open()
  body.take(114 * kib)
  const held = body.share()
  body[Symbol.dispose]()
  body[Symbol.dispose]()
  expect(() => memory.open().take(164 * kib)).toThrow(isBusy)
  held[Symbol.dispose]()
  held[Symbol.dispose]()
  memory.open().take(164 * kib)
  expect(() => memory.open().take(65 * kib)).toThrow(isBusy)
})
