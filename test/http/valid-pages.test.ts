/** Every kind of page as the composed program answers it, with all that the settings can add: its status, valid HTML. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHtmlCheck } from '../support/html-problems.ts'
import { pageKinds } from '../support/page-kinds.ts'
import { buildPageScene, type PagePlaces, type PageScene } from '../support/page-scene.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const problemsOf = createHtmlCheck()
const served = pageKinds.flatMap(({ path, ...kind }) => (path === undefined ? [] : [{ ...kind, path }]))
let folder: string
let scene: PageScene
let viewer: Viewer
let places: PagePlaces

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valid-'))
  scene = await buildPageScene()
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const look = {
    logo: await file('logo.svg', '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"/>'),
    header: await file('header.html', '<p class="notice">Moved, see <a href="https://example.org/">there</a></p>'),
    footer: await file('footer.html', '<p>Imprint</p>'),
    css: await file('own.css', 'body { color: inherit }'),
    theme: 'dark',
  }
  const server = { publicUrl: 'https://bugs.example.org/' }
  viewer = await openViewer({ paths: scene.paths, yaml: JSON.stringify({ look, server }) })
  places = await scene.findPlaces(async path => (await viewer.get(`/${path}`)).body)
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await scene[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describe('the server', () => {
  test.each(served)('answers $name with valid HTML', async ({ path, status = 200 }) => {
    const answer = await viewer.get(`/${path(places)}`)
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8'])
    expect(problemsOf(answer.body)).toEqual([])
    for (const added of ['Imprint', 'data-theme="dark"', '<img', '<script']) expect(answer.body).toContain(added)
  })

  test('says to pages of a repository where they hear of a newer state, and to no other', async () => {
    const has = async (path: string) => (await viewer.get(path)).body.includes(' data-events="')
    expect(await Promise.all(['/tracker/-/bugs', '/kiln/-/labels', '/-/search', '/'].map(has))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
