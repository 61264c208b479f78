/** What the page for an error leads to. */
import type { FastifyRequest } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ViewerError } from '../../src/base/errors.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { errorInput } from '../../src/http/error-input.ts'
import { errorAnswer } from '../../src/http/error-reply.ts'
import type { PageServices } from '../../src/http/services.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  const t = createTrackerWriter({ seed: 'errors' })
  const at = 1_700_000_000
  t.bug(t.identity({ name: 'Ada', at }), { title: 'It smokes', message: '', at })
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

const html = { accept: 'text/html' }

test('a request that is wrong in a repository leads to the pages of the repository', async () => {
  const { statusCode, body } = await viewer.get('/tracker/-/events', html)
  expect(statusCode).toBe(400)
  expect(body).toContain('href="/tracker/-/about"')
})

test('one that is wrong, and names a repository that is not there, leads to none of its pages', async () => {
  const { statusCode, body } = await viewer.get('/nowhere/-/events', html)
  expect(statusCode).toBe(400)
  expect(body).not.toContain('/nowhere/-/')
})

test('a page that no repository has leads to those that this one has', async () => {
  for (const address of ['/tracker/-/people', '/tracker/-/', '/tracker/-/no/such/page?q=x']) {
    const { statusCode, body } = await viewer.get(address, html)
    expect(statusCode).toBe(404)
    expect(body).toContain('<h1>No such page</h1>')
    expect(body).toContain('<li><a href="/tracker/-/bugs">Bugs of tracker</a></li>')
  }
})

test('and of a repository that is not there, to none', async () => {
  const { statusCode, body } = await viewer.get('/nowhere/-/people', html)
  expect(statusCode).toBe(404)
  expect(body).not.toContain('/nowhere/-/')
})

test('the page for a disk that does not answer waits for no disk', async () => {
  const registry = {
    all: () => [{ name: 'tracker' }],
    find: () => new Promise<never>(() => {}),
  }
  const services = { site: {}, manager: { registry } } as unknown as PageServices
  const request = { params: { name: 'tracker' }, url: '/tracker/-/bugs' } as unknown as FastifyRequest
  const error = new ViewerError('LOAD_TIMEOUT', 'too long')
  const input = await errorInput(services, request, { error, answer: errorAnswer(error) })
  expect(input.repository).toEqual({ name: 'tracker' })
})
