import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { entityRefs, inventHistory } from '../support/git-client.ts'
import { openDaemonGitServer, openHttpGitServer } from '../support/git-servers.ts'
import { applyTo, buildRepository, deleteRef, moveRef, runGit } from '../support/tracker-builder.ts'
import { filesIn, openCopy } from './remote-scene.ts'

const path = 'group/tool.git'
const signal = new AbortController().signal

test('a repository begins with what git needs, and nothing else, also where there was another', async () => {
  await using copy = await openCopy()
  const { gitDir } = copy
  expect(filesIn(gitDir)).toEqual(['HEAD', 'config'])
  expect((await runGit(gitDir, ['rev-parse', '--show-object-format', '--is-bare-repository'])).split('\n')).toEqual([
    'sha1',
    'true',
    '',
  ])
  mkdirSync(join(gitDir, 'hooks'))
  writeFileSync(join(gitDir, 'hooks/reference-transaction'), 'x')
  await copy.git.remotes.init(gitDir)
  expect(filesIn(gitDir)).toEqual(['HEAD', 'config'])
})

test('refs become one file, and what killed processes have left is removed', async () => {
  const { t } = inventHistory('tidy')
  await using built = await buildRepository(t)
  await using server = await openHttpGitServer({ [path]: built.path })
  await using copy = await openCopy()
  const { gitDir } = copy
  await copy.fetch(server.url(path))
  const refs = await entityRefs(gitDir)
  const leftovers = [
    'objects/pack/tmp_pack_Xy12',
    'objects/pack/tmp_idx_Xy12',
    'objects/pack/.tmp-77-pack-1234.pack',
    'objects/pack/pack-1234.keep',
    'objects/ab/tmp_obj_Xy12',
    'objects/incoming-Xy12/pack/tmp_pack_Zz',
    'objects/tmp_objdir-incoming-Xy12/pack/x',
    'objects/info/commit-graph.lock',
    'packed-refs.lock',
    'packed-refs.new',
    'config.lock',
    'HEAD.lock',
    'shallow.lock',
    'refs/bugs/1234.lock',
  ]
  for (const name of leftovers) {
    mkdirSync(dirname(join(gitDir, name)), { recursive: true })
    writeFileSync(join(gitDir, name), 'x')
  }
  await copy.git.remotes.tidy(gitDir, signal)
  expect(filesIn(gitDir).map(name => name.replace(/pack-\w+/, 'pack-'))).toEqual([
    'HEAD',
    'config',
    'objects/pack/pack-.idx',
    'objects/pack/pack-.pack',
    'packed-refs',
  ])
  expect(await entityRefs(gitDir)).toBe(refs)
  await runGit(gitDir, ['fsck', '--strict'])
})

test('refs that are packed already, that have moved since, and that a power cut has emptied come into the file as they are', async () => {
  const { t, bugs } = inventHistory('packed twice')
  await using built = await buildRepository(t)
  await using server = await openHttpGitServer({ [path]: built.path })
  await using copy = await openCopy()
  const { gitDir } = copy
  const pack = () => copy.git.remotes.tidy(gitDir, signal)
  await copy.fetch(server.url(path))
  await pack()
  await moveRef(built.path, bugs[0]!.ref, (await runGit(built.path, ['rev-parse', `${bugs[0]!.ref}~2`])).trim())
  await deleteRef(built.path, bugs[1]!.ref)
  await runGit(built.path, ['update-ref', 'refs/bugs/a/b/c', bugs[2]!.tip])
  await copy.fetch(server.url(path))
  await pack()
  expect(await entityRefs(gitDir)).toBe(await entityRefs(built.path))
  expect(filesIn(gitDir).filter(name => name.startsWith('refs/'))).toEqual([])
  await pack()
  // git itself takes the file, and writes it anew.
  await runGit(gitDir, ['update-ref', '-d', bugs[2]!.ref])
  writeFileSync(join(gitDir, bugs[3]!.ref), '')
  await pack()
  const broken = (await entityRefs(gitDir)).split('\n')
  expect(broken.some(line => line.endsWith(bugs[3]!.ref))).toBe(false)
  await copy.fetch(server.url(path))
  expect(await entityRefs(gitDir)).toBe(await entityRefs(built.path))
})

