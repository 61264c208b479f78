import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'

const at = 1_700_000_000
let folder: string
let viewer: Viewer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'about-'))
  const t = createTrackerWriter({ seed: 'about' })
  const ada = t.identity({ name: 'Ada Marsh', email: 'ada@example.org', at })
  t.bug(ada, { title: 'It smokes', message: '', at }).labels(ada, { added: ['kind/bug'], at })
  t.bug(ada, { title: 'Old', message: '', at }).status(ada, 'closed', at)
  for (const name of ['kiln', 'bare', 'told']) await buildRepository(t, { dir: join(folder, `${name}.git`) })
  await runGit(join(folder, 'told.git'), ['config', 'cgit.desc', 'Tells <b>all</b>'])
  await runGit(join(folder, 'told.git'), [
    'config',
    'cgit.clone-url',
    '$MACRO https://git.example.org/told git@git.example.org:told',
  ])
  await runGit(join(folder, 'told.git'), ['config', 'cgit.owner', 'Ann'])
  viewer = await openViewer({
    yaml: JSON.stringify({
      server: { publicUrl: 'https://bugs.example.org' },
      repositories: {
        scan: [folder],
        pages: [{ match: 'told', report: 'Write to **Ann**.', queries: [{ name: 'Smoke', query: 'title:smoke' }] }],
      },
    }),
  })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Commits one file to HEAD. */
async function commitFile(repository: string, name: string, text: string) {
  const path = join(folder, `${repository}.git`)
  const blob = (await runGit(path, ['hash-object', '-w', '--stdin'], { input: text })).trim()
  const tree = (await runGit(path, ['mktree'], { input: `100644 blob ${blob}\t${name}\n` })).trim()
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  const commit = (await runGit(path, [...identity, 'commit-tree', '-m', 'x', tree])).trim()
  await runGit(path, ['update-ref', 'HEAD', commit])
  return blob
}

const about = (name: string, headers = {}) => viewer.get(`/${name}/-/about`, headers)

describe('the page about a repository', () => {
  test('of bugs only says how to report and how to take them along, and counts them', async () => {
    const { statusCode, body } = await about('bare')
    expect(statusCode).toBe(200)
    for (const text of [
      'git bug bug new',
      'git bug pull',
      '&#39;refs/bugs/*:refs/bugs/*&#39;',
      '1 open bug',
      '1 closed bug',
      '1 person',
      '1 label',
    ])
      expect(body).toContain(text)
    expect(body).not.toContain('id="readme"')
    expect(body).not.toContain('vcs-git')
    expect(body).not.toContain('ada@example.org')
  })

  test('shows what the repository and the operator say', async () => {
    const { body } = await about('told')
    expect(body).toContain('<p class="lead">Tells &lt;b&gt;all&lt;/b&gt;</p>')
    expect(body).toContain('<meta property="og:description" content="Tells &lt;b&gt;all&lt;/b&gt;">')
    expect(body).toContain('<p>Write to <strong>Ann</strong>.</p>')
    expect(body).not.toContain('Install git-bug')
    expect(body).toContain('<a href="/told/-/bugs?q=title:smoke" rel="nofollow">Smoke</a>')
    expect(body).toContain('<link rel="vcs-git" href="https://git.example.org/told">')
    expect(body).toContain('git clone https://git.example.org/told\n')
  })

  test('has a badge to copy, with whole addresses where the site knows its own', async () => {
    const { body } = await about('told')
    expect(body).toContain(
      '[![Open bugs](https://bugs.example.org/told/-/badge.svg)](https://bugs.example.org/told/-/bugs)',
    )
    expect(body).toContain('&lt;a href=&quot;https://bugs.example.org/told/-/bugs&quot;&gt;')
  })

  test('has commands that fetch from the site, with its own address where it is known', async () => {
    const { body } = await about('told')
    expect(body).toContain('git remote add bugs https://bugs.example.org/told.git\ngit bug pull bugs')
    expect(body).toContain(
      'git fetch https://bugs.example.org/told.git &#39;refs/bugs/*:refs/bugs/*&#39; &#39;refs/identities/*:refs/identities/*&#39;',
    )
    expect(body).not.toContain('ADDRESS')
    await using nameless = await openViewer({ paths: [join(folder, 'bare.git')] })
    const told = (await nameless.get('/bare/-/about')).body
    expect(told).toContain('git fetch ADDRESS/bare.git ')
    expect(told).toContain('ADDRESS stands for the address of this site')
  })

  test('shows the README as safe Markdown, and is another page with the next one', async () => {
    await commitFile('kiln', 'README.md', '# Kiln\n\nIt is **hot**. <script>alert(1)</script> [x](javascript:alert(1))')
    const first = await about('kiln')
    expect(first.body).toContain('<h3>Kiln</h3>')
    expect(first.body).toContain('<strong>hot</strong>')
    expect(first.body).not.toMatch(/<script>|href="javascript/)
    const etag = String(first.headers.etag)
    expect((await about('kiln', { 'if-none-match': etag })).statusCode).toBe(304)
    await commitFile('kiln', 'README.md', '# Kiln\n\nIt is cold.')
    const next = await about('kiln', { 'if-none-match': etag })
    expect([next.statusCode, next.body.includes('It is cold.')]).toEqual([200, true])
  })

  test('shows a README that is no Markdown as it is', async () => {
    await commitFile('kiln', 'README', 'a  *b*\n```\n\u202e<c>')
    expect((await about('kiln')).body).toMatch(
      /<pre><code>a {2}\*b\*\n```\n<span class="odd"[^>]*>\[U\+202E\]<\/span>&lt;c&gt;/,
    )
  })

  test('reads a README that begins with a byte order mark', async () => {
    await commitFile('kiln', 'README.md', '\ufeff# Kiln')
    expect((await about('kiln')).body).toContain('<h3>Kiln</h3>')
  })

  test('cuts a README that is long, and leaves out one that is huge', async () => {
    await commitFile('kiln', 'README.md', 'word '.repeat(100_000))
    expect((await about('kiln')).body).toContain('The rest of this text is left out here')
    await commitFile('kiln', 'README.md', 'word '.repeat(1_000_000))
    expect((await about('kiln')).body).toContain('It is too large to be shown here, or cannot be read.')
  })

  test('opens no other way to the code', async () => {
    const blob = await commitFile('kiln', 'README.md', 'secret')
    expect((await viewer.get(`/kiln/-/files/${blob}`)).statusCode).toBe(404)
  })
})

test('an address that a shell would read in its own way is not taken for a command', async () => {
  const { readDetails } = await import('../../src/git/details.ts')
  const { locateRepository } = await import('../../src/git/repository.ts')
  const path = join(folder, 'bare.git')
  const location = (await locateRepository(path))!
  const read = async (text: string) => {
    await writeFile(join(path, 'cloneurl'), text)
    return (await readDetails('git', location)).cloneUrl
  }
  expect(await read('https://git.example.org/a.git\nhttps://git.example.org/b.git\n')).toBe(
    'https://git.example.org/a.git',
  )
  expect(await read('git@git.example.org:group/a.git')).toBe('git@git.example.org:group/a.git')
  for (const text of [
    'https://x/$(id)',
    'https://x/;id',
    '--upload-pack=id',
    'ext::sh -c id',
    'https://user:word@x/a',
    '/srv/git/a',
    'file:///srv/a',
  ])
    expect([text, await read(text)]).toEqual([text, undefined])
})
