/** The hook in real repositories: where it goes, what becomes of another hook, and that it can be taken out again. */
import { execFileSync } from 'node:child_process'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { installHook, uninstallHook } from '../../src/git/hook-install.ts'
import { readHookScript } from '../../src/git/hook-script.ts'
import { projectRoot } from '../support/program.ts'
import { runGit } from '../support/tracker-builder.ts'

let folder: string
let repository: string
let hooks: string
let hook: string
let earlier: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'hook-install-')))
  repository = join(folder, `pots & "pans"/kiln's é.git`)
  await mkdir(repository, { recursive: true })
  await runGit(repository, ['init', '--quiet', '--bare', '--template=', '.'])
  hooks = join(repository, 'hooks')
  hook = join(hooks, 'post-receive')
  earlier = `${hook}.before-git-bug-viewer`
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const install = (path = repository, defaults = {}) => installHook('git', path, defaults)
const uninstall = (path = repository) => uninstallHook('git', path)
const modeOf = async (file: string) => (await stat(file)).mode & 0o7777

async function writeHook(text = '#!/bin/sh\necho other\n', mode = 0o750): Promise<void> {
  await mkdir(hooks, { recursive: true })
  await writeFile(hook, text)
  await chmod(hook, mode)
}

describe('the script', () => {
  test('is the one in docs/examples', async () => {
    expect(await readHookScript({})).toBe(await readFile(join(projectRoot, 'docs/examples/post-receive'), 'utf8'))
  })

  test('has the defaults as they were given, whatever characters they have', async () => {
    const nasty = `it's "x" $HOME \`id\` \\ $& $1 'a'; é*`
    const defaults = { url: 'http://[::1]:1/b', repo: nasty, root: `/${nasty}`, secretFile: "/'" }
    const script = await readHookScript(defaults)
    const assignments = script.split('\n').filter(line => line.startsWith('default_'))
    const print = 'printf "%s\\n" "$default_url" "$default_repo" "$default_root" "$default_secret_file"'
    const printed = execFileSync('sh', ['-c', [...assignments, print].join('\n')], { encoding: 'utf8' })
    expect(printed.trimEnd().split('\n')).toEqual(Object.values(defaults))
    expect(script.split('\n')).toHaveLength((await readHookScript({})).split('\n').length)
  })

  test.each(['a\nb', 'a\rb', '\u0000', '\u001b[1m'])('takes no value with control characters: %j', async repo => {
    await expect(readHookScript({ repo })).rejects.toMatchObject({ code: 'SETTING_INVALID' })
  })
})

describe('an installation', () => {
  test('puts an executable script where git looks for it, and leaves nothing else behind', async () => {
    expect(await install()).toEqual({ file: hook, earlier: undefined, isShared: false })
    expect(await readFile(hook, 'utf8')).toBe(await readHookScript({}))
    expect(await modeOf(hook)).toBe(0o755)
    expect(await readdir(hooks)).toEqual(['post-receive'])
  })

  test('a second time changes the defaults and nothing else', async () => {
    await writeHook()
    await install()
    expect(await install(repository, { repo: 'group/tool' })).toEqual({ file: hook, earlier, isShared: false })
    expect(await readFile(hook, 'utf8')).toContain(`default_repo='group/tool'`)
    expect(await readFile(earlier, 'utf8')).toBe('#!/bin/sh\necho other\n')
    expect((await readdir(hooks)).toSorted()).toEqual(['post-receive', 'post-receive.before-git-bug-viewer'])
  })

  test('goes into the repository of a work tree, and of a linked work tree', async () => {
    const tree = join(folder, 'tree')
    await runGit(folder, ['init', '--quiet', '--initial-branch=main', tree])
    const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
    await runGit(tree, [...author, 'commit', '--quiet', '--allow-empty', '-m', 'x'])
    await runGit(tree, ['worktree', 'add', '--quiet', join(folder, 'linked')])
    const file = join(tree, '.git/hooks/post-receive')
    expect(await install(tree)).toMatchObject({ file, isShared: false })
    expect(await uninstall(tree)).toMatchObject({ file })
    expect(await install(join(folder, 'linked'))).toMatchObject({ file, isShared: false })
  })

  test('leaves no half-made file where it cannot go on', async () => {
    await mkdir(hook, { recursive: true })
    await expect(install()).rejects.toThrow(`${hook} is neither a file nor a link`)
    expect(await readdir(hooks)).toEqual(['post-receive'])
  })

  test.each(['', 'objects'])('refuses what is not the top folder of a repository: %j', async inside => {
    const path = inside === '' ? folder : join(repository, inside)
    await expect(install(path)).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: `${path} is not a git repository`,
    })
  })
})

