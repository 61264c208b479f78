import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { digestOfRepository } from '../faults/recovery.ts'
import { projectRoot, runProgram, startProgram } from '../support/process.ts'
import { buildRepository, runGit } from '../support/tracker-builder.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'e2e-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

function tracker() {
  const t = createTrackerWriter({ seed: 'process' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  t.bug(ada, { title: 'It smokes', message: 'A lot.', at: 1_700_000_100 })
  return t
}

test('it says where it is, serves, and ends with status 0 on SIGTERM and on SIGINT', async () => {
  await using built = await buildRepository(tracker())
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await using viewer = await startProgram({ args: [built.path] })
    expect(viewer.url).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+$/)
    const page = await fetch(viewer.url)
    expect(page.url).toBe(`${viewer.url}/tracker/-/bugs`)
    expect(await page.text()).toContain('It smokes')
    expect(await viewer.stop(signal)).toEqual({ status: 0, signal: null })
  }
})

test('after the end no git process is left, even when it was stopped in the middle of reading', async () => {
  const t = createTrackerWriter({ seed: 'many' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  for (let n = 0; n < 2000; n++) t.bug(ada, { title: `Bug ${n}`, message: 'text', at: 1_700_000_000 + n })
  await using built = await buildRepository(t)
  await using viewer = await startProgram({ args: [built.path] })
  const asked = fetch(`${viewer.url}/tracker/-/bugs`).then(
    answer => answer.status,
    () => 'no answer',
  )
  expect((await viewer.stop()).status).toBe(0)
  expect([200, 503, 'no answer']).toContain(await asked)
  expect(execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })).not.toContain(built.path)
  const files = execFileSync('ps', ['-eo', 'ppid=,args='], { encoding: 'utf8' })
  expect(files.split('\n').filter(line => line.trim().startsWith(`${viewer.child.pid} `))).toEqual([])
})

test('a request under way is finished before the end', async () => {
  const t = createTrackerWriter({ seed: 'slow' })
  const ada = t.identity({ name: 'Ada', at: 1_700_000_000 })
  for (let n = 0; n < 500; n++) t.bug(ada, { title: `Bug ${n}`, message: 'text', at: 1_700_000_000 + n })
  await using built = await buildRepository(t)
  // A git that waits for a file before it lists the refs: the request is under way for as long as the test likes.
  const gate = join(home, 'gate')
  const bin = join(home, 'bin')
  await mkdir(bin)
  const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  await writeFile(
    join(bin, 'git'),
    `#!/bin/sh\ncase "$1" in for-each-ref) : > ${gate}.asked; while [ ! -e ${gate} ]; do read -t 0.02 x < /dev/zero || sleep 0.02; done;; esac\nexec ${realGit} "$@"\n`,
  )
  await chmod(join(bin, 'git'), 0o755)
  await using viewer = await startProgram({ args: [built.path], env: { PATH: `${bin}:${process.env.PATH}` } })
  const asked = fetch(`${viewer.url}/tracker/-/bugs`)
  while (
    !(await readFile(`${gate}.asked`).then(
      () => true,
      () => false,
    ))
  )
    await new Promise(setImmediate)
  const ended = viewer.stop()
  await writeFile(gate, '')
  const answer = await asked
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain('Bug 499')
  expect(await ended).toEqual({ status: 0, signal: null })
})

test('what another version has in the data folder stays as it is', async () => {
  await using built = await buildRepository(tracker())
  const data = join(home, 'of-two-versions')
  const foreign = ['store-v0', 'store-v99', 'search-v1', 'streams-v0', 'mirrors-v99', 'demo-v0-0123456789ab']
  for (const name of foreign) {
    await mkdir(join(data, name), { recursive: true })
    await writeFile(join(data, name, 'store.sqlite'), `of ${name}`)
  }
  const digests = () => Promise.all(foreign.map(name => digestOfRepository(join(data, name))))
  const before = await digests()
  for (const run of ['the first', 'the next']) {
    const env = { GIT_BUG_VIEWER_MIRRORS_OPEN: '[https://git.example.org/**]' }
    await using viewer = await startProgram({ args: ['--data-dir', data, built.path], env })
    expect(await (await fetch(`${viewer.url}/tracker/-/bugs?q=smokes`)).text(), run).toContain('It smokes')
    expect(await viewer.stop()).toEqual({ status: 0, signal: null })
  }
  expect(await digests()).toEqual(before)
  expect(await readdir(data)).toEqual(expect.arrayContaining([...foreign, 'mirrors-v1', 'search-v2', 'store-v1']))
})

