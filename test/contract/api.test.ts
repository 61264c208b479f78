/** The JSON API as api.md describes it: every answer is held against the schema that the OpenAPI description is made of. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import * as schema from '../../src/http/api/schemas.ts'
import { type BuiltRepository, buildRepository, openGolden } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

let repositories: BuiltRepository[]
let viewer: Viewer
beforeAll(async () => {
  repositories = (await Promise.all(['made', 'concurrent', 'signed'].map(openGolden))).filter(
    found => found !== undefined,
  )
  viewer = await openViewer({ paths: repositories.map(({ path }) => path) })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  for (const repository of repositories) await repository[Symbol.asyncDispose]()
})

async function json(url: string): Promise<unknown> {
  const answer = await viewer.get(url)
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(answer.headers['access-control-allow-origin']).toBe('*')
  return JSON.parse(answer.body)
}

describe.each(['made', 'concurrent', 'signed'])('every answer about %s fits its schema', repository => {
  const root = `/api/v1/repos/${repository}`

  test.each([
    ['bugs?limit=1000', schema.bugPage],
    ['identities', schema.identityList],
    ['labels', schema.labelList],
    ['problems', schema.problemList],
  ])('%s', async (path, shape: z.ZodType) => {
    shape.parse(await json(`${root}/${path}`))
  })

  test('every bug and every person by itself', async () => {
    const bugs = schema.bugPage.parse(await json(`${root}/bugs?limit=1000`))
    for (const summary of bugs.items) {
      const bug = schema.bug.parse(await json(`${root}/bugs/${summary.id}`))
      expect({ ...bug, comments: bug.comments.length }).toMatchObject(summary)
    }
    const people = schema.identityList.parse(await json(`${root}/identities`))
    for (const person of people.items) expect(await json(`${root}/identities/${person.id}`)).toEqual(person)
  })
})

test('the list of repositories fits its schema', async () => {
  const list = schema.repositoryList.parse(await json('/api/v1/repos'))
  expect(list.items.map(({ name }) => name)).toEqual(['concurrent', 'made', 'signed'])
  for (const item of list.items) expect(schema.repository.parse(await json(`/api/v1/repos/${item.name}`))).toEqual(item)
})

describe('paging', () => {
  const all = async (query: string, limit: number) => {
    const ids: string[] = []
    let next: string | null = null
    let pages = 0
    do {
      const cursor: string = next === null ? '' : `&cursor=${next}`
      const page = schema.bugPage.parse(await json(`/api/v1/repos/concurrent/bugs?limit=${limit}${query}${cursor}`))
      expect(page.items.length).toBeLessThanOrEqual(limit)
      ids.push(...page.items.map(({ id }) => id))
      next = page.next
      pages++
    } while (next !== null)
    return { ids, pages }
  }

  test.each([1, 4, 7, 15, 1000])('by %i gives every bug once, in the order of one page', async limit => {
    const whole = await all('', 1000)
    expect(whole.ids).toHaveLength(15)
    const paged = await all('', limit)
    expect(paged.ids).toEqual(whole.ids)
    expect(paged.pages).toBe(Math.ceil(15 / limit))
  })

  test('goes on where it was in the list of a query', async () => {
    const query = `&q=${encodeURIComponent('status:closed sort:edit-asc')}`
    expect((await all(query, 3)).ids).toEqual((await all(query, 1000)).ids)
  })

  test('goes on after the same bug when the list has grown meanwhile', async () => {
    const page = schema.bugPage.parse(await json(`/api/v1/repos/concurrent/bugs?limit=5`))
    const second = schema.bugPage.parse(await json(`/api/v1/repos/concurrent/bugs?limit=5&cursor=${page.next}`))
    const text = Buffer.from(page.next ?? '', 'base64url').toString()
    const shifted = Buffer.from(text.replace(/^\d+/, '2')).toString('base64url')
    expect((await json(`/api/v1/repos/concurrent/bugs?limit=5&cursor=${shifted}`)) as object).toMatchObject({
      items: second.items,
    })
  })

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'cursor=x',
    'cursor=MTIz',
    `cursor=${'a'.repeat(300)}`,
    'cursor=&cursor=',
  ])('%s is refused', async query => {
    const answer = await viewer.get(`/api/v1/repos/concurrent/bugs?${query}`)
    expect(answer.statusCode).toBe(400)
    expect(schema.apiError.parse(JSON.parse(answer.body))).toMatchObject({ code: 'PARAMETER_INVALID' })
  })
})

describe('errors have one shape', () => {
  test.each([
    ['/api/v1/repos/nowhere/bugs', 404, 'REPOSITORY_UNKNOWN'],
    ['/api/v1/repos/made/bugs/abcdef12', 404, 'BUG_UNKNOWN'],
    ['/api/v1/repos/made/identities/abcdef12', 404, 'IDENTITY_UNKNOWN'],
    ['/api/v1/repos/made/nothing', 404, 'PAGE_UNKNOWN'],
    ['/api/v2', 404, 'REPOSITORY_UNKNOWN'],
    ['/api/v1/repos/..%2f..%2fetc/bugs', 404, 'REPOSITORY_UNKNOWN'],
    ['/api/v1/repos/made/bugs?q=status:half', 400, 'QUERY_INVALID'],
  ])('%s is %i %s', async (url, status, code) => {
    const answer = await viewer.get(url)
    expect(answer.statusCode).toBe(status)
    const error = schema.apiError.strict().parse(JSON.parse(answer.body))
    expect(error).toMatchObject({ statusCode: status, code })
  })
})

test('logical times above 2^53 keep all their digits', async () => {
  const t = createTrackerWriter({ seed: 'far' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, {
    title: 'Far',
    message: '',
    at: 1_700_000_000,
    editClock: 18446744073709551615n,
    createClock: 9007199254740993n,
  })
  await using built = await buildRepository(t)
  await using other = await openViewer({ paths: [built.path] })
  const { body } = await other.get(`/api/v1/repos/tracker/bugs/${bug.id}`)
  expect(body).toContain('"createLamport":9007199254740993,"editLamport":18446744073709551615')
  expect((await other.get('/tracker/-/bugs')).body).toContain('Far')
  expect((await other.get(`/tracker/-/bugs/${bug.id}`)).body).toContain('18446744073709551615')
})

describe('the OpenAPI description', () => {
  test('names every path of the API, and all that it refers to is in it', async () => {
    const document = (await json('/api/v1/openapi.json')) as {
      openapi: string
      paths: Record<string, unknown>
      components: { schemas: Record<string, unknown> }
    }
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths).toSorted()).toEqual(
      ['bugs', 'bugs/{id}', 'identities', 'identities/{id}', 'labels', 'problems']
        .map(path => `/api/v1/repos/{repo}/${path}`)
        .concat('/api/v1/repos', '/api/v1/repos/{repo}')
        .toSorted(),
    )
    const wanted = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      match => match[1]!,
    )
    expect(Object.keys(document.components.schemas).toSorted()).toEqual([...new Set(wanted)].toSorted())
    expect(Object.keys(document.components.schemas)).toContain('BugSummary')
  })
})
