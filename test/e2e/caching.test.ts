/** What the cache manager promises, kept by the real program: news without a hook, an end at any time, many repositories. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeBenchRepository } from '../../bench/generate.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { type Exposition, parseExposition } from '../support/exposition.ts'
import { startProgram } from '../support/program.ts'
import { applyTo, buildRepository, deleteRef, runGit } from '../support/tracker-builder.ts'

const start = 1_700_000_000

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'caching-')))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The program with settings of its own. */
async function startViewer(
  name: string,
  settings: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>> = {},
) {
  const config = join(folder, `${name}.yaml`)
  await writeFile(config, JSON.stringify({ server: { port: 0 }, metrics: { enabled: true }, ...settings }))
  return await startProgram({
    args: ['--config', config, '--data-dir', join(folder, `${name}-data`)],
    cwd: folder,
    env,
    // What it starts is in its group, also when it has lost its parent.
    ownGroup: true,
  })
}

type Viewer = Awaited<ReturnType<typeof startViewer>>

async function textAt(viewer: Viewer, path: string): Promise<string> {
  return await (await fetch(viewer.url + path)).text()
}

async function measures(viewer: Viewer): Promise<Exposition> {
  return parseExposition(await textAt(viewer, 'metrics'))
}

function sum({ samples }: Exposition, name: string): number {
  return samples.filter(sample => sample.name === name).reduce((total, { value }) => total + value, 0)
}

/** Processes of the program's group, the program among them. */
function processesOf({ pid }: Viewer): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=', '-o', 'args='], { encoding: 'utf8' }).split('\n')
  return lines.filter(line => line.trimStart().startsWith(`${pid} `))
}

test('a plain push into a served repository shows with the next request, without any hook', async () => {
  const t = createTrackerWriter({ seed: 'plain push' })
  const ada = t.identity({ name: 'Ada', at: start })
  const first = t.bug(ada, { title: 'It smokes', message: '', at: start + 1 })
  await using served = await buildRepository(t)
  await using source = await buildRepository(t, { bare: false })
  const push = (...refs: string[]) => runGit(source.path, ['push', '--quiet', '--force', served.path, ...refs])
  await using viewer = await startViewer('push', {
    repositories: { list: [{ name: 'kiln', path: served.path }] },
    // Nothing but the request itself may look.
    cache: { lookMilliseconds: 0, rebuild: { enabled: false }, idleMinutes: 0 },
  })
  const page = () => textAt(viewer, 'kiln/-/bugs?q=sort:creation')
  expect(await page()).toContain('It smokes')

  t.bug(ada, { title: 'It whistles', message: '', at: start + 2 })
  await applyTo(source.path, t)
  await push('refs/bugs/*')
  expect(await page()).toContain('It whistles')

  first.title(ada, { title: 'It smokes no more', at: start + 3 })
  await applyTo(source.path, t)
  await push(first.ref)
  expect(await page()).toContain('It smokes no more')

  await push(`${first.commits[0]}:${first.ref}`)
  expect(await page()).not.toContain('It smokes no more')

  await runGit(served.path, ['gc', '--quiet'])
  expect(await page()).toContain('It smokes')
  await deleteRef(served.path, first.ref)
  expect(await page()).not.toContain('It smokes')

  const { value } = await measures(viewer)
  // The bug that was put back to what it was is found where it had been kept.
  expect(value('gitbugviewer_entities_total', { result: 'read' })).toBe(2 + 2)
  expect(value('gitbugviewer_entities_total', { result: 'stored' })).toBe(1)
  expect(await viewer.stop()).toBe(0)
})

