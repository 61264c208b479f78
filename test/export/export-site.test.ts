/** Whole exports of real repositories, by the composed program. */
import { appendFile, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HtmlValidate } from 'html-validate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type Exporter, openExporter } from '../support/exporter.ts'
import { greyPng } from '../support/small-pictures.ts'
import { brokenLinks, filesOf, linksOf } from '../support/static-site.ts'
import { applyTo, type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'
import { childrenOf, parseXml, textOf } from '../support/xml.ts'

const start = 1_700_000_000

/** Enough bugs for two pages, attached files, labels that are no file names, texts that link here and there. */
function kilnTracker() {
  const t = createTrackerWriter({ seed: 'export' })
  const ada = t.identity({ name: 'Ada', login: 'ada', at: start })
  const page = t.attach(Buffer.from('<script>alert(1)</script>'))
  const picture = t.attach(greyPng(64, 48))
  const log = t.attach('it happens\n'.repeat(500_000))
  const bugs = Array.from({ length: 60 }, (_, index) =>
    t.bug(ada, { title: `Bug ${index}`, message: 'text', at: start + index }),
  )
  const [first, second, third] = bugs
  first!.labels(ada, { added: ['kind/bug', 'Kind/Bug', 'con', 'a "b"', '../up'], at: start + 1000 })
  const message = `<a href="/kiln/-/bugs/${second!.id}">here</a> [x](/-/search?q=y) [z](/kiln/-/nothing) [c](/kiln/-/c/${second!.id.slice(0, 12)})`
  second!.comment(ada, { message, files: [page, picture, log], at: start + 2000 })
  third!.status(ada, 'closed', start + 3000)
  return { t, ada, first: first!, second: second!, third: third!, page, picture, log }
}

const kiln = kilnTracker()
const other = createTrackerWriter({ seed: 'other' })
const bob = other.identity({ name: 'Bob', at: start })
other.bug(bob, { title: 'Bobs bug', message: 'x', at: start })

let exporter: Exporter
let built: BuiltRepository[]
let paths: string[]
const read = async (path: string) => await readFile(join(exporter.out, path), 'utf8')
const bugFile = (id: string) => `kiln/-/bugs/${id}/index.html`

beforeAll(async () => {
  exporter = await openExporter()
  built = [
    await buildRepository(kiln.t, { dir: join(exporter.home, 'git/kiln.git') }),
    await buildRepository(other, { dir: join(exporter.home, 'git/Group/a b.git') }),
  ]
  paths = [join(exporter.home, 'git')]
})
afterAll(async () => {
  for (const repository of built) await repository[Symbol.asyncDispose]()
  await exporter[Symbol.asyncDispose]()
})

describe('an export', () => {
  test('writes every page, and every link leads to a file and a place that are there', async () => {
    const { text, isComplete } = await exporter.run(paths)
    expect(isComplete).toBe(true)
    expect(text).toMatch(/^\d+ files \(\d+\.\d MB\) in .*out, \d+ written, 0 unchanged, 0 removed, \d+\.\d s\n$/)
    const files = filesOf(exporter.out)
    expect(files).toEqual(
      expect.arrayContaining([
        '404.html',
        'index.html',
        '-/help/query/index.html',
        'Group/a-b~c8687a08aa5d/-/bugs/index.html',
        'kiln/-/bugs/index.html',
        'kiln/-/bugs/page-2.html',
        'kiln/-/bugs/list/closed/index.html',
        'kiln/-/bugs/list/all/page-2.html',
        'kiln/-/bugs.json',
        'kiln/-/bugs.csv',
        'kiln/-/bugs.mbox',
        'kiln/-/bugs/list/all.ndjson',
        'kiln/-/bugs.bundle',
        'kiln/-/bugs/list/closed.txt',
        bugFile(kiln.first.id),
        `kiln/-/bugs/${kiln.first.id}.md`,
        'kiln/-/labels/index.html',
        'kiln/-/identities/index.html',
        `kiln/-/identities/${kiln.ada.id}/index.html`,
        `kiln/-/files/${kiln.picture}.png`,
        `kiln/-/files/${kiln.log}.txt`,
      ]),
    )
    expect(
      files.filter(path => path.startsWith('kiln/-/bugs/') && path.endsWith(`${kiln.third.id}/index.html`)),
    ).toHaveLength(1)
    expect(brokenLinks(exporter.out)).toEqual([])
  })

  test('says nothing of a server: no forms, no feeds without an address, no name of its own', async () => {
    for (const path of filesOf(exporter.out)) {
      const text = await read(path)
      expect(text, path).not.toContain('git-bug-viewer.invalid')
    }
    for (const path of filesOf(exporter.out).filter(name => name.endsWith('.html'))) {
      expect(await read(path), path).not.toMatch(/<form|<search|data-events|rel="canonical"|opensearch|og:url/)
    }
    expect(filesOf(exporter.out).filter(path => path.endsWith('.atom'))).toEqual([])
    expect(await read('kiln/-/bugs/index.html')).toContain('a copy in files')
  })

  test('has valid pages', async () => {
    const validate = new HtmlValidate({
      extends: ['html-validate:standard'],
      rules: {
        'attribute-boolean-style': 'off',
        'attribute-empty-style': 'off',
        'long-title': 'off',
        'no-inline-style': 'error',
      },
    })
    for (const path of ['index.html', 'kiln/-/bugs/index.html', bugFile(kiln.second.id), 'kiln/-/labels/index.html']) {
      const { results } = await validate.validateString(await read(path))
      expect(
        results.flatMap(result => result.messages.map(({ ruleId, message }) => `${path} ${ruleId}: ${message}`)),
      ).toEqual([])
    }
  })

  test('turns links that lead nowhere into text, also in comments', async () => {
    const page = await read(bugFile(kiln.second.id))
    expect(page).toMatch(/<span[^>]*>z<\/span>/)
    expect(linksOf(page).filter(link => link.startsWith('/'))).toEqual([])
  })

  test('gives attached files an ending by which no host and no browser takes data for a page', async () => {
    expect(await read(`kiln/-/files/${kiln.page}.bin`)).toContain('<script>')
    expect(linksOf(await read(bugFile(kiln.second.id)))).toEqual(
      expect.arrayContaining([`../../files/${kiln.page}.bin`, `../../files/${kiln.picture}.png`]),
    )
    expect(await read(`kiln/-/files/${kiln.log}.txt`)).toBe('it happens\n'.repeat(500_000))
  })

  test('shows the pictures that are attached to a bug', async () => {
    expect(await read(bugFile(kiln.second.id))).toContain(`<img src="../../files/${kiln.picture}.png"`)
  })

  test('says the state on one page only, so that a push does not change all', async () => {
    expect(await read('kiln/-/bugs/index.html')).toContain('state <span')
    for (const path of [bugFile(kiln.first.id), 'kiln/-/labels/index.html', 'kiln/-/bugs/page-2.html']) {
      expect(await read(path)).not.toContain('state <span')
    }
  })

  test('is not made again where nothing has changed', async () => {
    const { text } = await exporter.run(paths)
    expect(text).toMatch(/ 0 written, [\d,]+ unchanged, 0 removed/)
  })

  test('of a repository that has changed writes only the files that differ', async () => {
    const old = new Date('2020-01-01T00:00:00Z')
    const files = filesOf(exporter.out)
    for (const path of files) await utimes(join(exporter.out, path), old, old)
    kiln.third.comment(kiln.ada, { message: 'Something new', at: start + 4000 })
    await applyTo(built[0]!.path, kiln.t)
    await exporter.run(paths)
    const touched = []
    for (const path of filesOf(exporter.out)) {
      if ((await stat(join(exporter.out, path))).mtimeMs !== old.getTime()) touched.push(path)
    }
    expect(touched).toEqual(expect.arrayContaining([bugFile(kiln.third.id), `kiln/-/bugs/${kiln.third.id}.json`]))
    expect(touched).not.toContain(bugFile(kiln.first.id))
    expect(touched.filter(path => path.startsWith('Group/'))).toEqual([])
    expect(touched.length).toBeLessThan(files.length / 4)
    expect(await read(bugFile(kiln.third.id))).toContain('Something new')
  })

  test('makes a file anew that somebody has taken away', async () => {
    await rm(join(exporter.out, bugFile(kiln.first.id)))
    const { text } = await exporter.run(paths)
    expect(text).toContain(' 1 written')
    expect(brokenLinks(exporter.out)).toEqual([])
  })

  test('removes what is no longer part of the site, and nothing else', async () => {
    await writeFile(join(exporter.out, 'CNAME'), 'bugs.example.org\n')
    await writeFile(join(exporter.out, 'Group/mine.txt'), 'mine')
    const { text } = await exporter.run([built[0]!.path])
    expect(text).not.toContain(' 0 removed')
    const files = filesOf(exporter.out)
    expect(files.filter(path => path.startsWith('Group/'))).toEqual(['Group/mine.txt'])
    expect(await readdir(join(exporter.out, 'Group'))).toEqual(['mine.txt'])
    expect(files).toContain('CNAME')
    expect(brokenLinks(exporter.out)).toEqual([])
    // One repository needs no index: it leads on.
    expect(await read('index.html')).toContain('url=kiln/-/bugs/index.html')
  })

  test('with its address has feeds, a sitemap and whole addresses', async () => {
    await exporter.run([...paths, '--base-url', 'https://bugs.example.org/x/'])
    const site = 'https://bugs.example.org/x/'
    const sitemap = childrenOf(parseXml(await read('sitemap.xml')), 'url').map(url => textOf(url, 'loc') ?? '')
    expect(sitemap).toContain(`${site}${bugFile(kiln.first.id)}`)
    expect(sitemap.filter(url => !filesOf(exporter.out).includes(url.slice(site.length)))).toEqual([])
    expect(sitemap.filter(url => url.includes('/list/'))).toEqual([])
    expect(await read('robots.txt')).toBe(`User-agent: *\nAllow: /\n\nSitemap: ${site}sitemap.xml\n`)
    expect(await read(bugFile(kiln.first.id))).toContain(
      `<link rel="canonical" href="${site}${bugFile(kiln.first.id)}">`,
    )
    const save = `curl -o kiln-bugs.bundle &#39;${site}kiln/-/bugs.bundle&#39;`
    expect(await read('kiln/-/about/index.html')).toContain(save)
    const feed = parseXml(await read('kiln/-/bugs.atom'))
    expect(textOf(feed, 'id')).toBe('tag:bugs.example.org,2026:kiln/bugs')
    const hrefs = childrenOf(feed, 'entry').flatMap(entry =>
      childrenOf(entry, 'link').map(link => link.attributes.get('href')),
    )
    expect(hrefs).toContain(`${site}${bugFile(kiln.first.id)}`)
    expect(hrefs.filter(href => !filesOf(exporter.out).includes(href!.slice(site.length)))).toEqual([])
    // A host shows it for addresses at any depth.
    expect(linksOf(await read('404.html')).filter(link => !link.startsWith('/x/') && !link.startsWith('#'))).toEqual([])
    expect(brokenLinks(exporter.out)).toEqual([])
    for (const path of filesOf(exporter.out)) expect(await read(path), path).not.toContain('git-bug-viewer.invalid')
  })

  test('has only the formats that are wanted', async () => {
    await exporter.run([...paths, '--formats', 'html,json'])
    const endings = new Set(filesOf(exporter.out).map(path => /[^./]+$/.exec(path)![0]))
    expect([...endings].toSorted()).toEqual(['CNAME', 'bin', 'css', 'html', 'js', 'json', 'png', 'svg', 'txt'])
    expect(filesOf(exporter.out).filter(path => /(?<!\/files\/\w+)\.txt$/.test(path))).toEqual(['Group/mine.txt'])
    expect(await read(bugFile(kiln.first.id))).not.toContain('>mbox<')
    expect(brokenLinks(exporter.out)).toEqual([])
  })
})

describe('what goes wrong', () => {
  const small = async () => {
    const own = await openExporter()
    return { own, repository: await buildRepository(other, { dir: join(own.home, 'small.git') }) }
  }

  test('in one repository does not stop the others, and keeps what there was', async () => {
    const { own, repository } = await small()
    await using _ = own
    const second = await buildRepository(kiln.t, { dir: join(own.home, 'kiln.git') })
    expect((await own.run([repository.path, second.path])).isComplete).toBe(true)
    const before = filesOf(own.out).filter(path => path.startsWith('small/'))
    await writeFile(join(repository.path, 'packed-refs'), 'nonsense\n')
    kiln.first.comment(kiln.ada, { message: 'still going', at: start + 5000 })
    await applyTo(second.path, kiln.t)
    const { text, isComplete } = await own.run([repository.path, second.path])
    expect(isComplete).toBe(false)
    expect(text).toContain(', 2 failed, ')
    expect(filesOf(own.out).filter(path => path.startsWith('small/'))).toEqual(before)
    expect(await readFile(join(own.out, bugFile(kiln.first.id)), 'utf8')).toContain('still going')
    expect(brokenLinks(own.out)).toEqual([])
  })

  test('a folder with other files is left alone, unless it is meant', async () => {
    const { own, repository } = await small()
    await using _ = own
    await mkdir(join(own.out, '.git'), { recursive: true })
    expect((await own.run([repository.path])).isComplete).toBe(true)
    const run = (args: readonly string[]) => own.run([repository.path, ...args])
    await rm(own.out, { recursive: true })
    await mkdir(own.out)
    await writeFile(join(own.out, 'index.html'), 'mine')
    await expect(run([])).rejects.toThrow(
      /out is not empty and was not written by an export; choose another folder, or add --force$/,
    )
    expect(await readFile(join(own.out, 'index.html'), 'utf8')).toBe('mine')
    await run(['--force'])
    expect(brokenLinks(own.out)).toEqual([])
  })

  test('a file of somebody else in the place of a new one ends the run and stays', async () => {
    const { own, repository } = await small()
    await using _ = own
    await own.run([repository.path])
    const third = await buildRepository(kiln.t, { dir: join(own.home, 'kiln.git') })
    await mkdir(join(own.out, 'kiln/-/labels'), { recursive: true })
    await writeFile(join(own.out, 'kiln/-/labels/index.html'), 'mine')
    await expect(own.run([repository.path, third.path])).rejects.toThrow(/index\.html is in the way of an export/)
    expect(await readFile(join(own.out, 'kiln/-/labels/index.html'), 'utf8')).toBe('mine')
  })

  test('a link to another folder is not followed, and nothing is written or removed there', async () => {
    const { own, repository } = await small()
    await using _ = own
    await own.run([repository.path])
    const elsewhere = join(own.home, 'elsewhere')
    await mkdir(join(elsewhere, '-'), { recursive: true })
    await writeFile(join(elsewhere, '-/mine.html'), 'mine')
    await rm(join(own.out, 'small'), { recursive: true })
    await symlink(elsewhere, join(own.out, 'small'))
    await appendFile(join(own.out, '.git-bug-viewer/journal'), 'small/-/mine.html\n.git/config\n')
    for (const force of [[], ['--force']]) {
      await expect(own.run([repository.path, ...force])).rejects.toThrow(/small\/.* is in the way of an export/)
    }
    const third = await buildRepository(kiln.t, { dir: join(own.home, 'kiln.git') })
    expect((await own.run([third.path])).isComplete).toBe(true)
    expect(filesOf(elsewhere)).toEqual(['-/mine.html'])
  })

  test('a run that is ended early leaves what the next one goes on with', async () => {
    const { own } = await small()
    await using _ = own
    const third = await buildRepository(kiln.t, { dir: join(own.home, 'kiln.git') })
    const ended = await own.run([third.path], { signal: AbortSignal.abort() })
    expect(ended).toMatchObject({ isComplete: false, text: expect.stringMatching(/^stopped: /) })
    expect((await own.run([third.path])).isComplete).toBe(true)
    expect(brokenLinks(own.out)).toEqual([])
  })

  test('two runs at the same time are one too many; a lock of a process that is gone is none', async () => {
    const { own, repository } = await small()
    await using _ = own
    await mkdir(join(own.out, '.git-bug-viewer'), { recursive: true })
    await writeFile(join(own.out, '.git-bug-viewer/lock'), `${process.ppid}\n`)
    await expect(own.run([repository.path])).rejects.toThrow(/another export writes into .*out now/)
    await writeFile(join(own.out, '.git-bug-viewer/lock'), '999999999\n')
    expect((await own.run([repository.path])).isComplete).toBe(true)
    expect(await readdir(join(own.out, '.git-bug-viewer'))).toEqual(['manifest.json'])
  })

  test('what a run that was killed has written is known by its journal', async () => {
    const { own, repository } = await small()
    await using _ = own
    await own.run([repository.path])
    await mkdir(join(own.out, 'left'))
    await writeFile(join(own.out, 'left/over.html'), 'x')
    await writeFile(join(own.out, '.git-bug-viewer/part-7'), 'half')
    await appendFile(join(own.out, '.git-bug-viewer/journal'), 'left/over.html\n../../etc/passwd\n')
    expect((await own.run([repository.path])).text).toContain('1 removed')
    expect(await readdir(own.out)).not.toContain('left')
    expect(await readdir(join(own.out, '.git-bug-viewer'))).toEqual(['manifest.json'])
  })
})
