/** The look that the operator chose, from the settings to the pages. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { loadLook } from '../../src/http/look.ts'
import { readPicture } from '../../src/http/picture.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { openViewer } from '../support/viewer.ts'

const svg =
  '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><script>alert(1)</script></svg>'

let folder: string
let built: BuiltRepository

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'look-'))
  const t = createTrackerWriter({ seed: 'look' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'It smokes', message: 'A lot.', at: 1_700_000_000 })
  bug.labels(ada, { added: ['priority/high', 'kind/bug'], at: 1_700_000_001 })
  built = await buildRepository(t)
})
afterAll(async () => {
  await built[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const open = (settings: object) => openViewer({ paths: [built.path], yaml: JSON.stringify(settings) })

describe('a page', () => {
  test('without a look of its own has our stylesheet, no picture and no chosen colours', async () => {
    await using viewer = await open({})
    const { body } = await viewer.get('/tracker/-/bugs')
    expect(body.match(/<link rel="stylesheet"/g)).toHaveLength(1)
    expect(body).not.toContain('<img')
    expect(body).toContain('<html lang="en">')
    expect(body).toContain('<meta name="color-scheme" content="light dark">')
  })

  test('has the logo with its size, header and footer as they were written, and the colours that were chosen', async () => {
    await using viewer = await open({
      look: {
        theme: 'dark',
        logo: await file('logo', svg),
        header: await file('header.html', '<p class="notice">Moved & <b>gone</b></p>'),
        footer: await file('footer.html', '<p>Imprint</p>'),
      },
    })
    const { body } = await viewer.get('/tracker/-/bugs')
    expect(body).toContain('<html lang="en" data-theme="dark">')
    expect(body).toContain('<meta name="color-scheme" content="dark">')
    expect(body).toMatch(
      /<a class="skip" href="#main">Skip to content<\/a>\n<p class="notice">Moved & <b>gone<\/b><\/p>\n?<header/,
    )
    expect(body).toMatch(/<\/footer>\n<p>Imprint<\/p>/)
    const logo = /<img src="(\/-\/static\/logo\.[0-9a-f]{12}\.svg)" width="120" height="40" alt="">/.exec(body)?.[1]
    const picture = await viewer.get(logo!)
    expect(picture.body).toBe(svg)
    expect(picture.headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  test("has one stylesheet after ours, with fonts, colours of labels and the operator's rules", async () => {
    await using viewer = await open({
      look: {
        css: await file('site.css', '.bar { background: #123456 }\n'),
        textFont: 'Inter, sans-serif',
        codeFont: '"Fira Code", monospace',
        labelColors: [
          { label: 'priority/*', color: '#C2185B' },
          { label: '*/bug', color: '#00aa00' },
        ],
      },
    })
    const { body } = await viewer.get('/tracker/-/bugs')
    const sheets = [...body.matchAll(/<link rel="stylesheet" href="([^"]*)">/g)].map(([, url]) => url!)
    expect(sheets).toHaveLength(2)
    expect(sheets[1]).toMatch(/^\/-\/static\/site\.[0-9a-f]{12}\.css$/)
    expect((await viewer.get(sheets[1]!)).body).toBe(
      ':root{--sans:Inter, sans-serif;--mono:"Fira Code", monospace;}\n.k0{--hue:#c2185b}\n.k1{--hue:#00aa00}\n.bar { background: #123456 }\n',
    )
    expect(body).toContain('class="label k0"')
    expect(body).toContain('class="label k1"')
  })

  test('is another one for browsers as soon as a file of the look is', async () => {
    const etags: unknown[] = []
    for (const [name, content] of [
      ['footer', 'a'],
      ['footer', 'b'],
      ['footer', 'b'],
      ['css', 'a{}'],
      ['css', 'b{}'],
    ] as const) {
      await using viewer = await open({ look: { [name]: await file(`${name}.part`, content) } })
      etags.push((await viewer.get('/tracker/-/bugs')).headers.etag)
    }
    expect(new Set(etags).size).toBe(4)
    expect(etags[1]).toBe(etags[2])
  })
})

