import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { createFailureLog } from '../../src/http/failure-log.ts'

/** A request whose log says to `lines` what it is told. */
function invent(lines: string[]): FastifyRequest {
  const write = (level: string) => (data: { readonly url: string }, message: string) =>
    void lines.push(`${level} ${data.url} ${message}`)
  const log = { error: write('error'), debug: write('debug') }
  return { log, originalUrl: `/${lines.length}` } as unknown as FastifyRequest
}

test('a failure that many requests meet is told once, and another one again', () => {
  const lines: string[] = []
  const log = createFailureLog()
  const failure = new Error('no')
  log.failed(invent(lines), failure)
  log.failed(invent(lines), failure)
  log.failed(invent(lines), new Error('no'))
  log.refused(invent(lines), failure)
  expect(lines).toEqual([
    'error /0 a request failed',
    'debug /1 a request failed of the same',
    'error /2 a request failed',
    'debug /3 a request was refused',
  ])
})

test('what is thrown and is no error is told each time', () => {
  const lines: string[] = []
  const log = createFailureLog()
  for (const thrown of ['text', 'text', undefined]) log.failed(invent(lines), thrown)
  expect(lines).toHaveLength(3)
  expect(lines.every(line => line.startsWith('error '))).toBe(true)
})
