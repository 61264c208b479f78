/** A first build that takes longer than a visitor wants to look at a blank page. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { createHtmlCheck } from '../support/html-problems.ts'
import { type RunningProgram, startProgram } from '../support/program.ts'
import { type BuiltRepository, buildRepository } from '../support/tracker-builder.ts'

const at = 1_700_000_000
const t = createTrackerWriter({ seed: 'progress' })
const ada = t.identity({ name: 'Ada Marsh', at })
for (let n = 0; n < 3; n++) t.bug(ada, { title: `Bug ${n}`, message: '', at: at + n })

/** A program whose git stands still at a command until it is let go. */
interface HeldProgram extends AsyncDisposable {
  readonly url: string
  readonly program: RunningProgram
  /** Settles once git stands there, and lets it go. */
  release(): Promise<void>
}

/** Starts the program with a `git` in its PATH that waits at a pipe before the command. */
async function startHeld(command: string, paths: readonly string[]): Promise<HeldProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'progress-'))
  const pipe = join(folder, 'gate')
  await mkdir(join(folder, 'bin'))
  execFileSync('mkfifo', [pipe])
  const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const script = `#!/bin/sh
case " $* " in *' ${command} '*) if [ -p '${pipe}' ]; then cat '${pipe}'; fi ;; esac
exec '${git}' "$@"
`
  await writeFile(join(folder, 'bin/git'), script, { mode: 0o755 })
  const program = await startProgram({
    args: ['--port', '0', '--data-dir', folder, ...paths],
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, GIT_BUG_VIEWER_CACHE_PROGRESS_AFTER_SECONDS: '0.1' },
  })
  const release = async () => {
    const gate = await open(pipe, 'w')
    await rm(pipe)
    await gate.close()
  }
  return {
    url: program.url,
    program,
    release,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let built: BuiltRepository
beforeAll(async () => {
  built = await buildRepository(t)
})
afterAll(() => built[Symbol.asyncDispose]())

test('git waits until a repository is read, since it does not come back', async () => {
  await using held = await startHeld('cat-file', [built.path])
  const listing = promisify(execFile)('git', ['ls-remote', `${held.url}tracker.git`])
  listing.catch(() => {})
  const page = await fetch(`${held.url}tracker/-/bugs`)
  expect(page.status).toBe(503)
  await held.release()
  const { stdout } = await listing
  expect(stdout.trim().split('\n')).toHaveLength(4)
})

describe('while a repository is read for the first time', () => {
  let held: HeldProgram
  beforeAll(async () => {
    held = await startHeld('cat-file', [built.path])
    // Until then the page says that it finds out how much there is to read.
    while (!(await (await get('tracker/-/bugs')).text()).includes('0 of 4'));
  })
  afterAll(() => held[Symbol.asyncDispose]())
  const get = (path: string) => fetch(`${held.url}${path}`)

  test('a page says how far it is, and loads itself again at the same address', async () => {
    const answer = await get('tracker/-/bugs?q=status%3Aopen&page=1')
    const { status, headers } = answer
    expect([status, headers.get('retry-after'), headers.get('refresh')]).toEqual([503, '2', '2'])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('etag')).toBeNull()
    const body = await answer.text()
    expect(createHtmlCheck()(body)).toEqual([])
    expect(body).toContain('<h1>Reading tracker…</h1>')
    expect(body).toContain('0 of 4 bugs and people read')
    expect(body).toContain('value="0" max="4"')
    expect(body).toContain('<a href="/tracker/-/bugs?q=status%3Aopen&amp;page=1">')
  })

  test.each(['tracker/-/bugs.json', 'tracker/-/labels.json', 'api/v1/repos/tracker/bugs'])(
    '%s says the same as JSON',
    async path => {
      const answer = await get(path)
      const { status, headers } = answer
      expect([status, headers.get('retry-after'), headers.get('refresh')]).toEqual([503, '2', null])
      expect(await answer.json()).toMatchObject({
        statusCode: 503,
        code: 'LOAD_TIMEOUT',
        message: 'the repository is being read for the first time: 0 of 4 bugs and people read',
        progress: { done: 0, total: 4 },
      })
    },
  )

  test('a feed says it as text, and the short address as a page', async () => {
    const feed = await get('tracker/-/bugs.atom')
    expect([feed.status, feed.headers.get('content-type')]).toEqual([503, 'text/plain; charset=utf-8'])
    expect(await feed.text()).toContain('0 of 4 bugs and people read\n')
    const short = await get('tracker')
    expect(short.status).toBe(503)
    expect(await short.text()).toContain('<h1>Reading tracker…</h1>')
  })

  test('other pages do not wait for it, and one that is not there is not found', async () => {
    expect((await get('nowhere/-/bugs')).status).toBe(404)
    expect((await get('-/help/query')).status).toBe(200)
  })

  test('reading goes on though nobody waits, and then the page is there', async () => {
    await held.release()
    await held.program.logged(({ msg }) => msg === 'repository opened')
    const answer = await get('tracker/-/bugs')
    expect([answer.status, answer.headers.get('refresh')]).toEqual([200, null])
    expect(await answer.text()).toContain('Bug 2')
  })
})

test('before it is known how much there is to read, the page has a bar without an end', async () => {
  await using held = await startHeld('for-each-ref', [built.path])
  const page = await fetch(`${held.url}tracker/-/bugs`)
  expect(page.status).toBe(503)
  expect(await page.text()).toMatch(
    /Finding out how much there is to read<\/span>\s*<progress aria-labelledby="how-far">/,
  )
  const json = await fetch(`${held.url}tracker/-/bugs.json`)
  expect(await json.json()).toMatchObject({ progress: { done: 0, total: 0 } })
  await held.release()
})
