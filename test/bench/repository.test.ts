import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeBenchRepository } from '../../bench/generate.ts'
import { prepareRepository } from '../../bench/repository.ts'
import { runGit } from '../support/tracker-builder.ts'

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-repository-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const listRefs = (path: string) => runGit(path, ['for-each-ref', '--format=%(objectname) %(refname)'])
const looseRefs = async (path: string) => (await readdir(join(path, 'refs/bugs')).catch(() => [])).length
const packs = async (path: string) =>
  (await readdir(join(path, 'objects/pack'))).filter(name => name.endsWith('.pack')).length

test('a generated repository is as after housekeeping, and with loose refs still the same tracker', async () => {
  const folder = await makeFolder()
  const options = { bugs: 30, people: 5, seed: 3, objectFormat: 'sha1' } as const
  const [packed, loose] = [join(folder, 'packed.git'), join(folder, 'loose.git')]
  const counts = await writeBenchRepository({ ...options, path: packed })
  await writeBenchRepository({ ...options, path: loose, loose: 7 })
  expect(counts).toMatchObject({ bugs: 30, identities: 5 })
  expect([await packs(packed), await looseRefs(packed), await looseRefs(loose)]).toEqual([1, 0, 7])
  expect(await listRefs(loose)).toBe(await listRefs(packed))
})

test('a kept repository is found again, and another size or seed is another one', async () => {
  const folder = await makeFolder()
  const first = await prepareRepository(folder, { bugs: 3, people: 2 })
  await runGit(first.path, ['update-ref', '-d', (await listRefs(first.path)).split(/\s/)[1] ?? ''])
  const left = await listRefs(first.path)
  await prepareRepository(folder, { bugs: 3, people: 2, seed: 2 })
  expect(await prepareRepository(folder, { bugs: 3, people: 2 })).toEqual(first)
  expect(await listRefs(first.path)).toBe(left)
  expect((await readdir(folder)).toSorted()).toEqual(['generated-3-1.git', 'generated-3-2.git'])
})
