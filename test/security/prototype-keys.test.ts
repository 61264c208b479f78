/** Names that every object of the language has from birth are names like any other, wherever somebody can send one. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']

let built: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  const t = createTrackerWriter({ seed: 'prototype keys' })
  const at = 1_700_000_000
  const metadata = JSON.parse(`{${keys.map(key => `"${key}":"polluted"`).join()}}`) as Record<string, string>
  const ada = t.identity({ name: '__proto__', login: 'constructor', metadata, at })
  const bug = t.bug(ada, { title: '__proto__ constructor', message: '__proto__', metadata, at })
  bug.labels(ada, { added: keys, at: at + 1 })
  bug.labels(ada, { added: keys.map(key => `${key}/x`), at: at + 2 })
  built = await buildRepository(t)
  viewer = await openViewer({ paths: [built.path] })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await built[Symbol.asyncDispose]()
})

/** What any object has that nothing was put into. */
const bare = () => {
  const names: string[] = []
  for (const name in {}) names.push(name)
  return [...names, ...Object.getOwnPropertyNames(Object.prototype).sort()]
}
const before = bare()

test.each(keys)('the label %s is a label: in queries, counts, boards and JSON', async key => {
  const list = await viewer.get(`/tracker/-/bugs?q=${encodeURIComponent(`status:open label:${key}`)}`)
  expect([list.statusCode, list.payload]).toEqual([200, expect.stringContaining('__proto__ constructor')])
  const labels = await viewer.get('/tracker/-/labels.json')
  expect(JSON.parse(labels.payload)).toEqual(
    expect.objectContaining({ items: expect.arrayContaining([expect.objectContaining({ name: key })]) }),
  )
  for (const path of [`bugs?q=&group=${key}`, `suggest?q=label:${key.slice(0, 5)}`, `badge.svg?q=label:${key}`]) {
    expect((await viewer.get(`/tracker/-/${path}`)).statusCode, path).toBeLessThan(500)
  }
})

test.each(keys)(
  '%s is nothing that the program knows, as a name of a query, a parameter, a repository or a format',
  async key => {
    for (const path of [
      `/tracker/-/bugs?q=${key}:x`,
      `/tracker/-/bugs?q=sort:${key}`,
      `/tracker/-/bugs?q=metadata:${key}=polluted`,
      `/tracker/-/bugs?${key}=x&${key}[x]=y&__proto__[polluted]=1`,
      `/${key}`,
      `/${key}/-/bugs`,
      `/tracker/-/${key}`,
      `/tracker/-/bugs.${key}`,
      `/tracker/-/bugs/${key}`,
      `/-/static/${key}`,
      `/-/go/${key}`,
      `/api/v1/repos/${key}`,
      `/api/v1/repos?${key}=1`,
    ]) {
      expect((await viewer.get(path)).statusCode, path).toBeLessThan(500)
    }
    expect(bare()).toEqual(before)
  },
)

test.each(keys)('%s in a hook is no event, no repository and no field', async key => {
  const nested = `{"${key}":{"polluted":1,"full_name":"tracker"},"repository":{"${key}":{"polluted":1}}}`
  for (const headers of [
    { 'x-github-event': key },
    { 'x-github-event': 'push' },
    { 'x-gitlab-event': 'Push Hook' },
    {},
  ]) {
    const url = `/hooks/post-receive?${key}=tracker`
    const answer = await viewer.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      payload: nested,
    })
    expect(answer.statusCode).toBeLessThan(500)
  }
  expect(bare()).toEqual(before)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})
