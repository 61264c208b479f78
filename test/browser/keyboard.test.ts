/** Every kind of page without a mouse: what can be reached, in which order, whether it can be seen, and what opens. */
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pageKinds } from '../support/page-kinds.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openScene, type Scene } from './scene.ts'

/** What the keyboard must reach, in the order of the page. */
const stops = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'

/** Where the keyboard came to. */
interface Stop {
  /** Place among all elements of the page. */
  readonly place: number
  readonly what: string
  /** A ring of two pixels around something that has a size and a place on the page. */
  readonly isSeen: boolean
}

/** Notes every stop from now on, and returns the places of all that must be one: what is shown, not what is folded. */
const watch = (page: Page): Promise<number[]> =>
  page.evaluate(stops => {
    const all = [...document.querySelectorAll('*')]
    const walked: Stop[] = []
    Object.assign(window, { walked })
    document.addEventListener('focusin', ({ target }) => {
      const now = target as Element
      const { outlineStyle, outlineWidth } = getComputedStyle(now)
      const { width, height, right } = now.getBoundingClientRect()
      const isThere = width > 8 && height > 8 && right > 0
      walked.push({
        place: all.indexOf(now),
        what: now.outerHTML.slice(0, 120),
        isSeen: isThere && outlineStyle === 'solid' && outlineWidth === '2px',
      })
    })
    return all.flatMap((element, place) =>
      element.matches(stops) && element.checkVisibility({ visibilityProperty: true }) ? [place] : [],
    )
  }, stops)

/** Holds Tab until it must have left the page, and returns the stops of one round. */
async function walk(page: Page, most: number): Promise<readonly Stop[]> {
  await Promise.all(Array.from({ length: most }, () => page.keyboard.down('Tab')))
  await page.keyboard.up('Tab')
  const walked = (await page.evaluate('walked')) as Stop[]
  const again = walked.findIndex(({ place }, index) => index > 0 && place === walked[0]?.place)
  if (again < 0) throw new Error(`Tab does not come out of the page; last at ${walked.at(-1)?.what}`)
  return walked.slice(0, again)
}

describe.skipIf(!hasProgram('chromium'))('the keyboard', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await openScene()
  })
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })

  /** A browser window. Without the script the page has none at all, and what the test itself notes can still run. */
  async function openWindow(hasScript: boolean, options: BrowserContextOptions = {}) {
    const context = await scene.browser.newContext({ viewport: { width: 1280, height: 740 }, ...options })
    if (!hasScript) await context.route('**/-/static/*.js', route => route.abort())
    return { context, page: await context.newPage() }
  }

  describe.each([
    ['with the script', true],
    ['without it', false],
  ] as const)('%s', (_how, hasScript) => {
    test('reaches all of every page in its order, seen at each stop, and comes out again', async () => {
      const { context, page } = await openWindow(hasScript)
      for (const kind of pageKinds) {
        const { name } = kind
        await page.goto(await scene.addressOf(kind, context))
        const expected = await watch(page)
        const walked = await walk(page, expected.length + 20)
        const places = walked.map(({ place }) => place)
        expect([name, walked[0]?.what]).toEqual([name, '<a class="skip" href="#main">Skip to content</a>'])
        expect([name, places]).toEqual([name, places.toSorted((a, b) => a - b)])
        expect([name, expected.filter(place => !places.includes(place))]).toEqual([name, []])
        expect([name, walked.filter(({ isSeen }) => !isSeen)]).toEqual([name, []])
      }
      await context.close()
    })

    test('gets past the bar of every page, opens every menu and all that is folded, goes in, and shuts it', async () => {
      const { context, page } = await openWindow(hasScript, { javaScriptEnabled: hasScript })
      let opened = 0
      for (const kind of pageKinds) {
        await page.goto(await scene.addressOf(kind, context))
        await page.keyboard.press('Tab')
        await page.keyboard.press('Enter')
        expect([kind.name, await page.evaluate('location.hash')]).toEqual([kind.name, '#main'])
        await page.keyboard.press('Tab')
        // Where nothing in the middle of a page can be chosen, the next stop is in its footer.
        expect([kind.name, await page.locator('header.bar :focus').count()]).toEqual([kind.name, 0])
        const shown = await page.locator('summary').evaluateAll(all => all.map(one => one.checkVisibility()))
        for (const [index, isShown] of shown.entries()) {
          if (!isShown) continue
          const summary = page.locator('summary').nth(index)
          await summary.focus()
          await page.keyboard.press('Enter')
          await page.keyboard.press('Tab')
          const inside = await summary.evaluate(lookInside, stops)
          expect([kind.name, index, inside]).toEqual([kind.name, index, { isOpen: true, isEntered: true }])
          await summary.focus()
          await page.keyboard.press('Space')
          expect([kind.name, index, await summary.evaluate(isOpen)]).toEqual([kind.name, index, false])
          opened++
        }
      }
      expect(opened).toBeGreaterThan(30)
      await context.close()
    })
  })

  test('shuts a menu by Escape from anywhere in it, and a click elsewhere shuts it too', async () => {
    const { context, page } = await openWindow(true)
    await page.goto(`${scene.base}bugs`)
    const summary = page.locator('summary', { hasText: 'Author' })
    await summary.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Escape')
    expect(await summary.evaluate(isOpen)).toBe(false)
    expect(await summary.evaluate(element => element === document.activeElement)).toBe(true)
    await summary.click()
    expect(await summary.evaluate(isOpen)).toBe(true)
    await page.locator('main').click({ position: { x: 2, y: 2 } })
    expect(await summary.evaluate(isOpen)).toBe(false)
    await context.close()
  })
})

const isOpen = (summary: Element) => summary.closest('details')?.open

/** Whether it is open, and whether the keyboard stands inside where there is anything to stop at. */
function lookInside(summary: Element, stops: string) {
  const { parentElement: details } = summary
  const within = [...(details?.querySelectorAll(stops) ?? [])].filter(element => element !== summary)
  return {
    isOpen: details?.hasAttribute('open'),
    isEntered: within.length === 0 || within.some(element => element === document.activeElement),
  }
}
