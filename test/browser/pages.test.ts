/**
 * The pages in a real browser. Hostile texts (the golden data `made` is full of them) may run nothing, ask for nothing
 * and break nothing; and every page fits a phone.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type RunningProgram, startProgram } from '../support/process.ts'
import { hasProgram } from '../support/required-programs.ts'
import { type BuiltRepository, buildRepository, openGolden } from '../support/tracker-builder.ts'
import { openChromium } from './chromium.ts'

const hostileTexts = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  '</title><script>alert(1)</script>',
  '</textarea></style></noscript><script>alert(1)</script>',
  'javascript:alert(1)',
  '[click](javascript:alert(1)) [click](data:text/html,<script>alert(1)</script>)',
  '![x](http://192.0.2.1/tracker.png) <img src="http://192.0.2.1/a.png"> <video src="http://192.0.2.1/v.mp4" autoplay></video>',
  '<iframe src="http://192.0.2.1/"></iframe><object data="http://192.0.2.1/x"></object><embed src="http://192.0.2.1/">',
  '<style>@import "http://192.0.2.1/x.css"; body { display: none }</style><link rel=stylesheet href="http://192.0.2.1/x.css">',
  '<base href="http://192.0.2.1/"><meta http-equiv=refresh content="0;url=http://192.0.2.1/">',
  '<form action="http://192.0.2.1/"><input name=q autofocus onfocus=alert(1)></form>',
  '<a href="//192.0.2.1" ping="http://192.0.2.1/ping" onclick="alert(1)" style="position:fixed;inset:0">x</a>',
  '<div id="main" name="getElementById"><p id="query">clobber',
  '<details open ontoggle=alert(1)><summary>x</summary></details>',
  '{{constructor.constructor("alert(1)")()}} <%= process.exit() %> \x24{alert(1)}',
  '\u202Egnp.exe \u2066hidden\u2069 \u0000\u0007\u001b[31m',
  `${'A'.repeat(3000)} ${'ｗ'.repeat(500)}`,
  '<'.repeat(500) + '['.repeat(500) + '`'.repeat(500),
]

/** A tracker whose every text is hostile: titles, comments, labels, names, metadata. */
function hostileTracker() {
  const t = createTrackerWriter({ seed: 'hostile' })
  hostileTexts.forEach((text, n) => {
    const at = 1_700_000_000 + n
    const person = t.identity({ name: text, login: text, email: text, avatarUrl: text, at })
    const bug = t.bug(person, { title: text, message: text, at, metadata: { 'x-url': text, [text]: text } })
    const comment = bug.comment(person, {
      message: `${text}\n\n> ${text}\n\n- ${text}\n\n\`\`\`${text}\n${text}\n\`\`\``,
      at: at + 1,
    })
    bug.editComment(person, comment, { message: `${text} edited`, at: at + 2 })
    bug.labels(person, { added: [text.slice(0, 100)], at: at + 3 })
    bug.title(person, { title: `${text} again`, at: at + 4 })
    bug.status(person, 'closed', at + 5)
  })
  return t
}

describe.skipIf(!hasProgram('chromium'))('in Chromium', () => {
  let browser: Browser
  let viewer: RunningProgram
  let repositories: BuiltRepository[]

  beforeAll(async () => {
    const made = await openGolden('made')
    repositories = [await buildRepository(hostileTracker()), made!]
    viewer = await startProgram({ args: repositories.map(({ path }) => path) })
    browser = await openChromium()
  })
  afterAll(async () => {
    await browser.close()
    await viewer[Symbol.asyncDispose]()
    for (const repository of repositories) await repository[Symbol.asyncDispose]()
  })

  /** Everything that a page did and should not have done. */
  function watch(page: Page, seen: string[]) {
    page.on('dialog', dialog => {
      seen.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('console', message => seen.push(`console ${message.type()}: ${message.text()}`))
    page.on('pageerror', error => seen.push(`error: ${error.message}`))
    page.on('popup', popup => seen.push(`popup: ${popup.url()}`))
    page.on('download', download => seen.push(`download: ${download.url()}`))
    page.on('request', request => {
      if (!request.url().startsWith(`${viewer.url}/`)) seen.push(`request: ${request.url()}`)
    })
  }

  async function addresses(repository: string): Promise<string[]> {
    const root = `${viewer.url}/api/v1/repos/${repository}`
    const items = async (list: string) =>
      ((await (await fetch(`${root}/${list}`)).json()) as { items: { id: string; name: string }[] }).items
    const base = `${viewer.url}/${repository}/-`
    return [
      `${viewer.url}/`,
      `${base}/bugs?q=`,
      `${base}/labels`,
      `${base}/identities`,
      `${base}/problems`,
      ...hostileTexts.slice(0, 6).map(text => `${base}/bugs?q=${encodeURIComponent(text)}`),
      ...(await items('bugs?limit=1000')).map(({ id }) => `${base}/bugs/${id}`),
      ...(await items('identities')).map(({ id }) => `${base}/identities/${id}`),
    ]
  }

  test.each(['tracker', 'made'])('no page of %s runs, asks for or breaks anything', async repository => {
    const page = await browser.newPage()
    for (const url of await addresses(repository)) {
      const seen: string[] = []
      page.removeAllListeners()
      watch(page, seen)
      const answer = await page.goto(url)
      const expected = answer?.status() === 400 ? 1 : 0
      // Chromium itself reports an answer of 400 on the console; nothing else may be there.
      expect(
        seen.filter(entry => !/status of 400/.test(entry) || expected === 0),
        url,
      ).toEqual([])
      expect(page.url(), url).toBe(url)
      expect(await page.locator('h1').count(), url).toBe(1)
      expect(
        await page
          .locator(
            'head script + script, body script, iframe, object, embed, style, base, [style], [onclick], [onerror], [onload]',
          )
          .count(),
        url,
      ).toBe(0)
      const ids = await page.locator('[id]').evaluateAll(elements => elements.map(element => element.id))
      expect(new Set(ids).size, url).toBe(ids.length)
    }
    await page.close()
  })

  test('no page needs sideways scrolling on a phone of 360 pixels', async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } })
    const page = await context.newPage()
    const wide: string[] = []
    for (const repository of ['tracker', 'made']) {
      for (const url of await addresses(repository)) {
        await page.goto(url)
        const beyond = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        if (beyond !== 0) wide.push(`${url}: ${String(beyond)}`)
      }
    }
    expect(wide).toEqual([])
    await context.close()
  })

  test('a reader without a script finds a bug, filters, pages and comes back, by keyboard alone', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${viewer.url}/made/-/bugs`)
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toContain('Skip')
    await page.locator('input[name=q]').fill('status:closed')
    await page.keyboard.press('Enter')
    await page.waitForURL(/[?]q=status(?::|%3A)closed$/)
    const titles = page.locator('.bugs .title')
    expect(await titles.count()).toBe(2)
    await titles.first().focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/made\/-\/bugs\/[0-9a-f]{64}$/)
    expect(await page.locator('.timeline').count()).toBe(1)
    await context.close()
  })
})
