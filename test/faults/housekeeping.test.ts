/** What git's housekeeping and pushes do to a repository while it is read, again and again: nobody notices. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMutex } from '../../src/base/mutex.ts'
import { entityRefs, type GitClient, openGitClient, refspecs } from '../support/git-client.ts'
import { runGit } from '../support/tracker-builder.ts'
import { recovers } from './recovery.ts'
import { type FaultScene, openFaultScene } from './scene.ts'

const housekeeping: readonly (readonly string[])[] = [
  ['repack', '-adq'],
  ['pack-refs', '--all'],
  ['gc', '--quiet', '--prune=now'],
  ['prune', '--expire=now'],
  ['update-server-info'],
  ['repack', '-q', '-A', '-d', '--unpack-unreachable=now'],
]

const firstBuilds = Array.from({ length: 3 }, (_, n) => `first-${n}`)

let scene: FaultScene
let client: GitClient
beforeAll(async () => {
  client = await openGitClient()
  scene = await openFaultScene({ names: ['busy', ...firstBuilds], bugs: 80, loose: true })
})
afterAll(async () => {
  await scene[Symbol.asyncDispose]()
  await client[Symbol.asyncDispose]()
})

/** Does it until what is tried is done. */
async function beside(work: () => Promise<void>, trial: () => Promise<void>): Promise<void> {
  let isOver = false
  const working = (async () => {
    while (!isOver) await work()
  })()
  try {
    await trial()
  } finally {
    isOver = true
    await working
  }
}

/** git refuses a push beside packing of refs now and then, and that is not what is tried here. */
const writing = createMutex()

async function keepHouse(path: string): Promise<void> {
  for (const args of housekeeping) await writing.run(async () => await runGit(path, args))
}

test('repack, gc, prune and pack-refs beside pages, files, fetches and refreshes', async () => {
  const { path, push } = scene.repository('busy')
  await scene.isRight('busy')
  await client.init('busy.git')
  scene.complaints()
  await beside(
    () => keepHouse(path),
    async () => {
      for (let round = 0; round < 4; round++) {
        await writing.run(() => push(`Round ${round}`))
        await scene.isRight('busy')
        await client.git(['fetch', '--quiet', `${scene.program.url}busy.git`, ...refspecs], 'busy.git')
      }
    },
  )
  await recovers('housekeeping beside readers', () => scene.isRight('busy'))
  expect(await entityRefs(`${client.folder}/busy.git`)).toBe(await entityRefs(path))
  expect(scene.complaints()).toEqual([])
})

test('the same beside first builds', async () => {
  scene.complaints()
  for (const name of firstBuilds) {
    const { path } = scene.repository(name)
    await beside(
      () => keepHouse(path),
      () => scene.isRight(name),
    )
  }
  expect(scene.complaints()).toEqual([])
})

test('refs that move, go and come back while they are listed are never seen by halves', async () => {
  const { path, bugs } = scene.repository('busy')
  const [first, second] = [bugs[0]!, bugs[1]!]
  const swap = (from: string, to: string) =>
    runGit(path, ['update-ref', '--stdin'], {
      input: `start\nupdate refs/bugs/${first.id} ${from}\nprepare\ncommit\nstart\ndelete ${second.ref}\ncommit\nstart\ncreate ${second.ref} ${to}\ncommit\n`,
    })
  await beside(
    async () => void (await swap(first.tip, second.tip)),
    async () => {
      for (let round = 0; round < 20; round++) {
        const { status, text } = await scene.get('api/v1/repos/busy/bugs')
        expect(status).toBe(200)
        const { total } = JSON.parse(text) as { total: number }
        expect([bugs.length - 1, bugs.length]).toContain(total)
      }
    },
  )
  await recovers('refs that were moved all the time', () => scene.isRight('busy'))
})

test('all the while another repository was served as if nothing were wrong', async () => {
  expect((await scene.steadyAnswers()).wrong).toEqual([])
})
