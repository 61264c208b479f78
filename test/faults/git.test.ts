/** Faults of git itself: it is killed, hangs, is not there, says what nobody has asked, or fails. */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRandom } from '../../bench/random.ts'
import { type GitClient, openGitClient, refspecs } from '../support/git-client.ts'
import { killGit } from './processes.ts'
import { digestOfRepository, recovers } from './recovery.ts'
import { type FaultScene, openFaultScene } from './scene.ts'

/** What git does, as a shell has it; `$1` is its command. */
const faults = {
  'is killed before it has said anything': 'kill -9 $$',
  'is killed in the middle of an answer': '$real "$@" | head -c 3000; kill -9 $$',
  'says half an answer and ends well': '$real "$@" | head -c 3000; exit 0',
  'says nothing and does not end, whatever it is asked': "trap '' TERM INT HUP; exec sleep 1000",
  'says half an answer and does not end': 'trap \'\' TERM INT HUP; $real "$@" | head -c 3000; exec sleep 1000',
  'says what nobody has asked': 'echo what do you mean; exec sleep 1000',
  'says megabytes of nothing': 'head -c 30000000 /dev/zero; exit 0',
  'says nothing and ends well': 'exit 0',
  'ends with status 1': 'echo "error: no" >&2; exit 1',
  'ends with status 128': 'echo "fatal: not today" >&2; exit 128',
  'ends with status 127': 'exit 127',
} as const

const names = Object.keys(faults).map((_, index) => `r${index}`)
const seed = Number(process.env.FAULT_SEED ?? 9)

let scene: FaultScene
let client: GitClient
beforeAll(async () => {
  client = await openGitClient()
  scene = await openFaultScene({
    names: [...names, 'objects', 'logged', 'away', 'silent', 'streamed', 'fetched', 'random'],
    fileBytes: 3_000_000,
  })
})
afterAll(async () => {
  await scene[Symbol.asyncDispose]()
  await client[Symbol.asyncDispose]()
})

const kill = (name: string) => killGit({ pid: scene.program.pid, path: scene.repository(name).path })

/** A server that says what it cannot do. */
async function expectRefusal(path: string): Promise<void> {
  const page = await scene.get(path)
  expect(page.status).toBe(503)
  expect(page.text).toContain('<html')
  expect(page.text).not.toContain(scene.folder)
  const { name } = /^(?<name>[^/]+)/.exec(path)!.groups!
  const answer = await fetch(`${scene.program.url}api/v1/repos/${name}/bugs`)
  expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([503, 5])
  expect(await answer.json()).toMatchObject({ code: 'REPOSITORY_UNREADABLE' })
}

test.concurrent.each(Object.entries(faults))('a git that %s', async (what, script) => {
  const name = `r${Object.keys(faults).indexOf(what)}`
  const repository = scene.repository(name)
  const digest = await digestOfRepository(repository.path)
  await scene.git(name, script)
  // A list of refs that is empty is that of a repository without bugs.
  if (what === 'says nothing and ends well') expect((await scene.get(`${name}/-/bugs`)).status).toBe(404)
  else await expectRefusal(`${name}/-/bugs`)
  await scene.mendGit(name)
  await recovers(`opening: git ${what}`, () => scene.isRight(name))
  expect(await digestOfRepository(repository.path)).toBe(digest)

  await scene.git(name, `case $1 in cat-file|rev-list) ${script};; esac`)
  await repository.push('One more')
  kill(name)
  const { status, text } = await scene.get(`api/v1/repos/${name}/bugs`)
  // What there was before, or no answer: never a part of it.
  expect(status === 503 || (JSON.parse(text) as { total: number }).total >= repository.bugs.length - 1).toBe(true)
  await scene.mendGit(name)
  await recovers(`reading bugs: git ${what}`, () => scene.isRight(name))
})

test('a git that reads no object keeps a repository from being opened, and no bug is said to be unreadable', async () => {
  await scene.git('objects', 'case $1 in cat-file) exit 128;; esac')
  await expectRefusal('objects/-/bugs')
  await scene.mendGit('objects')
  await recovers('opening: git reads no object', () => scene.isRight('objects'))
})

