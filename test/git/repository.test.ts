import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { isExportOk, readDetails } from '../../src/git/details.ts'
import { discoverRepositories } from '../../src/git/discover.ts'
import { openGit } from '../../src/git/git.ts'
import { parseRefs } from '../../src/git/refs.ts'
import { locateAround, locateRepository } from '../../src/git/repository.ts'
import { buildRepository, removeObject, runGit } from '../support/tracker-builder.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'repositories-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** A tracker of one bug; refs are the same in every repository that is made of it. */
function oneBug(objectFormat: 'sha1' | 'sha256' = 'sha1') {
  const t = createTrackerWriter({ seed: 'one bug', objectFormat })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'It smokes', message: '', at: 1_700_000_100 })
  return { t, bug }
}

const prefixes = ['refs/bugs', 'refs/identities']

describe('every kind of repository gives its refs and objects', () => {
  test('bare', async () => {
    const { t, bug } = oneBug()
    await using built = await buildRepository(t)
    await expectBug(built.path, bug.id)
  })

  test('with a work tree, named by its top folder or by its .git', async () => {
    const { t, bug } = oneBug()
    await using built = await buildRepository(t, { bare: false })
    await expectBug(built.path, bug.id)
    expect((await locateRepository(join(built.path, '.git')))?.folder).toBe(
      (await locateRepository(built.path))?.folder,
    )
  })

  test('with packed refs only', async () => {
    const { t, bug } = oneBug()
    await using built = await buildRepository(t)
    await runGit(built.path, ['pack-refs', '--all', '--prune'])
    await expectBug(built.path, bug.id)
  })

  test('a linked work tree', async () => {
    const { t, bug } = oneBug()
    await using built = await buildRepository(t)
    const tree = (await runGit(built.path, ['mktree'], { input: '' })).trim()
    const commit = (
      await runGit(built.path, ['-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit-tree', '-m', 'x', tree])
    ).trim()
    await runGit(built.path, ['update-ref', 'refs/heads/main', commit])
    const linked = join(home, 'linked')
    await runGit(built.path, ['worktree', 'add', '--quiet', linked])
    await expectBug(linked, bug.id)
    expect((await locateRepository(linked))?.commonDir).toBe((await locateRepository(built.path))?.commonDir)
  })

  test('objects that lie in another repository (alternates)', async () => {
    const { t, bug } = oneBug()
    await using built = await buildRepository(t)
    const clone = join(home, 'shared.git')
    await runGit(home, ['clone', '--quiet', '--bare', '--shared', built.path, clone])
    await runGit(clone, ['fetch', '--quiet', built.path, 'refs/*:refs/*'])
    await expectBug(clone, bug.id)
  })

  test('SHA-256', async () => {
    const { t, bug } = oneBug('sha256')
    await using built = await buildRepository(t)
    await expectBug(built.path, bug.id)
    expect(bug.tip).toMatch(/^[0-9a-f]{64}$/)
  })

  test('named through a symbolic link', async () => {
    const { t, bug } = oneBug()
    await using built = await buildRepository(t)
    const link = join(home, 'link.git')
    await symlink(built.path, link)
    await expectBug(link, bug.id)
  })
})

async function expectBug(path: string, id: string) {
  const git = await openGit()
  const location = await locateRepository(path)
  const { bytes } = await git.listRefs(location!.folder, { prefixes })
  const ref = parseRefs(bytes).find(({ name }) => name === `refs/bugs/${id}`)
  await using reader = git.openReader(location!.folder)
  expect((await reader.read(ref!.hash, 1_000_000))?.type).toBe('commit')
  const walked: string[] = []
  await git.walkHistory(location!.folder, { tips: [ref!.hash], onCommit: ({ hash }) => void walked.push(hash) })
  expect(walked).toEqual([ref!.hash])
}

test('a listing survives a ref to an object that is not there, and its digest changes with any ref', async () => {
  const { t, bug } = oneBug()
  await using built = await buildRepository(t)
  const git = await openGit()
  const before = await git.listRefs(built.path, { prefixes })
  await writeFile(join(built.path, 'refs/bugs', 'f'.repeat(64)), `${'1'.repeat(40)}\n`)
  const after = await git.listRefs(built.path, { prefixes })
  expect(parseRefs(after.bytes).map(({ name }) => name)).toContain(`refs/bugs/${bug.id}`)
  expect(parseRefs(after.bytes)).toHaveLength(parseRefs(before.bytes).length + 1)
  expect(after.digest).not.toBe(before.digest)
  expect((await git.listRefs(built.path, { prefixes })).digest).toBe(after.digest)
})

test('a walk passes over tips that are missing or no commits, and fails where a parent is missing', async () => {
  const { t, bug } = oneBug()
  const blob = t.attach('no commit')
  const ada = t.identity({ name: 'Ada again', at: 1_700_000_000 })
  const torn = t.bug(ada, { title: 'Torn', message: '', at: 1_700_000_200 })
  const root = torn.tip
  torn.comment(ada, { message: 'second commit', at: 1_700_000_300 })
  await using built = await buildRepository(t, { loose: true })
  await removeObject(built.path, root)
  const git = await openGit()
  const walked: string[] = []
  const onCommit = ({ hash }: { hash: string }) => void walked.push(hash)
  await git.walkHistory(built.path, { tips: ['1'.repeat(40), blob, bug.tip], onCommit })
  expect(walked).toEqual([bug.tip])
  await expect(git.walkHistory(built.path, { tips: [torn.tip], onCommit })).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
})

