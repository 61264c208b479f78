/** Texts on the pages of a real repository: what is linked, kept and allowed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { applyTo, type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const start = 1_700_000_000
const t = createTrackerWriter({ seed: 'texts' })
const ada = t.identity({ name: 'Ada Marsh', login: 'ada', at: start })
const imported = t.bug(ada, {
  title: 'Imported',
  message: 'x',
  at: start + 1,
  metadata: { 'github-url': 'https://github.com/kiln/controller/issues/12' },
})
const message = [
  `See ${imported.id.slice(0, 7)} and #12, said @ada and @tomas.`,
  'Or https://github.com/kiln/controller/issues/12#issuecomment-3 :tada: TICKET-7',
  'Since b07d2e8c. ![plot](https://pictures.example.org/p.png)',
  '```js\nconst a = 1\n```',
  'x'.repeat(9000),
].join('\n\n')
const telling = t.bug(ada, { title: 'Telling', message, at: start + 2 })
const yaml = `
text:
  images: click
  commitUrl: https://git.example.org/{repository}/commit/{hash}
  autolinks:
    - { pattern: 'TICKET-(\\d+)', url: 'https://tickets.example.org/{repository}/{1}' }
`

let repository: BuiltRepository
let viewer: Viewer
beforeAll(async () => {
  repository = await buildRepository(t)
  viewer = await openViewer({ paths: [repository.path], yaml })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await repository[Symbol.asyncDispose]()
})

const page = async () => (await viewer.get(`/tracker/-/bugs/${telling.id}`)).body
const bugUrl = `/tracker/-/bugs/${imported.id}`

/** How often texts were found in memory, and how often not. */
async function lookups() {
  const { body } = await viewer.get('/metrics')
  const value = (result: string) =>
    Number(
      new RegExp(`gitbugviewer_lookups_total\\{[^}]*tier="text",result="${result}"[^}]*\\} (\\d+)`).exec(body)?.[1] ??
        0,
    )
  return { hit: value('hit'), miss: value('miss') }
}

describe("a bug's page", () => {
  test('links bugs, people, commits and what the operator wants', async () => {
    const html = await page()
    const tag = `<a class="ref" href="${bugUrl}" title="Open: Imported">`
    expect(html).toContain(`See ${tag}${imported.id.slice(0, 7)}</a> and ${tag}#12</a>`)
    const place = `<a class="ref" href="${bugUrl}#issuecomment-3" title="Open: Imported">`
    expect(html).toContain(`${place}https://github.com/kiln/controller/issues/12#issuecomment-3</a>`)
    expect(html).toContain(`title="Ada Marsh (ada)">@ada</a> and @tomas.`)
    expect(html).toContain('title=":tada:">🎉</span>')
    expect(html).toContain(
      '<a href="https://git.example.org/tracker/commit/b07d2e8c" rel="nofollow noopener">b07d2e8c</a>',
    )
    expect(html).toContain('<a href="https://tickets.example.org/tracker/7" rel="nofollow noopener ugc">TICKET-7</a>')
    expect(html).toContain('<span class="hk">const</span>')
    expect(html).toContain('data-image="https://pictures.example.org/p.png"')
  })

  test('its policy allows the pictures that its links lead to', async () => {
    const { headers } = await viewer.get(`/tracker/-/bugs/${telling.id}`)
    expect(headers['content-security-policy']).toContain("img-src 'self' https: http:;")
    await using usual = await openViewer({ paths: [repository.path] })
    const { headers: usualHeaders } = await usual.get(`/tracker/-/bugs/${telling.id}`)
    expect(usualHeaders['content-security-policy']).toContain("img-src 'self';")
  })
})

test('a change of another bug is seen in the text that mentions it, and the text is not rendered again', async () => {
  await page()
  const before = await lookups()
  imported.status(ada, 'closed', start + 10)
  await applyTo(repository.path, t)
  await viewer.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: { refs: ['refs/bugs/x'] } })
  const tag = `<a class="ref done" href="${bugUrl}" title="Closed: Imported">`
  await expect.poll(page).toContain(`${tag}#12</a>`)
  const after = await lookups()
  expect(after.miss).toBe(before.miss)
  expect(after.hit).toBeGreaterThan(before.hit)
})

test('an edit is another text', async () => {
  telling.editComment(ada, telling.id, { message: 'Now I know: #12.', at: start + 20 })
  await applyTo(repository.path, t)
  await viewer.inject({ method: 'POST', url: '/hooks/post-receive?repo=tracker', payload: { refs: ['refs/bugs/x'] } })
  await expect.poll(page).toContain('<p>Now I know: <a class="ref done"')
})
