/** Every template, rendered as the server does it from every state of its view that looks different. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { labelPalette } from '../../src/bug/label-color.ts'
import { createHtmlCheck } from '../support/html-problems.ts'
import { hostileText } from '../support/kiln.ts'
import { pageKinds, partials } from '../support/page-kinds.ts'
import { createRenderer, listPage, previewPages, publicFolder, viewsFolder } from '../support/preview.ts'
import { inventWidest, widestSite } from '../support/widest-list.ts'

const render = createRenderer()
const pages = previewPages('').map(page => ({ ...page, html: render(page) }))
const html = (name: string) => pages.find(page => page.name === name)!.html
const problemsOf = createHtmlCheck()

/** Every tag and attribute of a page. Fails where a `<` or a quote is part of neither a tag nor a text. */
function readTags(page: string): { names: string[]; attributes: [string, string][] } {
  const names: string[] = []
  const attributes: [string, string][] = []
  const rest = page
    .replace(/^<!DOCTYPE html>/, '')
    .replace(
      /<\/?([a-z][a-z0-9-]*)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*\/?>/g,
      (_tag, name: string, inside: string) => {
        names.push(name)
        for (const [, key, value] of inside.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g))
          attributes.push([key!, value ?? ''])
        return ''
      },
    )
  expect(rest).not.toMatch(/[<>]/)
  return { names, attributes }
}

describe.each(pages)('the page $name', ({ html: page }) => {
  test('is valid HTML', () => {
    expect(problemsOf(page)).toEqual([])
  })

  test('has no script but ours, no inline style, no handler and nothing from elsewhere', () => {
    const { names, attributes } = readTags(page)
    const [open, close, ...others] = names.filter(name => /^(?:script|style|iframe|object|embed|base)$/.test(name))
    expect([open, close, others]).toEqual(['script', 'script', []])
    expect(page).toContain('<script src="/-/static/viewer.js"></script>')
    const [script, ...pictures] = attributes.filter(([name]) => /^(?:style|src|srcset|on.*)$/.test(name))
    expect(script).toEqual(['src', '/-/static/viewer.js'])
    // Files that are attached to a bug.
    expect(pictures.filter(([name, value]) => name !== 'src' || !value.startsWith('/tools/kiln/-/files/'))).toEqual([])
    expect(
      [...page.matchAll(/<link(?! rel="vcs-git")[^>]*href="([^"]*)/g)].filter(([, target]) => !target!.startsWith('/')),
    ).toEqual([])
  })

  test('shows no e-mail address and nothing undefined', () => {
    expect(page).not.toContain('@example.org')
    expect(page).not.toMatch(/\bundefined\b|\[object|\bNaN\b/)
  })

  test('has one main heading, landmarks, a way past the bar and a state of its own in the title', () => {
    expect(page.match(/<h1[ >]/g)).toHaveLength(1)
    for (const landmark of ['<header class="bar"', '<main ', '<footer>']) expect(page).toContain(landmark)
    expect(page).toContain('<a class="skip" href="#main">')
    expect(page).toMatch(/<title>[^<]+<\/title>/)
  })
})