test('a failure that many meet is one line of the log, and the next one another', async () => {
  await scene.git('logged', 'exit 128')
  scene.complaints()
  const answers = await Promise.all(Array.from({ length: 50 }, () => scene.get('logged/-/bugs')))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
  expect(scene.complaints()).toEqual(['a request failed'])
  await scene.mendGit('logged')
  await recovers('git failed for fifty at once', () => scene.isRight('logged'))
})

test('a git that is away is said to be, and is found again', async () => {
  const program = join(scene.folder, 'bin/git')
  await rename(program, `${program}.away`)
  await expectRefusal('away/-/bugs')
  expect(scene.program.log().at(-1)).toMatchObject({ err: { data: { gitCode: 'GIT_MISSING' } } })
  // What is there needs no git.
  expect((await scene.get('steady/-/bugs?q=smokes')).status).toBe(200)
  await rename(`${program}.away`, program)
  await recovers('no git', () => scene.isRight('away'))
})

test('what a git that is silent holds up is read by the next one, and no process is left of it', async () => {
  await scene.isRight('silent')
  await scene.git('silent', `trap '' TERM; ${faults['says nothing and does not end, whatever it is asked']}`)
  await scene.repository('silent').push('While git is silent')
  // Readers are patient for a second, and then get what there was.
  expect(await scene.get('silent/-/bugs')).toMatchObject({ status: 200 })
  await scene.mendGit('silent')
  await recovers('git is silent in a refresh', () => scene.isRight('silent'))
  expect(kill('silent')).toBeLessThanOrEqual(1)
})

describe('an answer of which git is killed in the middle', () => {
  const killedStream = 'case $1 in cat-file) $real "$@" | head -c 1000000; kill -9 $$;; esac'
  const killedPack = `case $1 in upload-pack) ${'$real "$@" | head -c 1500; kill -9 $$'};; esac`

  test('is a file that nobody takes for the whole, and the next reader gets the whole', async () => {
    const { file } = scene.repository('streamed')
    expect((await scene.get('streamed/-/bugs')).status).toBe(200)
    await scene.git('streamed', killedStream)
    const reading = fetch(`${scene.program.url}streamed/-/files/${file}`).then(async answer => {
      if (answer.ok) await answer.arrayBuffer()
      return answer.status
    })
    await expect(reading).rejects.toThrow()
    await scene.mendGit('streamed')
    await recovers('git killed in a file', () => scene.isRight('streamed'))
  })

  test('is a fetch that fails and says so, and the next one brings everything', async () => {
    const { bugs } = scene.repository('fetched')
    await client.init('killed.git')
    await scene.git('fetched', killedPack)
    const fetchAll = ['fetch', '--quiet', `${scene.program.url}fetched.git`, ...refspecs]
    expect(await client.complaint(fetchAll, 'killed.git')).toMatch(/fatal: |error: /)
    await scene.mendGit('fetched')
    await recovers('git killed in a fetch', async () => {
      await client.git(fetchAll, 'killed.git')
    })
    const refs = await client.git(['for-each-ref', '--format=%(objectname)', 'refs/bugs'], 'killed.git')
    expect(refs.trim().split('\n').toSorted()).toEqual(bugs.map(({ tip }) => tip).toSorted())
  })
})

test('killed again and again at random moments, git gives nothing wrong, and is right as soon as that is over', async () => {
  const random = createRandom(seed)
  const { bugs, push } = scene.repository('random')
  let isOver = false
  const wrong: unknown[] = []
  const killing = (async () => {
    while (!isOver) {
      await later(1 + random.below(30))
      kill('random')
    }
  })()
  for (let round = 0; round < 4; round++) {
    await push(`Round ${round}`)
    await client.git(['fetch', `${scene.program.url}random.git`, ...refspecs], 'killed.git').catch(() => {})
    const { status, text } = await scene.get('random/-/bugs.json')
    if (status !== 503 && status !== 200) wrong.push({ status, text })
  }
  isOver = true
  await killing
  expect(wrong).toEqual([])
  await recovers('git killed at random moments', () => scene.isRight('random'))
  expect(bugs).toHaveLength(34)
})

test('all the while another repository was served as if nothing were wrong, and nothing in it has changed', async () => {
  const { wrong, right } = await scene.steadyAnswers()
  expect(wrong).toEqual([])
  expect(right).toBeGreaterThan(10)
})
