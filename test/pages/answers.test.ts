import { describe, expect, test } from 'vitest'
import { type ErrorCode, errorCatalogue } from '../../src/base/errors.ts'
import { choicesPage } from '../../src/pages/choices-page.ts'
import { errorPage } from '../../src/pages/error-page.ts'
import { createLinks } from '../../src/pages/links.ts'
import { queryHelpPage } from '../../src/pages/query-help-page.ts'
import { createSite } from '../../src/pages/site.ts'
import { parseQuery } from '../../src/query/parser.ts'
import { knownQualifiers } from '../../src/query/qualifiers.ts'
import { inventBug, inventTracker } from '../support/invented-tracker.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '', asset: name => name }) })
const repository = { name: 'kiln', tracker: inventTracker({ bugs: [], identities: [] }) }

describe('the page of an error', () => {
  test.each(Object.keys(errorCatalogue) as ErrorCode[])('of code %s says what is wrong and what to do', code => {
    const view = errorPage({ site, status: 500, code })
    expect(view.heading).toMatch(/^[A-Z]/)
    expect(view.what).toMatch(/\.$/)
    expect(view.next).toMatch(/\.$/)
    expect(view.layout.indexed).toBe(false)
  })

  test.each([400, 404, 405, 413, 429, 500, 502, 503])(
    'of status %s has words of its own where no code is given',
    status => {
      expect(errorPage({ site, status })).toMatchObject({ status, heading: expect.any(String), subject: '' })
    },
  )

  test('leads to the repository where there is one, and to all', () => {
    expect(errorPage({ site, status: 404 }).ways).toEqual([{ text: 'All repositories', url: '/' }])
    expect(errorPage({ site, status: 404, repository: { name: 'a/b' } }).ways[0]).toEqual({
      text: 'Bugs of a/b',
      url: '/a/b/-/bugs',
    })
  })

  test('shows what was asked for, cut and with hidden characters', () => {
    expect(errorPage({ site, status: 404, subject: 'x\u202e' }).subject).toBe('x[U+202E]')
    expect(errorPage({ site, status: 404, subject: 'x'.repeat(10_000) }).subject).toHaveLength(200)
  })

  test('says when to come back, and how the log knows a failure', () => {
    expect(errorPage({ site, status: 503, code: 'LOAD_TIMEOUT', retryAfterSeconds: 4.2 }).next).toMatch(
      /Try again in 5 seconds\.$/,
    )
    expect(errorPage({ site, status: 500, requestId: 'r-1' }).requestId).toBe('r-1')
    expect(errorPage({ site, status: 404, requestId: 'r-1' }).requestId).toBe('')
  })
})

describe('the choices for a prefix', () => {
  const bug = inventBug(1, { title: 'one', status: 'closed', events: [['ada', 1, { type: 'create', text: '' }]] })
  const like = (start: string) => ({ ...bug, id: start.padEnd(64, '0') })

  test('have as many digits as tell them apart, and at least seven', () => {
    const ids = (...starts: string[]) =>
      choicesPage({ site, repository, prefix: 'abcd', matches: starts.map(like) }).choices.map(({ id }) => id)
    expect(ids('abcd1', 'abcd2')).toEqual(['abcd100', 'abcd200'])
    expect(ids('abcdabcdabcd1', 'abcdabcdabcd2', 'abcd')).toEqual(['abcdabcdabcd1', 'abcdabcdabcd2', 'abcd000000000'])
    expect(ids('abcd', 'abcd')).toEqual([like('abcd').id, like('abcd').id])
  })

  test('say which bug is which and whether it is closed', () => {
    expect(choicesPage({ site, repository, prefix: 'ab', matches: [bug] }).choices[0]).toMatchObject({
      url: `/kiln/-/bugs/${bug.id}`,
      text: 'one',
      statusWord: 'Closed',
    })
  })
})

describe('the help on queries', () => {
  // The last topic is about ids and addresses, which are no queries.
  const rows = queryHelpPage({ site })
    .topics.filter(({ anchor }) => anchor !== 'everywhere')
    .flatMap(topic => topic.rows)

  test.each(rows.map(({ example }) => example))('its example %s is a query', example => {
    expect(parseQuery(example)).toHaveProperty('query')
  })

  test('has an example of every qualifier that the query room knows', () => {
    const shown = rows.map(({ example }) => example).join(' ')
    expect(knownQualifiers.filter(qualifier => !shown.includes(`${qualifier}:`))).toEqual([])
  })
})