describe('another hook', () => {
  test('is kept as it is, and comes back', async () => {
    await writeHook()
    const before = await lstat(hook)
    expect(await install()).toMatchObject({ earlier })
    expect(await modeOf(earlier)).toBe(0o750)
    expect(await uninstall()).toEqual({ file: hook, earlier, isShared: false })
    const after = await lstat(hook)
    expect([after.ino, after.mode, after.size]).toEqual([before.ino, before.mode, before.size])
    expect(await readdir(hooks)).toEqual(['post-receive'])
  })

  test('that is a link stays a link, and what it leads to is not touched', async () => {
    await mkdir(hooks)
    await writeFile(join(folder, 'common'), 'common')
    await symlink('../../../common', hook)
    await install()
    expect(await readlink(earlier)).toBe('../../../common')
    expect((await lstat(hook)).isSymbolicLink()).toBe(false)
    expect(await readFile(join(folder, 'common'), 'utf8')).toBe('common')
    await uninstall()
    expect(await readlink(hook)).toBe('../../../common')
  })

  test('that leads nowhere is kept too', async () => {
    await mkdir(hooks)
    await symlink('nowhere', hook)
    await install()
    expect(await readlink(earlier)).toBe('nowhere')
  })

  test('and one kept before are too many: nothing is changed', async () => {
    await writeHook('new one')
    await writeFile(earlier, 'old one')
    await expect(install()).rejects.toThrow(
      `${hook} is another hook, and ${earlier} is there too: move one of them away first`,
    )
    expect([await readFile(hook, 'utf8'), await readFile(earlier, 'utf8')]).toEqual(['new one', 'old one'])
    expect(await readdir(hooks)).toHaveLength(2)
  })

  test('that is a link to this one is not run a second time', async () => {
    await mkdir(hooks)
    const common = join(folder, 'common')
    await writeFile(common, await readHookScript({}))
    await symlink(common, hook)
    await expect(install()).rejects.toThrow(`change ${common} instead`)
    await expect(uninstall()).rejects.toThrow(`change ${common} instead`)
  })

  test('is not taken away as if it were this one', async () => {
    await writeHook()
    await expect(uninstall()).rejects.toThrow(`${hook} is not a hook of git-bug-viewer`)
    await rm(hook)
    await expect(uninstall()).rejects.toThrow(`there is no hook ${hook}`)
  })
})

test('a removal without another hook leaves none', async () => {
  await install()
  expect(await uninstall()).toEqual({ file: hook, earlier: undefined, isShared: false })
  expect(await readdir(hooks)).toEqual([])
})

describe('core.hooksPath', () => {
  const setPath = (path: string) => runGit(repository, ['config', 'core.hooksPath', path])

  test('is where the hook goes, and is said to be shared', async () => {
    const shared = join(folder, "all hooks'")
    await mkdir(shared)
    await setPath(shared)
    expect(await install()).toEqual({ file: join(shared, 'post-receive'), earlier: undefined, isShared: true })
    expect(await readdir(repository)).not.toContain('hooks')
    await uninstall()
    expect(await readdir(shared)).toEqual([])
  })

  test('starts where git runs the hook when it is relative: in the git folder, of a work tree too', async () => {
    const tree = join(folder, 'tree')
    const heard = join(folder, 'heard')
    await runGit(folder, ['init', '--quiet', tree])
    await runGit(tree, ['config', 'core.hooksPath', 'my hooks'])
    await mkdir(join(tree, '.git/my hooks'))
    const file = join(tree, '.git/my hooks/post-receive')
    await writeFile(file, `#!/bin/sh\ncat >'${heard}'\n`, { mode: 0o755 })
    expect(await install(tree)).toEqual({ file, earlier: `${file}.before-git-bug-viewer`, isShared: true })
    const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
    await runGit(tree, [...author, 'commit', '--quiet', '--allow-empty', '-m', 'x'])
    await runGit(tree, ['push', '--quiet', tree, 'HEAD:refs/heads/other'])
    // Git has found this hook there, since it has run the other one.
    expect(await readFile(heard, 'utf8')).toContain(' refs/heads/other\n')
  })

  test('that names no folder is said', async () => {
    await setPath('/dev/null')
    await expect(install()).rejects.toThrow('core.hooksPath names /dev/null, which is not a folder')
  })
})

test('a folder of hooks that is a link is followed, and said to be shared', async () => {
  const shared = join(folder, 'shared')
  await mkdir(shared)
  await symlink(shared, hooks)
  expect(await install()).toMatchObject({ file: join(shared, 'post-receive'), isShared: true })
})
