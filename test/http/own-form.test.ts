import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { isOwnForm } from '../../src/http/own-form.ts'

async function isOwn(headers: Record<string, string>, publicOrigin?: string): Promise<boolean> {
  const app = Fastify()
  app.post('/', request => ({ own: isOwnForm(request, { publicOrigin }) }))
  const { own } = (await app.inject({ method: 'POST', url: '/', headers })).json<{ own: boolean }>()
  await app.close()
  return own
}

const host = 'bugs.example.org:3000'

test.each([
  ['a browser that says it is ours', { 'sec-fetch-site': 'same-origin' }, true],
  ['a browser that sends it again', { 'sec-fetch-site': 'none' }, true],
  ['a page of another site', { 'sec-fetch-site': 'cross-site' }, false],
  ['a page of a neighbour', { 'sec-fetch-site': 'same-site' }, false],
  ['another site that claims our origin', { 'sec-fetch-site': 'cross-site', origin: `http://${host}` }, false],
  ['a word that nobody knows', { 'sec-fetch-site': 'friend' }, false],
  ['a browser behind a proxy that renames us', { 'sec-fetch-site': 'same-origin', origin: 'https://x.example' }, true],
  ['our own origin', { origin: `http://${host}` }, true],
  ['our own origin behind a proxy that speaks HTTPS', { origin: `https://${host}` }, true],
  ['another port', { origin: 'http://bugs.example.org' }, false],
  ['another origin', { origin: 'https://evil.example' }, false],
  ['an origin that nobody may know', { origin: 'null' }, false],
  ['an origin that is none', { origin: 'bugs.example.org:3000' }, false],
  ['an empty origin', { origin: '' }, false],
  ['a program', {}, true],
])('a form from %s', async (_from, headers: Record<string, string>, own) => {
  expect(await isOwn({ host, ...headers })).toBe(own)
})

test('the public address is ours, whatever a proxy calls us', async () => {
  const headers = { host: '127.0.0.1:3000', origin: 'https://bugs.example.org' }
  expect(await isOwn(headers)).toBe(false)
  expect(await isOwn(headers, 'https://bugs.example.org')).toBe(true)
  expect(await isOwn(headers, 'https://other.example.org')).toBe(false)
})