describe('what it shows without being told', () => {
  test('the repository around the current folder, if it holds bugs', async () => {
    await using built = await buildRepository(tracker(), { bare: false })
    const inner = join(built.path, 'some/folder')
    await mkdir(inner, { recursive: true })
    await using viewer = await startProgram({ cwd: inner })
    expect((await fetch(viewer.url)).url).toBe(`${viewer.url}/tracker/-/bugs`)
  })

  test('the demo elsewhere, made once in the data folder', async () => {
    const folder = join(home, 'no-tracker')
    await mkdir(folder)
    await runGit(folder, ['init', '--quiet', '.'])
    await using viewer = await startProgram({ cwd: folder })
    const page = await (await fetch(viewer.url)).text()
    expect(page).toContain('kiln')
    const list = (await (await fetch(`${viewer.url}/api/v1/repos/kiln/bugs`)).json()) as { total: number }
    expect(list.total).toBeGreaterThanOrEqual(25)
    const problems = await (await fetch(`${viewer.url}/api/v1/repos/kiln/problems`)).json()
    expect(problems).toEqual({ items: [] })
  })
})

describe('a mistake is one sentence on standard error and status 2', () => {
  test.each([
    ['an unknown option', ['--prot', '80'], /--prot.*--port/],
    ['an option without its value', ['--port'], /--port/],
    ['a port that is none', ['--port', 'http'], /server\.port.*--port.*http/],
    ['a settings file that is not there', ['--config', '/nowhere.yaml'], /\/nowhere\.yaml/],
    ['a folder that is not there', ['/no/such/folder'], /\/no\/such\/folder/],
    ['a host that is none of ours', ['--host', '192.0.2.1', '--port', '0', '.'], /192\.0\.2\.1.*--host/],
  ])('%s', async (_what, args, message) => {
    const { status, stdout, stderr } = await runProgram({ args, cwd: home })
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^git-bug-viewer: [^\n]+\n$/)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })

  test('a port that is taken', async () => {
    await using viewer = await startProgram({ args: [projectRoot] })
    const { port } = new URL(viewer.url)
    const { status, stderr } = await runProgram({ args: ['--port', port, home], cwd: home })
    expect(stderr).toBe(
      `git-bug-viewer: server.port ${port} is in use on 127.0.0.1; choose another with --port, or 0 for a free one\n`,
    )
    expect(status).toBe(2)
  })

  test('no git, and a git that is too old', async () => {
    const empty = join(home, 'empty-bin')
    await mkdir(empty)
    const missing = await runProgram({ args: [home], env: { PATH: empty } })
    expect([missing.status, missing.stderr]).toEqual([
      2,
      expect.stringMatching(/^git-bug-viewer: .*git.* was not found.*\n$/),
    ])
    await writeFile(join(empty, 'git'), '#!/bin/sh\necho git version 2.20.1\n')
    await chmod(join(empty, 'git'), 0o755)
    const old = await runProgram({ args: [home], env: { PATH: empty } })
    expect([old.status, old.stderr]).toEqual([2, 'git-bug-viewer: git 2.20.1 is too old: install git 2.31 or later\n'])
  })

  test('a Node that is too old', async () => {
    const preload = join(home, 'old-node.cjs')
    await writeFile(preload, `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`)
    const { status, stderr } = await runProgram({ args: ['--version'], nodeArgs: ['--require', preload] })
    expect(stderr).toMatch(
      /^git-bug-viewer: needs Node 24\.15\.0 or later, and this is Node 20\.20\.2; in a checkout .*\n$/,
    )
    expect(status).toBe(2)
  })
})

test('--help and --version print and end', async () => {
  const help = await runProgram({ args: ['--help'] })
  expect([help.status, help.stderr]).toEqual([0, ''])
  for (const option of ['--config', '--host', '--port', '--data-dir', '--help', '--version', 'PATH']) {
    expect(help.stdout).toContain(option)
  }
  const version = await runProgram({ args: ['--version'] })
  expect(version.stdout).toBe(`${JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')).version}\n`)
})

test('addresses that climb out of the site, sent as they are, find nothing', async () => {
  await using built = await buildRepository(tracker())
  await using viewer = await startProgram({ args: [built.path] })
  const { port } = new URL(viewer.url)
  for (const path of [
    '/../../etc/passwd',
    '/..%2f..%2fetc/passwd/-/bugs',
    '/%2e%2e/-/bugs',
    '/tracker/-/../../../etc/passwd',
    '//etc/passwd',
    '/-/static/..%2f..%2fpackage.json',
    '/-/static/%2e%2e/package.json',
  ]) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
    expect(answer).not.toMatch(/root:|"name": "git-bug-viewer"/)
  }
})
