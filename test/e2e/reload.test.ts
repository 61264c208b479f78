/** New settings without a restart, with the real process: SIGHUP, what it changes, and that nobody loses an answer. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { projectRoot, type RunningProgram, startProgram } from '../support/program.ts'
import { buildRepository } from '../support/tracker-builder.ts'

let folder: string
let config: string
/** What the settings file is made of in each test. */
const settings = (more: string, repositories = ['kiln']) =>
  writeFile(
    config,
    `repositories:\n  list: [${repositories.map(name => `${folder}/${name}.git`).join(', ')}]\n${more}\n`,
  )

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reload-'))
  config = join(folder, 'settings.yaml')
  for (const name of ['kiln', 'wheel']) {
    const t = createTrackerWriter({ seed: name })
    const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
    t.bug(ada, { title: `The ${name} smokes`, message: 'A lot.', at: 1_700_000_100 })
    await buildRepository(t, { dir: join(folder, `${name}.git`) })
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const start = (more: { readonly env?: Readonly<Record<string, string>> } = {}) =>
  startProgram({ args: ['--config', config, '--port', '0', '--data-dir', join(folder, 'data')], cwd: folder, ...more })

const wasRead = 'the settings were read again'
/** Sends SIGHUP and waits for the line that says what came of it, the `n`th of its kind. */
async function hangUp(viewer: RunningProgram, said = wasRead) {
  const count = () => viewer.log().filter(({ msg }) => msg === said).length
  const before = count()
  process.kill(viewer.pid, 'SIGHUP')
  await expect.poll(count).toBe(before + 1)
  return viewer.log().findLast(({ msg }) => msg === said)
}

const titleOf = async (url: string) => /<title>([^<]*)</.exec(await (await fetch(url)).text())?.[1]
const statusOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).status

test('the title, repositories, the base path and the secret of hooks change; a page of before is no longer right', async () => {
  await settings('server:\n  title: Before')
  await using viewer = await start()
  const list = `${viewer.url}kiln/-/bugs`
  const first = await fetch(list)
  const etag = first.headers.get('etag') ?? ''
  expect(await first.text()).toContain('Before')
  expect(await statusOf(list, { headers: { 'if-none-match': etag } })).toBe(304)
  expect(await statusOf(`${viewer.url}wheel/-/bugs`)).toBe(404)

  await settings('server:\n  title: After\n  basePath: /bugs\nhooks:\n  secret: very secret', ['wheel'])
  expect(await hangUp(viewer)).toMatchObject({
    changed: ['server.basePath', 'server.title', 'repositories.list', 'hooks.secret'],
  })
  const answer = await fetch(`${viewer.url}bugs/wheel/-/bugs`, { headers: { 'if-none-match': etag } })
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain('After')
  expect(await statusOf(`${viewer.url}bugs/kiln/-/bugs`)).toBe(404)
  const hook = { method: 'POST', body: '', headers: { 'content-type': 'text/plain' } }
  expect(await statusOf(`${viewer.url}bugs/hooks/post-receive?repo=wheel`, hook)).toBe(401)
  const told = { ...hook, headers: { ...hook.headers, authorization: 'Bearer very secret' } }
  expect(await statusOf(`${viewer.url}bugs/hooks/post-receive?repo=wheel`, told)).toBe(202)
  expect(await viewer.stop()).toBe(0)
})

test('settings that are wrong change nothing, and the log says what is wrong with them', async () => {
  await settings('server:\n  title: Before')
  await using viewer = await start()
  await settings('server:\n  tittle: After', ['kiln', 'wheel'])
  const refused = 'the settings cannot be used; everything stays as it was'
  expect(await hangUp(viewer, refused)).toMatchObject({ reason: expect.stringContaining('tittle') })
  expect(await titleOf(`${viewer.url}kiln/-/bugs`)).toContain('Before')
  await settings('server:\n  title: After', ['kiln', 'nowhere'])
  expect(await hangUp(viewer, refused)).toMatchObject({ reason: expect.stringContaining('nowhere.git') })
  expect(await titleOf(`${viewer.url}kiln/-/bugs`)).toContain('Before')
  await settings('server:\n  title: After', ['kiln', 'wheel'])
  await hangUp(viewer)
  expect(await titleOf(`${viewer.url}wheel/-/bugs`)).toContain('After')
})