test('a fetch that was killed in its middle leaves files, which are removed, and the next one goes through', async () => {
  const { t, bugs, ada, at } = inventHistory('killed')
  // More than fits into one packet of git's protocol: git begins to write when the first is whole.
  bugs[0]!.comment(ada, { message: 'See the file.', files: [t.attach(randomBytes(400_000))], at: at + 9_000_000 })
  await using built = await buildRepository(t)
  await using server = await openHttpGitServer({ [path]: built.path })
  await using copy = await openCopy()
  const { gitDir } = copy
  server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 200_000 } : {})
  const args = ['-c', 'fetch.unpackLimit=1', 'fetch', '--quiet', server.url(path), '+refs/bugs/*:refs/bugs/*']
  const child = spawn('git', args, { cwd: gitDir, detached: true, stdio: 'ignore' })
  const ended = once(child, 'close')
  const arriving = () => filesIn(gitDir).filter(name => name.includes('tmp_pack'))
  await expect.poll(arriving, { timeout: 60_000 }).toHaveLength(1)
  // All of them before any is killed: one that sees another end removes its own files.
  process.kill(-child.pid!, 'SIGSTOP')
  process.kill(-child.pid!, 'SIGKILL')
  await ended
  expect(arriving()).toHaveLength(1)
  await copy.git.remotes.tidy(gitDir, signal)
  expect(filesIn(gitDir)).toEqual(['FETCH_HEAD', 'HEAD', 'config'])
  server.behave = () => ({})
  await copy.fetch(server.url(path))
  expect(await entityRefs(gitDir)).toBe(await entityRefs(built.path))
})

test('many packs become one; what no ref reaches any more is kept for an hour, and then goes', async () => {
  const { t, bugs, ada, at } = inventHistory('many packs', { days: 1 })
  await using built = await buildRepository(t)
  await using server = await openDaemonGitServer({ [path]: built.path })
  await using copy = await openCopy()
  const { gitDir } = copy
  const packs = () => readdirSync(join(gitDir, 'objects/pack')).filter(name => name.endsWith('.pack'))
  await copy.fetch(server.url(path))
  const [growing, , , later, gone] = bugs
  const has = async (hash: string) =>
    (await runGit(gitDir, ['cat-file', '--batch-check'], { input: hash })).includes('commit')
  const fetchMore = async (rounds: number, without: { readonly ref: string }) => {
    for (let round = 0; round < rounds; round++) {
      growing!.comment(ada, { message: `round ${round}`, at: at + 9_000_000 + round })
      await applyTo(built.path, t)
      await deleteRef(built.path, without.ref)
      await copy.fetch(server.url(path))
    }
  }
  await fetchMore(14, gone!)
  await copy.git.remotes.tidy(gitDir, signal)
  expect(packs()).toHaveLength(15)
  await fetchMore(1, gone!)
  await copy.git.remotes.tidy(gitDir, signal)
  expect(packs()).toHaveLength(2)
  for (const { tip } of [gone!, growing!, later!]) expect(await has(tip)).toBe(true)

  await fetchMore(14, later!)
  const longAgo = Date.now() / 1000 - 7200
  for (const name of filesIn(gitDir)) if (name.endsWith('.pack')) utimesSync(join(gitDir, name), longAgo, longAgo)
  await copy.git.remotes.tidy(gitDir, signal)
  expect(packs().length).toBeLessThan(3)
  expect(await has(later!.tip)).toBe(false)
  expect(await has(growing!.tip)).toBe(true)
  expect(await entityRefs(gitDir)).toBe(await entityRefs(built.path))
  await runGit(gitDir, ['fsck', '--strict'])
})