describe('hostile text', () => {
  const everywhere = pages.filter(({ name }) => /hostile|index|labels$|people|problems$|error-400/.test(name))

  test.each(everywhere)('in $name is only text', ({ html: page }) => {
    const { attributes } = readTags(page)
    const written = attributes.filter(([name]) => name === 'value').map(([, value]) => value)
    // The query box alone keeps what its visitor wrote.
    const shown = written.reduce((rest, value) => rest.replaceAll(value, ''), page)
    expect(shown.includes('\u202e')).toBe(false)
    expect(shown.includes('\u0007')).toBe(false)
  })

  test('is escaped where it is shown, in texts and in attributes', () => {
    const escaped = '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=alert(1) [U+202E]gnp.exe[U+0007]'
    expect(html('bug-hostile')).toContain(`<title>${escaped}`)
    expect(html('bug-hostile')).toContain(`<h1>${escaped} <span class="id">`)
    expect(html('bugs-hostile')).toContain(
      `value="title:alert ${hostileText.replace('<script>', '&lt;script&gt;').replace('</script>"\'', '&lt;/script&gt;&quot;&#39;')}"`,
    )
  })

  test('cannot become a link that runs something', () => {
    const targets = pages.flatMap(({ html: page }) =>
      [...page.matchAll(/ href="([^"]*)"/g)].map(([, target]) => target!),
    )
    expect(targets.filter(target => !/^(?:\/|#|https?:\/\/)/.test(target))).toEqual([])
    expect(targets.length).toBeGreaterThan(1000)
  })
})

describe('the list page', () => {
  test('tells machines where the other pages and formats are', () => {
    const page = html('bugs')
    expect(page).toContain('<link rel="canonical" href="/tools/kiln/-/bugs">')
    expect(page).toContain('<link rel="next" href="/tools/kiln/-/bugs?page=2">')
    expect(page).toContain(
      '<link rel="alternate" type="application/atom+xml" title="Feed (Atom)" href="/tools/kiln/-/bugs.atom">',
    )
    expect(page).not.toContain('name="robots"')
    expect(html('bugs-page-2')).toContain('<link rel="prev" href="/tools/kiln/-/bugs">')
    expect(html('bugs-page-2')).toContain('<ol class="bugs" start="51" id="list">')
    expect(html('bugs-filtered')).toContain('<meta name="robots" content="noindex">')
  })

  test('says the status in words beside the icon, and times so that machines read them', () => {
    expect(html('bugs')).toMatch(/<use href="#open"\/><\/svg>\s*<span class="hidden">Open: <\/span><a class="title"/)
    expect(html('bugs')).toContain('updated <time datetime="2026-11-20T08:01:00Z">2026-11-20</time>')
    expect(html('bugs')).toContain('opened unknown date by')
  })

  test('points at the mistake in a query', () => {
    const page = html('bugs-mistake')
    expect(page).toContain(
      '<pre>status:open <mark>lable</mark>:kind/bug sort:edit\n<span>            ^^^^^</span></pre>',
    )
    expect(page).toContain('value="status:open lable:kind/bug sort:edit"')
    expect(page).toContain('aria-describedby="mistake"')
    expect(page).toContain('href="/-/help/query"')
  })

  test('of fifty bugs is small', () => {
    expect(gzipSync(html('bugs')).length).toBeLessThan(20_000)
  })

  test('of twenty-five bugs is small also where all that is in it is long and different', () => {
    const view = listPage({ site: widestSite, repository: inventWidest(), limit: 25 })
    const page = render({ template: 'bugs', view })
    expect(page.match(/<a class="title"/g)).toHaveLength(25)
    expect(page.match(/class="label /g)).toHaveLength(100)
    expect(gzipSync(page).length).toBeLessThan(20_000)
  })

  test('has one list to skip to, whatever it shows', () => {
    for (const name of ['bugs', 'bugs-all', 'board', 'board-authors']) {
      expect(html(name).match(/ id="list"/g), name).toHaveLength(1)
      expect(html(name), name).toContain('href="#list"')
    }
    for (const name of ['bugs-unmatched', 'bugs-mistake', 'board-unknown']) {
      expect(html(name), name).not.toContain('href="#list"')
    }
  })

  test('keeps robots from its filters, and lets the keyboard scroll a board', () => {
    const menus = html('bugs').split('<nav class="menus"')[1]!.split('</nav>')[0]!
    const followed = [...menus.matchAll(/<a (?![^>]*rel="nofollow")(?!class="more")/g)]
    expect(followed).toEqual([])
    expect(html('board')).toContain('<section class="board" id="list" aria-label="Bugs by kind" tabindex="0">')
  })
})

describe('the stylesheet', () => {
  const css = readFileSync(join(publicFolder, 'viewer.css'), 'utf8')

  test('is small', () => {
    expect(gzipSync(css).length).toBeLessThan(8 * 1024)
  })

  test('has a class for each colour of the palette', () => {
    const found = [...css.matchAll(/^\.c(\d+) \{\s*--hue: (#[0-9a-f]{6});\s*\}$/gm)].map(([, index, color]) => [
      Number(index),
      color,
    ])
    expect(found).toEqual(labelPalette.map((color, index) => [index, color]))
  })

  test('loads nothing', () => {
    expect(css).not.toMatch(/url\(|@import|@font-face/)
  })

  test('moves nothing', () => {
    expect(css).not.toMatch(/transition|animation|scroll-behavior/)
  })
})

describe('the script', () => {
  const script = readFileSync(join(publicFolder, 'viewer.js'), 'utf8')

  test('is small', () => {
    expect(gzipSync(script).length).toBeLessThan(5 * 1024)
  })

  test('asks nobody but this server, and makes no HTML of texts', () => {
    expect(script).not.toMatch(/https?:|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function\(/)
  })
})

test('every template is shown by some page or included by one that is', () => {
  const used = new Set(pages.map(({ template }) => template))
  const files = readdirSync(viewsFolder).map(file => file.replace(/\.eta$/, ''))
  const included = new Set(
    files.flatMap(file =>
      [...readFileSync(join(viewsFolder, `${file}.eta`), 'utf8').matchAll(/(?:include|layout)\('\.\/([\w-]+)'/g)].map(
        ([, name]) => name,
      ),
    ),
  )
  expect(files.filter(file => !used.has(file) && !included.has(file))).toEqual([])
})

describe('the list of page kinds', () => {
  const files = readdirSync(viewsFolder).map(file => file.replace(/\.eta$/, ''))

  test('has every template that makes a page, so that no test of all pages can forget one', () => {
    const listed = new Set(pageKinds.map(({ template }) => template))
    expect(files.filter(file => !listed.has(file) && !partials.includes(file))).toEqual([])
    expect([...listed, ...partials].filter(name => !files.includes(name))).toEqual([])
    // A page stands in the layout; what stands in a page does not.
    const source = (file: string) => readFileSync(join(viewsFolder, `${file}.eta`), 'utf8')
    expect(partials.filter(name => source(name).includes("layout('./layout')"))).toEqual([])
  })

  test('has a preview of that template for each', () => {
    const shown = pageKinds.map(({ preview }) => pages.find(({ name }) => name === preview)?.template)
    expect(shown).toEqual(pageKinds.map(({ template }) => template))
  })
})
