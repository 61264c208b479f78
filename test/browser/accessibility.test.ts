/** What axe finds wrong with the pages: nothing, on any kind of page, light and dark, wide and narrow. */
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pageKinds } from '../support/page-kinds.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openScene, type Scene } from './scene.ts'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Named one by one, since axe by itself leaves out `wcag22aa`: that what can be clicked is large enough. */
const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** Those of its rules whose answer depends on colours, so that dark need not be asked all of them again. */
const colours = ['color-contrast', 'link-in-text-block']

/** Each rule that is broken inside the elements of a selector, with the first element that breaks it. */
async function violations(page: Page, runOnly: readonly string[] = everything, inside = 'html'): Promise<string[]> {
  const asked = `axe.run(${JSON.stringify(inside)}, { runOnly: ${JSON.stringify(runOnly)} })`
  const { violations } = (await page.evaluate(asked)) as AxeResults
  return violations.map(({ id, nodes }) => `${id}: ${nodes.length}, such as ${nodes[0]?.html}`)
}

/** Opens every menu and all that is folded; says whether there was any. */
async function openAll(page: Page): Promise<boolean> {
  return await page.locator('details').evaluateAll(all => {
    // Menus of one name would shut each other.
    for (const one of all) one.removeAttribute('name')
    for (const one of all) one.setAttribute('open', '')
    return all.length > 0
  })
}

describe.skipIf(!hasProgram('chromium'))('axe', () => {
  let scene: Scene

  beforeAll(async () => {
    scene = await openScene()
  })
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })

  test.each([
    ['light', 1280, everything],
    ['light', 360, everything],
    ['dark', 1280, colours],
    ['dark', 360, colours],
  ] as const)(
    'finds nothing wrong with any page, %s and %s pixels wide, as it comes and with all of it open',
    async (colorScheme, width, rules) => {
      const context = await scene.browser.newContext({ colorScheme, viewport: { width, height: 740 } })
      await context.addInitScript({ path: axePath })
      const page = await context.newPage()
      const found: Record<string, string[]> = {}
      for (const kind of pageKinds) {
        await page.goto(await scene.addressOf(kind, context))
        const wrong = await violations(page, rules)
        // What is behind an open menu is half covered, and not asked again.
        if (await openAll(page)) wrong.push(...(await violations(page, rules, 'details')))
        if (wrong.length > 0) found[kind.name] = wrong
      }
      expect(found).toEqual({})
      await context.close()
    },
  )

  test.each(['light', 'dark'] as const)('finds nothing wrong with what the script adds, %s', async colorScheme => {
    const context = await scene.browser.newContext({ colorScheme })
    await context.addInitScript({ path: axePath })
    const page = await context.newPage()
    await page.goto(`${scene.base}bugs`)
    await page.getByRole('combobox', { name: 'Query' }).fill('stat')
    await page.locator('#suggestions li').first().waitFor()
    await page.keyboard.press('ArrowDown')
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Keys' }).click()
    expect(await violations(page)).toEqual([])
    await context.close()
  })
})
