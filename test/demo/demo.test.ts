import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { type DemoOptions, ensureDemoRepository } from '../../src/demo/demo.ts'
import { importInto, runGit } from '../support/tracker-builder.ts'

const contentDir = resolve(import.meta.dirname, '../../demo')
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'demo-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

/** Options for a data folder that does not exist yet; `imports` counts how often git was asked. */
function optionsFor(dataDir: string, more: Partial<DemoOptions> = {}) {
  const asked = { imports: 0 }
  const options: DemoOptions = {
    dataDir: join(home, dataDir),
    contentDir,
    importInto: (gitDir, stream) => {
      asked.imports += 1
      return importInto(gitDir, stream)
    },
    ...more,
  }
  return { options, asked }
}

/** Everything inside a folder with its time of change. */
async function listFiles(folder: string): Promise<string[]> {
  const paths = (await readdir(folder, { recursive: true })).sort()
  return Promise.all(paths.map(async path => `${path} ${(await stat(join(folder, path))).mtimeMs}`))
}

test('the demo repository is sound, bare, and called kiln', async () => {
  const { options } = optionsFor('data')
  const path = await ensureDemoRepository(options)
  expect(path.endsWith('/kiln.git')).toBe(true)
  expect(await runGit(path, ['rev-parse', '--is-bare-repository'])).toBe('true\n')
  expect(await runGit(path, ['fsck', '--strict', '--no-dangling'])).toBe('')
  expect(await runGit(path, ['show', 'main:README.md'])).toContain('# kiln')
  const refs = await runGit(path, ['for-each-ref', '--format=%(refname)'])
  expect(refs).not.toContain('import-scratch')
})

test('two machines build the same refs', async () => {
  const [one, two] = await Promise.all(['one', 'two'].map(name => ensureDemoRepository(optionsFor(name).options)))
  expect(await runGit(one!, ['for-each-ref'])).toBe(await runGit(two!, ['for-each-ref']))
})

test('a repository that is there is neither built nor written again', async () => {
  const { options, asked } = optionsFor('data')
  const path = await ensureDemoRepository(options)
  const before = await listFiles(options.dataDir)
  expect(await ensureDemoRepository(options)).toBe(path)
  expect(asked.imports).toBe(1)
  expect(await listFiles(options.dataDir)).toEqual(before)
})

test('several processes that start at once end with one repository and nothing beside it', async () => {
  const { options, asked } = optionsFor('data')
  const paths = await Promise.all([1, 2, 3].map(() => ensureDemoRepository(options)))
  expect(new Set(paths).size).toBe(1)
  expect(asked.imports).toBe(3)
  expect(await readdir(options.dataDir)).toHaveLength(1)
  expect(await runGit(paths[0]!, ['fsck', '--strict', '--no-dangling'])).toBe('')
})

test('other content gets another repository, and the one before stays as it is', async () => {
  const edited = join(home, 'content')
  await cp(contentDir, edited, { recursive: true })
  const first = await ensureDemoRepository(optionsFor('data', { contentDir: edited }).options)
  const people = await readFile(join(edited, 'people.yaml'), 'utf8')
  await writeFile(join(edited, 'people.yaml'), people.replace('Ada Marsh', 'Ada Moor'))
  const second = await ensureDemoRepository(optionsFor('data', { contentDir: edited }).options)
  expect(second).not.toBe(first)
  expect(await runGit(first, ['for-each-ref'])).not.toBe(await runGit(second, ['for-each-ref']))
})

test('documentation for those who edit the content is no content', async () => {
  const edited = join(home, 'content')
  await cp(contentDir, edited, { recursive: true })
  const first = await ensureDemoRepository(optionsFor('data', { contentDir: edited }).options)
  await writeFile(join(edited, 'README.md'), 'other words')
  expect(await ensureDemoRepository(optionsFor('data', { contentDir: edited }).options)).toBe(first)
})

test('a failed import is reported and leaves nothing behind', async () => {
  const failing = optionsFor('data', { importInto: () => Promise.reject(new Error('no space left')) }).options
  await expect(ensureDemoRepository(failing)).rejects.toThrow('no space left')
  expect(await readdir(failing.dataDir)).toEqual([])
})

test('what a killed process left behind goes after an hour, and not before', async () => {
  const { options } = optionsFor('data')
  const { dataDir } = options
  const names = {
    old: 'demo-v1-000000000000.tmp-aaaaaa',
    young: 'demo-v1-000000000000.tmp-bbbbbb',
    other: 'mirrors.tmp-c',
  }
  for (const name of Object.values(names)) await mkdir(join(dataDir, name), { recursive: true })
  const nowMs = Date.now()
  await utimes(join(dataDir, names.old), nowMs / 1000, nowMs / 1000 - 3601)
  await utimes(join(dataDir, names.other), nowMs / 1000, nowMs / 1000 - 3601)
  await ensureDemoRepository({ ...options, clock: { ...systemClock, nowMs: () => nowMs } })
  const left = await readdir(dataDir)
  expect(left).toContain(names.young)
  expect(left).toContain(names.other)
  expect(left).not.toContain(names.old)
})
