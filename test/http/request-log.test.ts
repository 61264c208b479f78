import pino from 'pino'
import { expect, test } from 'vitest'
import { createRequestLog } from '../../src/http/request-log.ts'

function open(level = 'trace') {
  const lines: Record<string, unknown>[] = []
  const parent = pino(
    { level, base: null, timestamp: false },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  )
  return { lines, log: createRequestLog(parent, { reqId: 'r1' }, {}) }
}

test('every level is written with the id of its request', () => {
  const { lines, log } = open()
  log.trace('a')
  log.debug({ more: 1 }, 'b')
  log.info('c %s', 'd')
  log.warn('e')
  log.error({ err: new Error('x') }, 'f')
  log.fatal('g')
  expect(lines.map(({ level, msg, reqId }) => [level, msg, reqId])).toEqual([
    [10, 'a', 'r1'],
    [20, 'b', 'r1'],
    [30, 'c d', 'r1'],
    [40, 'e', 'r1'],
    [50, 'f', 'r1'],
    [60, 'g', 'r1'],
  ])
  expect(lines[1]).toMatchObject({ more: 1 })
})

test('what is below its level, or silent, is not written', () => {
  const { lines, log } = open('warn')
  log.info('a')
  log.silent('b')
  expect([log.level, lines]).toEqual(['warn', []])
})

test('the log of a part of a request says both', () => {
  const { lines, log } = open()
  log.child({ part: 'render' }).info('a')
  expect(lines).toEqual([{ level: 30, reqId: 'r1', part: 'render', msg: 'a' }])
})
