/**
 * Takes the pictures of the README: `npx node test/support/screenshots.ts`. They show the demo, as the real program
 * serves it to a real browser, so that they can be taken anew whenever the pages change.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { projectRoot, startProgram } from './program.ts'
import { programPath } from './required-programs.ts'

interface Picture {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly scheme: 'light' | 'dark'
  /** Brings the page to what is to be seen; it starts at the list of open bugs. */
  readonly goTo?: (page: Page) => Promise<unknown>
}

const openRichBug = (page: Page) => page.getByRole('link', { name: 'Firing schedule is lost' }).first().click()

const pictures: readonly Picture[] = [
  // Not lower: further down are names in scripts for which not every machine has a font.
  { file: 'list.png', width: 1200, height: 620, scheme: 'light' },
  { file: 'bug.png', width: 1200, height: 900, scheme: 'light', goTo: openRichBug },
  { file: 'phone.png', width: 390, height: 780, scheme: 'dark' },
]
/** Pictures are part of every clone. */
const maxBytes = 200_000

const executablePath = programPath('chromium')
if (executablePath === undefined) throw new Error('chromium is not installed: apt-get install chromium')
const folder = await mkdtemp(join(tmpdir(), 'screenshots-'))
try {
  await using program = await startProgram({ args: ['--port', '0', '--data-dir', folder], cwd: folder })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    for (const { file, width, height, scheme, goTo } of pictures) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme })
      await page.goto(program.url)
      await goTo?.(page)
      await page.waitForLoadState()
      const path = join(projectRoot, 'docs/images', file)
      await page.screenshot({ path })
      const { size } = await stat(path)
      if (size > maxBytes) throw new Error(`${file} has ${size} bytes, and may have ${maxBytes}`)
      console.log(`${file}: ${width}x${height}, ${size} bytes`)
    }
  } finally {
    await browser.close()
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
