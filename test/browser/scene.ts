/** Repositories with something of everything, a server that shows them, and Chromium: for tests of what a browser does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import type { PageKind } from '../support/page-kinds.ts'
import { buildPageScene } from '../support/page-scene.ts'
import { createRenderer, previewPages } from '../support/preview.ts'
import { type RunningProgram, startProgram } from '../support/process.ts'
import { applyTo } from '../support/tracker-builder.ts'
import { openChromium } from './chromium.ts'

const start = 1_700_000_000

export interface Scene extends AsyncDisposable {
  readonly browser: Browser
  readonly viewer: RunningProgram
  /** Address of the repository's pages, with a slash at the end. */
  readonly base: string
  /** Id of the bug that has everything. */
  readonly rich: string
  /**
   * The address of a kind of page, for pages of this context. A kind that the server has for moments only is answered
   * with its preview.
   */
  addressOf(kind: PageKind, context: BrowserContext): Promise<string>
  /** Adds a comment to the rich bug, or to another one, as a push with its hook does. */
  push(where: 'rich' | 'elsewhere'): Promise<void>
}

/** Opens all of it. @param settings of the viewer, beside the places of the repositories */
export async function openScene(settings: object = {}): Promise<Scene> {
  const repositories = await buildPageScene()
  const { t, ada, rich } = repositories.tracker
  const folder = await mkdtemp(join(tmpdir(), 'scene-'))
  const config = join(folder, 'settings.yaml')
  await writeFile(config, JSON.stringify({ ...settings, repositories: { list: repositories.paths } }))
  const viewer = await startProgram({ args: ['--config', config] })
  const browser = await openChromium()
  const read = async (path: string) => await (await fetch(`${viewer.url}/${path}`)).text()
  const places = await repositories.findPlaces(read)
  const files = /\/-\/static\/viewer\.\w+\.(?:css|js)/g
  const [script = '', stylesheet = ''] = [...(await read('')).matchAll(files)].map(([file]) => file)
  let pushes = 0
  return {
    browser,
    viewer,
    base: `${viewer.url}/tracker/-/`,
    rich: rich.id,
    async addressOf(kind, context) {
      if (kind.path) return `${viewer.url}/${kind.path(places)}`
      const url = `${viewer.url}/tracker/-/moment`
      const html = createRenderer()(previewPages('').find(({ name }) => name === kind.preview)!)
        .replace('/-/static/viewer.js', script)
        .replace('/-/static/viewer.css', stylesheet)
      await context.route(url, route => route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' }))
      return url
    },
    async push(where) {
      const at = start + 100_000 + ++pushes
      if (where === 'rich') rich.comment(ada, { message: `Pushed ${pushes}`, at })
      else t.bug(ada, { title: `Pushed ${pushes}`, message: '', at })
      await applyTo(repositories.paths[0]!, t)
      const hook = `${viewer.url}/hooks/post-receive?repo=tracker`
      const body = JSON.stringify({ refs: [rich.ref] })
      await fetch(hook, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await viewer[Symbol.asyncDispose]()
      await repositories[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