describe('a file of the look', () => {
  test.each([
    ['css', 'missing.css', undefined, 'there is no such file'],
    ['header', 'large.html', 'x'.repeat(65_537), 'it is larger than 65536 bytes'],
    ['footer', 'latin.html', Buffer.from([0x66, 0xfc, 0x72]), 'it is not UTF-8 text'],
    ['logo', 'logo.gif', 'GIF89a', 'it is neither SVG, PNG, WebP nor JPEG'],
    ['logo', 'folder', null, 'it is a folder'],
  ])('that cannot be the %s ends the start: %s', async (setting, name, content, reason) => {
    const path =
      content === undefined || content === null ? join(folder, content === null ? '' : name) : await file(name, content)
    await expect(open({ look: { [setting]: path } })).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: `look.${setting} cannot be used: ${path}: ${reason}`,
    })
  })
})

describe('the colour of a label', () => {
  const hueOf = async (patterns: readonly string[], label: string) => {
    const labelColors = patterns.map(label => ({ label, color: '#000000' }))
    const loaded = await loadLook({ theme: 'system', labelColors }, async () => ({ reason: 'none' }))
    return loaded.look(name => name).labelHue(label)
  }

  test.each([
    [['bug'], 'bug', 'k0'],
    [['bug'], 'bugs', 'c'],
    [['*'], '', 'k0'],
    [['a*'], 'a/b/c', 'k0'],
    [['*c'], 'a/b/c', 'k0'],
    [['a*b*c'], 'a--b--c', 'k0'],
    [['a*b*c'], 'a--c--b', 'c'],
    [['ab*ba'], 'aba', 'c'],
    [['a.c'], 'abc', 'c'],
    [['x', 'a*', '*'], 'abc', 'k1'],
  ])('with the patterns %j is for %j the class %s', async (patterns, label, expected) => {
    expect(await hueOf(patterns, label)).toMatch(expected === 'c' ? /^c\d+$/ : new RegExp(`^${expected}$`))
  })

  test('is found in a moment however hostile the label', async () => {
    expect(await hueOf(['*a*a*a*a*a*a*a*a*b'], 'a'.repeat(100_000))).toMatch(/^c\d+$/)
  })
})

describe('a picture', () => {
  const png = Buffer.concat([
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    Buffer.from([0, 0, 1, 0, 0, 0, 0, 64, 8, 6]),
  ])
  const jpeg = Buffer.from('ffd8ffe000040000ffc2000b08002000400311', 'hex')
  const webp = (kind: string, body: string) =>
    Buffer.concat([Buffer.from(`RIFF....WEBP${kind}`), Buffer.from(body.padEnd(40, '0'), 'hex')])

  test.each([
    ['a PNG', png, { extension: '.png', width: 256, height: 64 }],
    ['a JPEG', jpeg, { extension: '.jpg', width: 64, height: 32 }],
    ['a lossy WebP', webp('VP8 ', '000000000000009d012a40002000'), { extension: '.webp', width: 64, height: 32 }],
    ['a lossless WebP', webp('VP8L', '000000002f3fc00700'), { extension: '.webp', width: 64, height: 32 }],
    ['an extended WebP', webp('VP8X', '0a00000010000000630000310000'), { extension: '.webp', width: 100, height: 50 }],
    ['an SVG with a size', Buffer.from('<svg width="10" height="20px">'), { extension: '.svg', width: 10, height: 20 }],
    ['an SVG with a view box', Buffer.from(svg), { extension: '.svg', width: 120, height: 40 }],
    ['an SVG that says nothing', Buffer.from('<svg>'), { extension: '.svg', width: 1, height: 1 }],
    ['a text', Buffer.from('hello'), undefined],
    ['nothing', Buffer.alloc(0), undefined],
    ['a JPEG that ends too early', jpeg.subarray(0, 12), undefined],
  ])('tells what it is: %s', (_name, bytes, expected) => {
    expect(readPicture(bytes)).toEqual(expected)
  })
})
