/**
 * Takes the pictures of the documentation: `npx node test/support/screenshots.ts [NAME…]`, all of them or some. They show
 * invented trackers, as the real program serves them to a real browser, so that they can be taken anew whenever the
 * pages change. Nothing of the machine is in them but its fonts.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { paletteOfPng } from './palette-png.ts'
import { writePictureScene } from './picture-scene.ts'
import { projectRoot, startProgram } from './program.ts'
import { programPath } from './required-programs.ts'

interface Picture {
  /** Of its file, without the ending. */
  readonly name: string
  /** The address, below the root of the site. */
  readonly path: string
  /** Brings the page to what is to be seen. */
  readonly goTo?: (page: Page) => Promise<unknown>
  /** Pixels; 1200 and 640 where they are not given. */
  readonly width?: number
  readonly height?: number
  readonly scheme?: 'light' | 'dark'
}

const kiln = 'studio/kiln/-'
const follow = (name: string) => async (page: Page) => {
  await page.getByRole('link', { name }).first().click()
  await page.waitForLoadState()
}
const openRichBug = follow('Firing schedule is lost')
const openEdits = async (page: Page) => {
  await follow('Crash in the decoder')(page)
  await page.getByText('edited once').click()
  await page.locator('a[href*="/edits/"]').first().click()
}

// Heights end where a row ends, and before names in scripts for which not every machine has a font.
const pictures: readonly Picture[] = [
  { name: 'index', path: '', height: 660 },
  { name: 'list', path: `${kiln}/bugs`, height: 557 },
  { name: 'list-dark', path: `${kiln}/bugs?q=status:open+label:kind/bug`, height: 560, scheme: 'dark' },
  { name: 'board', path: `${kiln}/bugs?q=status:open+label:kind/bug&group=priority`, height: 575 },
  { name: 'bug', path: `${kiln}/bugs`, goTo: openRichBug, height: 900 },
  {
    name: 'bug-dark',
    path: `${kiln}/bugs?q=title:empty`,
    goTo: follow('Crash in the decoder'),
    height: 900,
    scheme: 'dark',
  },
  { name: 'edits', path: `${kiln}/bugs`, goTo: openEdits, height: 400 },
  { name: 'person', path: `${kiln}/identities`, goTo: follow('Priya Raman-Lund') },
  { name: 'activity', path: `${kiln}/activity`, height: 780 },
  { name: 'search', path: '-/search?q=relay', height: 760 },
  { name: 'about', path: `${kiln}/about`, height: 720 },
  { name: 'phone', path: `${kiln}/bugs`, goTo: openRichBug, width: 390, height: 780, scheme: 'dark' },
]
/** Pictures are part of every clone. */
const maxBytes = 100_000

const executablePath = programPath('chromium')
if (executablePath === undefined) throw new Error('chromium is not installed: apt-get install chromium')
const wanted = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'screenshots-'))
try {
  const served = join(folder, 'srv')
  await mkdir(served)
  await writePictureScene(served)
  const config = join(folder, 'settings.yaml')
  await writeFile(
    config,
    JSON.stringify({ server: { title: 'Workshop bugs', port: 0 }, dataDir: join(folder, 'data') }),
  )
  await using program = await startProgram({ args: ['--config', config, served], cwd: folder })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    for (const picture of pictures) {
      if (wanted.length === 0 || wanted.includes(picture.name)) await take(picture, { browser, root: program.url })
    }
  } finally {
    await browser.close()
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function take(picture: Picture, { browser, root }: { browser: Browser; root: string }): Promise<void> {
  const { name, path, goTo, width = 1200, height = 640, scheme = 'light' } = picture
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme })
  await page.goto(root + path)
  await goTo?.(page)
  await page.waitForLoadState()
  const png = paletteOfPng(await page.screenshot())
  await page.close()
  if (png.length > maxBytes) throw new Error(`${name}.png has ${png.length} bytes, and may have ${maxBytes}`)
  await writeFile(join(projectRoot, 'docs/images', `${name}.png`), png)
  console.log(`${name}: ${width}x${height}, ${png.length} bytes`)
}
