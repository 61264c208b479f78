/** What the script of the pages does, in a real browser, and that nothing is missing without it. */
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasProgram } from '../support/required-programs.ts'
import { openScene, type Scene } from './scene.ts'

/** What the page says in its own line at the bottom. */
const said = (page: Page) => page.locator('[role=status] p')
const focused = (page: Page) => page.locator(':focus')

describe.skipIf(!hasProgram('chromium'))('the script', () => {
  let scene: Scene
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    scene = await openScene({ text: { images: 'click' } })
  })
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })

  /** A page in a browser of its own. */
  async function visit(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    context = await scene.browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'], ...options })
    page = await context.newPage()
    await page.goto(scene.base + path)
    return page
  }
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  const clipboard = () => page.evaluate('navigator.clipboard.readText()')

  describe('of a list', () => {
    test('takes the reader through rows by j and k, and opens one by o', async () => {
      await visit('bugs')
      await press('j')
      expect(await focused(page).textContent()).toBe('The rich one')
      await press('j', 'j')
      expect(await focused(page).textContent()).toBe('Bug number 58')
      await press('k', 'o')
      await page.waitForURL(/\/bugs\/[0-9a-f]{64}$/)
      expect(await page.locator('h1').textContent()).toContain('Bug number 59')
      await context.close()
    })

    test('has its next and previous page at l and h', async () => {
      await visit('bugs?q=sort:creation-asc')
      await press('l')
      await page.waitForURL(/page=2/)
      await press('h')
      await page.waitForURL(/sort:creation-asc$/)
      await context.close()
    })

    test('lets n and p go through its bugs, over the end of a page, and u back to it', async () => {
      await visit('bugs?q=sort:creation-asc')
      await page.getByRole('link', { name: 'Bug number 1', exact: true }).click()
      await page.waitForURL(/\/bugs\/[0-9a-f]{64}$/)
      for (const [key, title] of [
        ['n', 'Bug number 2'],
        ['n', 'Bug number 3'],
        ['p', 'Bug number 2'],
      ] as const) {
        await Promise.all([page.waitForEvent('load'), press(key)])
        expect(await page.locator('h1').textContent()).toContain(title)
      }
      await press('u')
      await page.waitForURL(/sort:creation-asc$/)
      await page.locator('.bugs .title').last().click()
      await page.waitForURL(/\/bugs\/[0-9a-f]{64}$/)
      await press('n')
      await page.waitForURL(/page=2/)
      await context.close()
    })

    test('puts the reader into the query by a slash, where keys are letters', async () => {
      await visit('bugs')
      await press('/')
      expect(await focused(page).getAttribute('id')).toBe('query')
      await page.keyboard.type('j?')
      expect(await focused(page).inputValue()).toBe('j?')
      expect(await page.locator('dialog').count()).toBe(0)
      await context.close()
    })

    test('goes to the repositories and to the bugs', async () => {
      await visit('labels')
      await press('g', 'i')
      await page.waitForURL(/\/-\/bugs$/)
      await press('g', 'r')
      await page.waitForURL(`${scene.viewer.url}/`)
      await context.close()
    })

    test('leaves keys of the browser alone', async () => {
      await visit('bugs')
      await press('Control+j', 'Alt+j', 'Meta+j')
      expect(await page.evaluate('document.activeElement === document.body')).toBe(true)
      await context.close()
    })
  })

  describe('of a bug', () => {
    test('takes the reader from comment to comment, and copies the address of the one', async () => {
      await visit(`bugs/${scene.rich}`)
      await press('j', 'j', 'j')
      expect(await focused(page).textContent()).toContain('Comment 1')
      const id = await focused(page).getAttribute('id')
      await press('c')
      await said(page).waitFor()
      expect(await said(page).textContent()).toBe('Copied: address of this comment')
      expect(await clipboard()).toBe(`${scene.base}bugs/${scene.rich}#${id}`)
      await context.close()
    })

    test('copies its own address, and by buttons its id and the lines of a block', async () => {
      await visit(`bugs/${scene.rich}`)
      await press('y')
      await said(page).waitFor()
      expect(await clipboard()).toBe(`${scene.base}bugs/${scene.rich}`)
      await page.getByRole('button', { name: 'Copy the whole id' }).click()
      await said(page).filter({ hasText: 'the whole id' }).waitFor()
      expect(await clipboard()).toBe(scene.rich)
      const block = page.locator('.text pre')
      await block.hover()
      await block.getByRole('button', { name: 'Copy these lines' }).click()
      await said(page).filter({ hasText: 'these lines' }).waitFor()
      expect(await clipboard()).toBe('make kiln\n')
      await context.close()
    })

    test('loads a picture of another host when the reader asks for it, and not before', async () => {
      await visit(`bugs/${scene.rich}`)
      const asked: string[] = []
      await context.route('https://pictures.example/**', async route => {
        asked.push(route.request().url())
        expect(route.request().headers().referer).toBeUndefined()
        await route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' })
      })
      const link = page.locator('a.image')
      expect(asked).toEqual([])
      await link.click()
      await page.locator('img[src="https://pictures.example/kiln.png"]').waitFor()
      await page.locator('.text img').evaluate(picture => (picture as HTMLImageElement).decode())
      expect(asked).toEqual(['https://pictures.example/kiln.png'])
      expect(page.url()).toBe(`${scene.base}bugs/${scene.rich}`)
      await context.close()
    })

    test('says times in the time of the reader', async () => {
      await visit(`bugs/${scene.rich}`, { timezoneId: 'Asia/Tokyo', locale: 'en-GB' })
      const time = page.locator('.head time').first()
      await time.hover()
      expect(await time.getAttribute('title')).toMatch(/^Thursday,? 16 November 2023 at 08:13:20 GMT\+9$/)
      await context.close()
    })
  })

  describe('has a list of its keys', () => {
    test('behind the question mark and behind a button, in a dialog that Escape closes', async () => {
      await visit('bugs')
      await press('?')
      const dialog = page.getByRole('dialog', { name: 'Keys' })
      expect(await dialog.locator('dt').allTextContents()).toEqual([
        '/',
        'j',
        'k',
        'o',
        'u',
        'l',
        'h',
        'n',
        'p',
        'c',
        'y',
        'g i',
        'g r',
        '?',
      ])
      await press('j', 'Escape')
      await dialog.waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Keys' }).click()
      await dialog.getByRole('button', { name: 'Close' }).click()
      await dialog.waitFor({ state: 'detached' })
      await context.close()
    })

    test('where the reader can do without them, from then on', async () => {
      await visit('bugs')
      await press('?')
      await page.getByLabel('Use these keys').uncheck()
      await press('Escape')
      await page.reload()
      await press('j', '?')
      expect(await page.locator('dialog').count()).toBe(0)
      expect(await page.evaluate('document.activeElement === document.body')).toBe(true)
      await context.close()
    })
  })

  test('keeps the colours that the reader chose, from the first paint on', async () => {
    await visit('bugs', { colorScheme: 'light' })
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await background()
    await page.getByLabel('Colours').selectOption('Dark')
    const dark = await background()
    expect(dark).not.toBe(light)
    const stylesheet = Promise.withResolvers<void>()
    await page.route('**/viewer.*.css', async route => {
      await stylesheet.promise
      await route.continue()
    })
    const loaded = page.goto(`${scene.base}labels`)
    await page.waitForURL(/\/labels$/, { waitUntil: 'commit' })
    await page.locator('html[data-theme=dark]').waitFor({ state: 'attached' })
    expect(await page.evaluate("performance.getEntriesByType('paint').length")).toBe(0)
    stylesheet.resolve()
    await loaded
    expect([await background(), await page.getByLabel('Colours').inputValue()]).toEqual([dark, 'dark'])
    await page.getByLabel('Colours').selectOption('System')
    expect(await background()).toBe(light)
    await context.close()
  })

  describe('suggests', () => {
    const options = () => page.locator('#suggestions [role=option]')
    const query = () => page.getByRole('combobox', { name: 'Query' })
    /** Types all of it at once: between slow keys the script would ask for the text so far, and show that first. */
    const type = async (text: string) => {
      await query().fill(text)
      await options().first().waitFor()
    }

    test('what can be typed next, for keys and for those who cannot see the list', async () => {
      await visit('bugs')
      const box = query()
      expect(await box.getAttribute('aria-expanded')).toBe('false')
      await type('sta')
      expect(await box.getAttribute('aria-expanded')).toBe('true')
      await press('ArrowDown')
      const active = await box.getAttribute('aria-activedescendant')
      expect(await page.locator(`#${active}`).getAttribute('aria-selected')).toBe('true')
      const next = page.waitForResponse(/\/suggest\?q=status%3A$/)
      await press('Tab')
      expect([await box.inputValue(), await focused(page).getAttribute('id')]).toEqual(['status:', 'query'])
      await next
      await options().filter({ hasText: 'closed' }).click()
      expect((await box.inputValue()).trim()).toBe('status:closed')
      await context.close()
    })

    test('and takes nothing that was not chosen: Escape closes, Enter searches', async () => {
      await visit('bugs')
      await type('lab')
      await press('Escape')
      expect(await options().count()).toBe(0)
      expect(await query().inputValue()).toBe('lab')
      await type('labe')
      await press('Enter')
      await page.waitForURL(/q=labe$/)
      await context.close()
    })

    test('and stays closed by Escape, also right after a letter', async () => {
      await visit('bugs')
      const asked: string[] = []
      page.on('request', request => {
        if (request.resourceType() === 'fetch') asked.push(new URL(request.url()).search)
      })
      await page.clock.install()
      await page.reload()
      await query().fill('lab')
      await page.clock.runFor(1000)
      await options().first().waitFor()
      await press('e', 'Escape')
      await page.clock.runFor(1000)
      expect([await options().count(), asked]).toEqual([0, ['?q=lab']])
      await context.close()
    })
  })

  describe('tells of a newer version', () => {
    const line = () => said(page).filter({ hasText: 'newer version' })

    test('of this page alone, in one line that moves nothing and loads it', async () => {
      await visit(`bugs/${scene.rich}`)
      const streams: string[] = []
      page.on('request', request => {
        if (request.resourceType() === 'fetch') streams.push(request.url())
      })
      const comments = await page.locator('.comment').count()
      const compared = page.waitForResponse(response => response.url() === page.url())
      await scene.push('elsewhere')
      await (await compared).finished()
      expect(await line().count()).toBe(0)
      await page.evaluate('scrollTo(0, 300)')
      await scene.push('rich')
      await line().waitFor()
      expect(await line().textContent()).toBe('A newer version of this page is there. Load it')
      expect([await page.locator('.comment').count(), await page.evaluate('scrollY')]).toEqual([comments, 300])
      await Promise.all([page.waitForEvent('load'), line().getByRole('link').click()])
      expect(await page.locator('.comment').count()).toBe(comments + 1)
      await context.close()
    })

    test('and does not listen while nobody looks', async () => {
      await visit('bugs')
      const hide = (hidden: boolean) =>
        page.evaluate(
          `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
        )
      const ended = page.waitForEvent('requestfailed', request => request.url().includes('/events?'))
      await hide(true)
      await ended
      await scene.push('elsewhere')
      await hide(false)
      await line().waitFor()
      await context.close()
    })
  })

  test('breaks nothing where a browser keeps nothing, and says nothing on the console', async () => {
    context = await scene.browser.newContext()
    page = await context.newPage()
    const seen: string[] = []
    page.on('console', message => seen.push(message.text()))
    page.on('pageerror', error => seen.push(error.message))
    await page.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException('denied', 'SecurityError')
          },
        })
    })
    await page.goto(`${scene.base}bugs`)
    await page.getByLabel('Colours').selectOption('Dark')
    await press('j', '?', 'Escape', 'o')
    await page.waitForURL(/\/bugs\/[0-9a-f]{64}$/)
    await press('n', 'u')
    await page.waitForURL(/\/-\/bugs$/)
    expect(seen).toEqual([])
    await context.close()
  })

  test('is not needed: without it everything is there but what it alone can do', async () => {
    await visit(`bugs/${scene.rich}`, { javaScriptEnabled: false })
    expect(await page.locator('button:visible, select:visible').allTextContents()).toEqual(['Search'])
    expect(await page.locator('page-tools').textContent()).toBe('')
    expect(await page.locator('a.image').getAttribute('href')).toBe('https://pictures.example/kiln.png')
    await page.goto(`${scene.base}bugs?q=`)
    await page.locator('a[rel=next]').click()
    await page.waitForURL(/page=2/)
    await context.close()
  })
})