test('ended in the middle of the first build of a large repository, it leaves nothing running', async () => {
  const path = join(folder, 'large.git')
  await writeBenchRepository({ path, bugs: 3000, seed: 1, objectFormat: 'sha1' })
  const settings = {
    repositories: { list: [{ name: 'large', path }] },
    cache: { workers: { threads: 2, fromEntities: 1 } },
  }
  await using viewer = await startViewer('large', settings, { GIT_BUG_VIEWER_CACHE_PROGRESS_AFTER_SECONDS: '0.1' })
  // The patience is over long before so many bugs can be read: what answers says how far that has come.
  const answer = await fetch(`${viewer.url}api/v1/repos/large/bugs`)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]/)])
  const waiting = fetch(`${viewer.url}large/-/bugs`).then(
    ({ status }) => status,
    () => 'no answer',
  )
  expect(await viewer.stop()).toBe(0)
  expect([503, 'no answer']).toContain(await waiting)
  await expect.poll(() => processesOf(viewer)).toEqual([])
})

test('a thousand repositories in a scanned folder are served, and none is opened before it is asked for', async () => {
  const t = createTrackerWriter({ seed: 'a thousand' })
  const ada = t.identity({ name: 'Ada', at: start })
  t.bug(ada, { title: 'It smokes', message: '', at: start + 1 })
  await using one = await buildRepository(t)
  await rm(join(one.path, 'hooks'), { recursive: true })
  const scanned = join(folder, 'scanned')
  const copy = 'mkdir "$2" && for n in $(seq 0 999); do cp -R "$1" "$2/kiln-$n.git" || exit 1; done'
  execFileSync('sh', ['-c', copy, 'sh', one.path, scanned])
  await using viewer = await startViewer('thousand', { repositories: { scan: [scanned] } })

  const atStart = await measures(viewer)
  expect(atStart.value('gitbugviewer_open_caches')).toBe(0)
  expect(sum(atStart, 'gitbugviewer_git_processes_started_total')).toBe(0)

  expect(await textAt(viewer, 'kiln-999/-/bugs')).toContain('It smokes')
  const afterOne = await measures(viewer)
  expect(afterOne.value('gitbugviewer_repositories')).toBe(1000)
  expect(afterOne.value('gitbugviewer_open_caches')).toBe(1)

  const index = await fetch(viewer.url)
  expect(index.status).toBe(200)
  expect(await index.text()).toContain('kiln-0')
  expect(await viewer.stop()).toBe(0)
  await expect.poll(() => processesOf(viewer)).toEqual([])
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'after %s the next start reads no bug from git, and finds every word',
  async signal => {
    const t = createTrackerWriter({ seed: 'restart' })
    const ada = t.identity({ name: 'Ada', at: start })
    for (let n = 0; n < 30; n++) t.bug(ada, { title: `Firing ${n}`, message: `under wheelhouse${n}`, at: start + n })
    await using built = await buildRepository(t)
    const settings = { repositories: { list: [{ name: 'kiln', path: built.path }] } }
    const search = 'kiln/-/bugs?q=wheelhouse17'
    {
      await using viewer = await startViewer(`restart-${signal}`, settings)
      expect(await textAt(viewer, search)).toContain('Firing 17')
      // What is on its way to the store has come there when it is counted.
      while (sum(await measures(viewer), 'gitbugviewer_store_bytes') < 31 * 300) await new Promise(setImmediate)
      process.kill(viewer.pid, signal)
      await viewer.stop()
    }
    await using viewer = await startViewer(`restart-${signal}`, settings)
    const page = await textAt(viewer, search)
    expect(page).toContain('Firing 17')
    expect(page).not.toContain('Firing 16')
    const { value, samples } = await measures(viewer)
    expect(value('gitbugviewer_entities_total', { result: 'stored' })).toBe(31)
    expect(value('gitbugviewer_entities_total', { result: 'read' })).toBe(0)
    const commands = samples.filter(({ name }) => name === 'gitbugviewer_git_processes_started_total')
    // Listed again where the files of refs were too young for the first look to settle anything.
    expect(commands.map(({ labels }) => labels.command)).toEqual(['for-each-ref'])
  },
)
