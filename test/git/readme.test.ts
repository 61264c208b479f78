import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type Git, openGit } from '../../src/git/git.ts'
import { type BuiltRepository, buildRepository, runGit } from '../support/tracker-builder.ts'

let git: Git
let built: BuiltRepository
beforeAll(async () => {
  git = await openGit()
  const t = createTrackerWriter({ seed: 'readme' })
  t.identity({ name: 'Ada', at: 1_700_000_000 })
  built = await buildRepository(t)
})
afterAll(() => built[Symbol.asyncDispose]())

/** Makes HEAD a commit of these entries of a tree: `mode type name` with a text, or a hash. */
async function commit(...entries: readonly (readonly [mode: string, name: string, text: string])[]) {
  const lines: string[] = []
  for (const [mode, name, text] of entries) {
    const isTree = mode === '040000'
    const input = isTree ? '' : text
    const args = isTree ? ['mktree'] : ['hash-object', '-w', '--stdin']
    const hash = (await runGit(built.path, args, { input })).trim()
    lines.push(`${mode} ${isTree ? 'tree' : 'blob'} ${hash}\t${name}\n`)
  }
  const tree = (await runGit(built.path, ['mktree'], { input: lines.join('') })).trim()
  const named = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  const hash = (await runGit(built.path, [...named, 'commit-tree', '-m', 'x', tree])).trim()
  await runGit(built.path, ['update-ref', 'HEAD', hash])
}

async function find() {
  await using reader = git.openReader(built.path)
  const found = await git.findReadme(built.path, reader)
  const blob = found && (await reader.read(found.hash, 1000))
  return found && [found.name, blob?.bytes?.toString()]
}

test('a repository of bugs only has no README', async () => {
  expect(await find()).toBeUndefined()
})

test('the README of HEAD is found in any case, the one in Markdown first', async () => {
  await commit(['100644', 'readme', 'plain'], ['100755', 'ReadMe.MD', 'marked'], ['100644', 'README.txt', 'text'])
  expect(await find()).toEqual(['ReadMe.MD', 'marked'])
  await commit(['100644', 'README.txt', 'text'], ['100644', 'README', 'plain'])
  expect(await find()).toEqual(['README', 'plain'])
})

test('nothing else is: no other name, no folder, and no link to another file', async () => {
  await commit(
    ['100644', 'README.html', '<b>'],
    ['100644', 'xREADME.md', 'x'],
    ['100644', 'README.md.orig', 'x'],
    ['100644', 'secret', 'x'],
    ['040000', 'README', ''],
    ['120000', 'README.md', 'secret'],
  )
  expect(await find()).toBeUndefined()
})

test('a HEAD that cannot be read is one without a README', async () => {
  await runGit(built.path, ['symbolic-ref', 'HEAD', 'refs/heads/nowhere'])
  expect(await find()).toBeUndefined()
})
