import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { gitEnvironment } from '../../src/git/environment.ts'
import { openGit } from '../../src/git/git.ts'
import { runGit as runOne } from '../../src/git/process.ts'
import { checkGitVersion } from '../../src/git/version.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'

test('what the caller has in the environment for git does not reach git, but where its settings are does', () => {
  const environment = gitEnvironment({
    PATH: '/bin',
    HOME: '/home/ann',
    GIT_DIR: '/elsewhere',
    GIT_SSH_COMMAND: 'run me',
    GIT_CONFIG_PARAMETERS: "'core.fsmonitor=run me'",
    GIT_OBJECT_DIRECTORY: '/elsewhere',
    GIT_CONFIG_GLOBAL: '/etc/gitconfig.viewer',
  })
  expect(environment).toMatchObject({ PATH: '/bin', HOME: '/home/ann', GIT_CONFIG_GLOBAL: '/etc/gitconfig.viewer' })
  expect(Object.values(environment).filter(value => /run me|elsewhere/.test(value))).toEqual([])
})

test('a repository whose settings name programs has none of them run', async () => {
  const t = createTrackerWriter({ seed: 'hostile settings' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'x', message: '', at: 1_700_000_100 })
  await using built = await buildRepository(t, { bare: false })
  const marker = join(built.path, 'ran')
  const program = join(built.path, 'program')
  await writeFile(program, `#!/bin/sh\necho "$0 $*" >> ${marker}\n`)
  await chmod(program, 0o755)
  for (const key of [
    'core.fsmonitor',
    'core.sshCommand',
    'core.askPass',
    'core.pager',
    'credential.helper',
    'core.gitProxy',
    'diff.external',
    'core.editor',
    'gpg.program',
    'uploadpack.packObjectsHook',
    'core.alternateRefsCommand',
  ]) {
    await runGit(built.path, ['config', key, program])
  }
  await runGit(built.path, ['config', 'core.hooksPath', built.path])
  await runGit(built.path, ['config', 'log.showSignature', 'true'])
  await runGit(built.path, ['config', 'extensions.partialClone', 'origin'])
  await runGit(built.path, ['config', 'core.repositoryFormatVersion', '1'])
  await runGit(built.path, ['config', 'remote.origin.url', `ext::${program}`])
  await runGit(built.path, ['config', 'remote.origin.promisor', 'true'])
  await runGit(built.path, ['config', 'protocol.ext.allow', 'always'])
  const git = await openGit()
  await git.listRefs(built.path, { prefixes: ['refs/bugs'] })
  await git.walkHistory(built.path, { tips: [bug.tip], onCommit: () => {} })
  await using reader = git.openReader(built.path)
  expect((await reader.read(bug.tip, 1_000_000))?.type).toBe('commit')
  // A missing object of a partial clone would be fetched through the remote, which is the program.
  expect(await reader.read('9'.repeat(40), 1_000_000)).toBeUndefined()
  await expect(readFile(marker, 'utf8')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('reading leaves every file of a repository as it was', async () => {
  const t = createTrackerWriter({ seed: 'untouched' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  const bug = t.bug(ada, { title: 'x', message: '', at: 1_700_000_100 })
  await using built = await buildRepository(t)
  const state = () => execFileSync('find', ['.', '-printf', '%p %s %T@ %m\n'], { cwd: built.path, encoding: 'utf8' })
  const before = state()
  const git = await openGit()
  await git.listRefs(built.path, { prefixes: ['refs/bugs'] })
  await git.walkHistory(built.path, { tips: [bug.tip], onCommit: () => {} })
  await using reader = git.openReader(built.path)
  await reader.read(bug.tip, 1_000_000)
  expect(state()).toBe(before)
})

const setup = { program: 'git', clock: systemClock, silenceLimitMs: 10_000, ambient: process.env }

test('more output than allowed ends the process', async () => {
  const run = runOne(setup, '/', ['help', '-a'], { maxOutputBytes: 100 })
  await expect(run).rejects.toMatchObject({ code: 'GIT_OUTPUT_TOO_LARGE' })
})

test('a signal ends the process and its reason is what the caller gets', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slow-git-'))
  const program = join(folder, 'git')
  await writeFile(program, '#!/bin/sh\nexec sleep 60\n')
  await chmod(program, 0o755)
  const stop = new AbortController()
  const run = runOne({ ...setup, program }, folder, ['anything'], { signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(run).rejects.toThrow('enough')
  await rm(folder, { recursive: true })
})

test('a program that is not there is GIT_MISSING', async () => {
  await expect(openGit({ program: '/no/such/git' })).rejects.toMatchObject({ code: 'GIT_MISSING' })
})

test.each([['1.9.5'], ['2.30.9']])('git %s is too old, and the sentence says what is needed', version => {
  expect(() => checkGitVersion(version)).toThrow(`git ${version} is too old: install git 2.31 or later`)
})

test.each([['2.31.0'], ['2.39.5.windows.1'], ['3.0']])('git %s is new enough', version => {
  expect(checkGitVersion(version).text).toBe(version)
})