test.skipIf(process.getuid?.() !== 0)(
  'a folder that another user owns is refused, and the error says what git said',
  async () => {
    const { t } = oneBug()
    await using built = await buildRepository(t)
    execFileSync('chown', ['-R', '65534', built.path])
    const git = await openGit()
    await expect(git.listRefs(built.path, { prefixes })).rejects.toMatchObject({
      code: 'GIT_UNSAFE_OWNER',
      data: { stderr: expect.stringContaining('dubious ownership') },
    })
  },
)

test('a folder inside a repository that is none itself does not stand for the repository around it', async () => {
  const { t } = oneBug()
  await using built = await buildRepository(t, { bare: false })
  const inner = join(built.path, 'inner')
  await mkdir(inner)
  expect(await locateRepository(inner)).toBeUndefined()
  expect((await locateAround(inner))?.folder).toBe((await locateRepository(built.path))?.folder)
  await expect((await openGit()).listRefs(inner, { prefixes })).rejects.toMatchObject({ code: 'GIT_FAILED' })
})

test.each([
  ['a file', async (path: string) => writeFile(path, 'gitdir: nowhere\n')],
  ['an empty folder', async (path: string) => mkdir(path)],
  [
    'a .git file that points nowhere',
    async (path: string) => {
      await mkdir(path)
      await writeFile(join(path, '.git'), 'gitdir: /nowhere/at/all\n')
    },
  ],
])('%s is no repository', async (name, make) => {
  const path = join(home, name.replaceAll(' ', '-'))
  await make(path)
  expect(await locateRepository(path)).toBeUndefined()
})

describe('finding repositories below a folder', () => {
  test('names are paths without .git, inner folders of repositories are not searched, links are not followed', async () => {
    const root = join(home, 'scan')
    for (const path of ['b.git', 'group/a.git', 'group/deep/er/c.git', '.hidden/d.git']) {
      await mkdir(join(root, path), { recursive: true })
      await runGit(join(root, path), ['init', '--quiet', '--bare', '.'])
    }
    await mkdir(join(root, 'work'))
    await runGit(join(root, 'work'), ['init', '--quiet', '.'])
    await mkdir(join(root, 'work/inside.git'))
    await runGit(join(root, 'work/inside.git'), ['init', '--quiet', '--bare', '.'])
    await symlink(join(root, 'group'), join(root, 'again'))
    const names = async (depth: number) => (await discoverRepositories(root, { depth })).map(({ name }) => name)
    expect(await names(1)).toEqual(['b', 'work'])
    expect(await names(3)).toEqual(['b', 'work', 'group/a'])
    expect(await names(4)).toEqual(['b', 'work', 'group/a', 'group/deep/er/c'])
    expect((await discoverRepositories(join(root, 'b.git'), { depth: 3 })).map(({ name }) => name)).toEqual(['b'])
  })

  test('a folder that is not there is an error', async () => {
    await expect(discoverRepositories(join(home, 'nowhere'), { depth: 3 })).rejects.toMatchObject({
      code: 'REPOSITORY_UNREADABLE',
    })
  })
})

describe('what a repository says of itself', () => {
  test('cgit settings go before gitweb ones, and both before the description file', async () => {
    await using built = await buildRepository(createTrackerWriter({ seed: 'details' }))
    const details = async () => await readDetails('git', (await locateRepository(built.path))!)
    expect(await details()).toEqual({ description: undefined, owner: undefined, section: undefined, hidden: false })
    await writeFile(join(built.path, 'description'), 'From the\n file ')
    expect((await details()).description).toBe('From the file')
    await runGit(built.path, ['config', 'gitweb.description', 'From gitweb'])
    await runGit(built.path, ['config', 'gitweb.owner', 'Ann'])
    expect(await details()).toMatchObject({ description: 'From gitweb', owner: 'Ann' })
    await runGit(built.path, ['config', 'cgit.desc', 'From cgit'])
    await runGit(built.path, ['config', 'cgit.hide', 'true'])
    expect(await details()).toMatchObject({ description: 'From cgit', owner: 'Ann', hidden: true })
  })

  test('a configuration that includes another file or cannot be read says nothing and harms nothing', async () => {
    await using built = await buildRepository(createTrackerWriter({ seed: 'details' }))
    const other = join(home, 'other.config')
    await writeFile(other, '[gitweb]\n\towner = somebody else\n')
    await writeFile(
      join(built.path, 'config'),
      `[core]\n\trepositoryformatversion = 0\n[include]\n\tpath = ${other}\n[gitweb]\n`,
    )
    const location = (await locateRepository(built.path))!
    expect((await readDetails('git', location)).owner).toBeUndefined()
    await writeFile(join(built.path, 'config'), '[gitweb\n"')
    expect((await readDetails('git', location)).owner).toBeUndefined()
  })

  test('the export file counts only when it is there', async () => {
    await using built = await buildRepository(createTrackerWriter({ seed: 'export' }))
    const location = (await locateRepository(built.path))!
    expect(await isExportOk(location)).toBe(false)
    await writeFile(join(built.path, 'git-daemon-export-ok'), '')
    expect(await isExportOk(location)).toBe(true)
  })
})
