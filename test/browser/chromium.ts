/**
 * Chromium for tests. What it waits for may take as long as a busy machine needs: the limit only tells which step of a
 * test hangs, a little before the test itself is out of time.
 *
 * Close a context only when its pages have loaded. Chromium may never answer a close in the middle of a navigation.
 */
import { type Browser, chromium } from 'playwright-core'
import { programPath } from '../support/required-programs.ts'

const stepLimitMs = 250_000

export async function openChromium(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: programPath('chromium')!,
    timeout: stepLimitMs,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  })
  browser.on('context', context => context.setDefaultTimeout(stepLimitMs))
  return browser
}