test('files that the settings name are read again, and one that is gone changes nothing', async () => {
  const header = join(folder, 'header.html')
  await writeFile(header, '<p>The first header</p>')
  await settings(`look:\n  header: ${header}`)
  await using viewer = await start()
  const page = async () => await (await fetch(`${viewer.url}kiln/-/bugs`)).text()
  expect(await page()).toContain('The first header')
  await writeFile(header, '<p>The second header</p>')
  await hangUp(viewer)
  expect(await page()).toContain('The second header')
  await rm(header)
  const refused = 'the settings cannot be used; everything stays as it was'
  expect(await hangUp(viewer, refused)).toMatchObject({ reason: expect.stringContaining('header.html') })
  expect(await page()).toContain('The second header')
})

test('what needs a restart stays as it was, and is named', async () => {
  await settings('')
  await using viewer = await start()
  await settings('server:\n  title: After\ncache:\n  workers:\n    threads: 1')
  await hangUp(viewer)
  const warning = await viewer.logged(({ waiting }) => waiting !== undefined)
  expect(warning).toMatchObject({ waiting: ['cache.workers.threads'] })
  expect(await titleOf(`${viewer.url}kiln/-/bugs`)).toContain('After')
})

test('readers who ask all the time get every answer, over twenty changes', async () => {
  await settings('server:\n  title: Number 0')
  await using viewer = await start()
  let isOver = false
  const answers: string[] = []
  const read = async (path: string) => {
    while (!isOver) {
      const answer = await fetch(`${viewer.url}${path}`)
      answers.push(`${answer.status} ${path}`)
      await answer.text()
    }
  }
  const readers = ['kiln/-/bugs', 'kiln/-/bugs.atom', '-/help/query', 'api/v1/repos'].map(read)
  for (let n = 1; n <= 20; n++) {
    await settings(`server:\n  title: Number ${n}`)
    await hangUp(viewer)
    expect(await titleOf(`${viewer.url}kiln/-/bugs`)).toContain(`Number ${n}`)
  }
  isOver = true
  await Promise.all(readers)
  expect(new Set(answers.map(answer => answer.slice(0, 3)))).toEqual(new Set(['200']))
  expect(answers.length).toBeGreaterThan(20)
})

test('what was asked before is answered, though it takes longer; pages that wait for news ask again', async () => {
  // A git that does nothing while a file is there.
  const gate = join(folder, 'gate')
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  await writeFile(
    join(bin, 'git'),
    `#!/bin/sh\nwhile [ -e ${gate} ]; do : > ${gate}.asked; sleep 0.02; done\nexec ${realGit} "$@"\n`,
  )
  await chmod(join(bin, 'git'), 0o755)
  await settings('server:\n  title: Before', ['kiln', 'wheel'])
  await using viewer = await start({ env: { PATH: `${bin}:${process.env.PATH}` } })
  const path = /data-events="\/([^"]+)"/.exec(await (await fetch(`${viewer.url}kiln/-/bugs`)).text())?.[1]
  const events = await fetch(`${viewer.url}${path}`)
  const eventsEnd = events.text()
  await writeFile(gate, '')
  const slow = fetch(`${viewer.url}wheel/-/bugs`)
  await expect.poll(() => existsSync(`${gate}.asked`)).toBe(true)
  await settings('server:\n  title: After', ['kiln', 'wheel'])
  await hangUp(viewer)
  expect(await eventsEnd).toBe('retry: 5000\n\n')
  await rm(gate)
  const page = await slow
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('The wheel smokes')
  expect(await titleOf(`${viewer.url}wheel/-/bugs`)).toContain('After')
})

test('a signal that finds nothing changed changes nothing', async () => {
  await settings('')
  await using viewer = await start()
  const count = () => viewer.log().filter(({ msg }) => msg === wasRead).length
  process.kill(viewer.pid, 'SIGHUP')
  await expect.poll(count).toBe(1)
  expect(await hangUp(viewer)).toMatchObject({ changed: [] })
  expect(await viewer.stop()).toBe(0)
})

test('the end of the terminal that it was started in is its end, and a signal there is not', async () => {
  await settings('')
  // Python has what it takes to give it a terminal of its own.
  const pty = `
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
out = b''
while b'is ready' not in out:
    out += os.read(terminal, 65536)
os.kill(pid, signal.SIGHUP)
while b'read again' not in out:
    out += os.read(terminal, 65536)
print('still there', flush=True)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`
  const args = [join(projectRoot, 'bin/git-bug-viewer.js'), '--config', config, '--port', '0']
  const env = { PATH: process.env.PATH, HOME: folder, GIT_BUG_VIEWER_DATA_DIR: join(folder, 'data') }
  const said = execFileSync('python3', ['-c', pty, process.execPath, ...args], { encoding: 'utf8', env })
  expect(said).toBe('still there\n0\n')
})
