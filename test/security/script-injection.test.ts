/** What others write is text wherever it comes out: pages, feeds, JSON, badges, exports, errors. */
import { Parser } from 'htmlparser2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openChromium } from '../browser/chromium.ts'
import { hasProgram } from '../support/required-programs.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'
import { parseXml, type XmlElement } from '../support/xml.ts'
import { buildHostileSite, type HostileSite, markup } from './hostile-site.ts'

let site: HostileSite
let viewer: Viewer
/** Every answer of the site, by address. */
const answers = new Map<string, Answer>()

interface Answer {
  readonly status: number
  readonly type: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** More addresses than the site has. */
const maxAddresses = 600

beforeAll(async () => {
  site = await buildHostileSite()
  viewer = await openViewer({
    paths: [site.path],
    yaml: JSON.stringify({
      mirrors: { open: ['https://nowhere.example/**'] },
      people: { showEmail: true, avatars: 'remote' },
    }),
  })
  const left = ['/', ...site.addresses]
  for (const address of left) {
    if (answers.has(address)) continue
    if (answers.size >= maxAddresses) throw new Error(`the site has no end: ${address}`)
    const { statusCode, headers, payload } = await viewer.get(address)
    answers.set(address, {
      status: statusCode,
      type: String(headers['content-type']).split(';', 1)[0]!,
      headers,
      text: payload,
    })
    if (typeof headers.location === 'string' && headers.location.startsWith('/')) left.push(headers.location)
    // Filters of filters have no end, and show nothing new.
    if (headers['content-type'] === 'text/html; charset=utf-8' && !address.includes('?')) left.push(...linksOf(payload))
  }
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
})

interface Tag {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

function tagsOf(html: string): Tag[] {
  const tags: Tag[] = []
  const parser = new Parser({ onopentag: (name, attributes) => tags.push({ name, attributes: { ...attributes } }) })
  parser.end(html)
  return tags
}

function linksOf(html: string): string[] {
  const links = tagsOf(html).flatMap(({ attributes }) => [attributes.href, attributes.src])
  return links.flatMap(link => (link?.startsWith('/') ? [link.split('#', 1)[0]!] : []))
}

const forbidden = new Set(['iframe', 'object', 'embed', 'base', 'math', 'style', 'applet', 'frame', 'marquee'])
const ownScript = /^\/-\/static\/[a-z-]+\.[0-9a-f]{12}\.js$/

/** What of an element could run, load or send something. */
function dangers({ name, attributes }: Tag): string[] {
  const found: string[] = []
  if (forbidden.has(name)) found.push(`<${name}>`)
  if (name === 'script' && !ownScript.test(attributes.src ?? '')) found.push(`script ${attributes.src}`)
  if (name === 'meta' && attributes['http-equiv'] !== undefined) found.push('a meta that acts')
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on') || key === 'style' || key === 'srcdoc') found.push(`${name} ${key}`)
    if (!/^[a-z][a-z0-9:-]*$/i.test(key)) found.push(`an attribute ${key}`)
    if (
      ['href', 'src', 'action', 'formaction', 'data', 'xlink:href'].includes(key) &&
      !/^(?:[/#?]|https?:|mailto:)/.test(value)
    )
      found.push(`${name} leads to ${value}`)
    if (['href', 'src', 'action'].includes(key) && value.startsWith('//')) found.push(`${name} leads to ${value}`)
  }
  return found
}

const ofType = (...types: string[]) => [...answers].filter(([, { type }]) => types.includes(type))

describe('a site whose every text is markup', () => {
  test('has been asked for every kind of page and format', () => {
    for (const part of ['/bugs', '/at/', '/edits/', '/identities/', '/labels', '/activity', '/about', '/problems'])
      expect(
        [...answers.keys()].filter(address => address.includes(part)),
        part,
      ).not.toHaveLength(0)
    expect(ofType('text/html').length).toBeGreaterThan(30)
    expect(ofType('application/atom+xml').length).toBeGreaterThan(2)
    expect(ofType('application/json').length).toBeGreaterThan(5)
    expect(ofType('image/svg+xml').length).toBeGreaterThan(1)
  })

  test('has pages in which all of it is text', () => {
    for (const [address, { text }] of ofType('text/html')) {
      expect(tagsOf(text).flatMap(dangers), address).toEqual([])
    }
  })

  test('has feeds, badges, pictures and sitemaps that are well-formed, with all of it as text', () => {
    const xml = ofType(
      'application/atom+xml',
      'image/svg+xml',
      'application/xml',
      'application/opensearchdescription+xml',
    )
    for (const [address, { text }] of xml) {
      for (const element of elementsOf(parseXml(text))) {
        const tag = { name: element.name, attributes: Object.fromEntries(element.attributes) }
        expect(element.name, address).not.toMatch(/^(?:script|img|foreignObject)$/)
        expect(
          Object.keys(tag.attributes).filter(key => key.startsWith('on')),
          address,
        ).toEqual([])
      }
      expect(text, address).not.toMatch(/href="(?:javascript|data):/i)
    }
    // Feeds hold HTML as text, which readers show.
    for (const [address, { text }] of ofType('application/atom+xml')) {
      const contents = elementsOf(parseXml(text)).filter(({ attributes }) => attributes.get('type') === 'html')
      for (const content of contents) expect(tagsOf(content.text).flatMap(dangers), address).toEqual([])
    }
  })

  test('has JSON that is JSON, and that no browser takes for a page', () => {
    for (const [address, { text, headers }] of ofType('application/json')) {
      expect(JSON.parse(text), address).toBeTypeOf('object')
      expect(headers['x-content-type-options'], address).toBe('nosniff')
    }
  })

  test('has nothing whose type a browser would guess, and headers of one line each', () => {
    for (const [address, { headers }] of answers) {
      expect([address, headers['x-content-type-options']]).toEqual([address, 'nosniff'])
      expect([address, headers['content-security-policy']]).toEqual([
        address,
        expect.stringMatching(/^default-src 'none'/),
      ])
      expect(
        Object.values(headers).filter(value => /[\r\n]/.test(String(value))),
        address,
      ).toEqual([])
    }
  })

  test('shows the texts, so that nothing is safe for being left out', () => {
    const title = '<script>pwned=1</script>'
    const escaped = '&lt;script&gt;pwned=1&lt;/script&gt;'
    for (const part of ['/-/bugs', '/-/labels', '/-/identities', '/-/about', '/-/problems', '/-/search?q=pwned']) {
      const found = [...answers].filter(([address, { type }]) => address.endsWith(part) && type === 'text/html')
      expect(found, part).not.toHaveLength(0)
      for (const [address, { text }] of found) {
        expect(text, address).toContain(escaped)
        expect(text, address).not.toContain(title)
      }
    }
    expect(markup).toContain(title)
  })
})

function elementsOf(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(elementsOf)]
}

describe.skipIf(!hasProgram('chromium'))('in a browser', () => {
  test('nothing of it runs, and nothing is loaded from elsewhere', async () => {
    await using browser = await openChromium()
    const origin = await viewer.app.listen({ port: 0, host: '127.0.0.1' })
    const context = await browser.newContext()
    const page = await context.newPage()
    const elsewhere: string[] = []
    page.on('dialog', dialog => void dialog.dismiss())
    await page.route('**', route => {
      const url = route.request().url()
      if (url.startsWith(origin)) return route.continue()
      elsewhere.push(url)
      return route.abort()
    })
    // One of each kind, and what is opened by itself.
    const shown = [...answers].filter(
      ([, { type, headers }]) => /html|svg|plain/.test(type) && headers['content-disposition'] === undefined,
    )
    const kinds = new Map(shown.map(([address, answer]) => [kindOf(address, answer), address]))
    expect(kinds.size).toBeGreaterThan(20)
    for (const address of kinds.values()) {
      await page.goto(origin + address, { waitUntil: 'load' })
      expect([address, await page.evaluate('typeof pwned')]).toEqual([address, 'undefined'])
    }
    expect(elsewhere).toEqual([])
    await context.close()
  })

  test('the policy stops what a page would have let through', async () => {
    await using browser = await openChromium()
    await using plain = await openViewer({ paths: [site.path] })
    const { headers } = await plain.get('/')
    const context = await browser.newContext()
    const page = await context.newPage()
    const asked: string[] = []
    await page.route('**', async route => {
      const url = route.request().url()
      asked.push(url)
      const body = url === 'http://viewer.test/' ? `<!DOCTYPE html><title>x</title>${leaky}` : 'pwned=1'
      const { 'content-security-policy': policy } = headers
      await route.fulfill({ body, contentType: 'text/html', headers: { 'content-security-policy': String(policy) } })
    })
    await page.goto('http://viewer.test/', { waitUntil: 'load' })
    await page.locator('a').click()
    expect(await page.evaluate('[typeof pwned, getComputedStyle(document.body).color, document.baseURI]')).toEqual([
      'undefined',
      'rgb(0, 0, 0)',
      'http://viewer.test/',
    ])
    expect(asked).toEqual(['http://viewer.test/'])
    await context.close()
  })
})

/** What pages of the same kind have in common: all that are missing are one. */
function kindOf(address: string, { type, status }: Answer): string {
  const path = address.split('?', 1)[0]!.replaceAll(/[0-9a-f]{40,}/g, 'id')
  return status >= 400 ? `${type} ${status}` : `${type} ${path}`
}

/** What a page must not have, and nothing of which may work even so. */
const leaky = `<base href="http://evil.test/"><script>pwned=1</script><script src="http://evil.test/x.js"></script>
<img src="http://evil.test/x.png" onerror="pwned=1"><svg onload="pwned=1"></svg><style>body { color: red }</style>
<link rel="stylesheet" href="http://evil.test/x.css"><iframe src="http://evil.test/"></iframe>
<p style="color: red">x</p><a href="javascript:pwned=1">go</a>`
