/** The form that opens repositories elsewhere, in a real browser that runs no script. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openRemote } from '../mirrors/mirror-scene.ts'
import { startProgram } from '../support/process.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openChromium } from './chromium.ts'

describe.skipIf(!hasProgram('chromium'))('without a script', () => {
  test('a visitor is told of a mistake at the field, mends it, and gets to the bugs', async () => {
    await using remote = await openRemote('group/tool.git')
    const folder = await mkdtemp(join(tmpdir(), 'open-'))
    await using files = new AsyncDisposableStack()
    files.defer(() => rm(folder, { recursive: true, force: true }))
    const config = join(folder, 'settings.yaml')
    const mirrors = { open: [`${remote.server.origin}/**`], allowAddresses: ['127.0.0.0/8'], minFreeBytes: 0 }
    await writeFile(config, JSON.stringify({ mirrors, dataDir: folder }))
    await using program = await startProgram({ args: ['--config', config] })
    await using browser = await openChromium()
    const page = await browser.newPage({ javaScriptEnabled: false })
    const origins: (string | undefined)[] = []
    page.on('request', request => {
      if (request.method() === 'POST') origins.push(request.headers().origin)
    })
    await page.goto(`${program.url}/`)
    const field = page.getByLabel('Its address')
    await field.fill('https://elsewhere.example/x')
    await page.getByRole('button', { name: 'Show' }).click()
    expect(await field.inputValue()).toBe('https://elsewhere.example/x')
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await page.locator('#mistake').textContent()).toContain('not opened here')
    await field.fill(remote.server.url('group/tool.git'))
    await field.press('Enter')
    await page.getByRole('heading', { name: 'Open bugs of' }).waitFor({ state: 'attached' })
    expect(await page.locator('footer').textContent()).toContain(`A copy of ${remote.server.url('group/tool.git')}`)
    // A page that hands on no referrer would send “null”, and could not be told from another site's.
    expect(origins).toEqual([program.url, program.url])
  })
})
