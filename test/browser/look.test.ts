/** How pages look and load in a real browser: nothing from elsewhere, nothing that moves, and every medium. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pageKinds } from '../support/page-kinds.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openScene, type Scene } from './scene.ts'

describe.skipIf(!hasProgram('chromium'))('in Chromium', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await openScene()
  })
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })

  test.each([1280, 360])(
    'no page of %s pixels asks another host, moves while it loads or says anything',
    async width => {
      const context = await scene.browser.newContext({ viewport: { width, height: 740 } })
      const page = await context.newPage()
      await page.addInitScript(() => {
        const shifts: number[] = []
        Object.assign(window, { shifts })
        new PerformanceObserver(list => {
          for (const entry of list.getEntries()) shifts.push(Reflect.get(entry, 'value') as number)
        }).observe({ type: 'layout-shift', buffered: true })
      })
      const seen: string[] = []
      page.on('request', request => {
        if (!request.url().startsWith(scene.viewer.url)) seen.push(request.url())
      })
      page.on('pageerror', error => seen.push(error.message))
      for (const kind of pageKinds) {
        const { name } = kind
        await page.goto(await scene.addressOf(kind, context))
        await twoFrames(page)
        expect([name, await page.evaluate('shifts')]).toEqual([name, []])
        expect([name, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([name, width])
      }
      expect(seen).toEqual([])
      await context.close()
    },
  )

  test('a printed bug shows what is folded and nothing to click', async () => {
    const page = await scene.browser.newPage()
    await page.goto(`${scene.base}bugs/${scene.rich}`)
    await page.emulateMedia({ media: 'print' })
    for (const gone of ['.bar nav', '.bar search', 'footer ul', 'page-tools', '.copy'])
      expect([gone, await page.locator(`${gone} >> visible=true`).count()]).toEqual([gone, 0])
    expect(await page.getByText('step/3').first().isVisible()).toBe(true)
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
    await page.close()
  })

  test('the first stop of the keyboard leads past the bar, and every stop shows where it is', async () => {
    const page = await scene.browser.newPage()
    await page.goto(`${scene.base}bugs/${scene.rich}`)
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to content')
    expect(await page.locator(':focus').boundingBox()).toMatchObject({ x: 16 })
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await page.evaluate("document.activeElement.closest('main') !== null")).toBe(true)
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
    await page.close()
  })

  test('the comment that an address names stands out, below the edge of the window', async () => {
    const page = await scene.browser.newPage()
    await page.goto(`${scene.base}bugs/${scene.rich}`)
    const id = await page.locator('.timeline > li:has(.comment)').nth(3).getAttribute('id')
    await page.goto(`${scene.base}bugs/${scene.rich}#${id}`)
    const border = (n: number) =>
      page
        .locator('.comment')
        .nth(n)
        .evaluate(comment => getComputedStyle(comment).borderLeftWidth)
    expect([await border(2), await border(3)]).toEqual(['1px', '3px'])
    await page.close()
  })

  test('with the colours of the system alone, what is chosen can still be told', async () => {
    const page = await scene.browser.newPage()
    await page.emulateMedia({ forcedColors: 'active' })
    await page.goto(`${scene.base}bugs`)
    const weight = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate(element => Number(getComputedStyle(element).fontWeight))
    expect(await weight('.bar nav a[aria-current]')).toBeGreaterThan(await weight('.bar nav a:not([aria-current])'))
    expect(await weight('.tools a[aria-current]')).toBeGreaterThan(await weight('.tools a:not([aria-current])'))
    await page.close()
  })
})

/** What was painted now has been measured. */
async function twoFrames(page: Page) {
  await page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
}
