/**
 * Signals at any moment. `SIGNAL_ROUNDS` and `SIGNAL_SEED` in the environment say how many ends there are, and when:
 * while the program starts, reads, refreshes, streams, or hears of pushes.
 */
import { randomInt } from 'node:crypto'
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom, type Random } from '../../bench/random.ts'
import { getRequest, openCrowd } from './clients.ts'
import { launch, processesIn } from './launched.ts'
import { hookBody, isShown, openPushedTracker, type PushedTracker } from './pushed-tracker.ts'
import { digestOfRepository, recovers } from './recovery.ts'

const rounds = Number(process.env.SIGNAL_ROUNDS ?? 30)
const seed = Number(process.env.SIGNAL_SEED ?? (process.env.CI === 'true' ? 1 : randomInt(1_000_000)))
const fileBytes = 8 * 1024 * 1024

let folder: string
let path: string
let tracker: PushedTracker
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'signals-')))
  tracker = await openPushedTracker('signals', { bugs: 400, file: Buffer.alloc(fileBytes, 'git-bug-viewer ') })
  path = await realpath(tracker.path)
  const settings = { repositories: { list: [{ name: 'kiln', path }] } }
  await writeFile(join(folder, 'settings.yaml'), JSON.stringify(settings))
})
afterAll(async () => {
  await tracker[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** The tracker as `kiln`, with the files of that folder. */
const start = (dataDir: string) =>
  launch({ cwd: folder, args: ['--config', join(folder, 'settings.yaml'), '--data-dir', join(folder, dataDir)] })

/** Whether an answer that has begun came to its end. */
async function askWhole(address: string, options: RequestInit = {}): Promise<'whole' | 'cut' | 'not begun'> {
  const answer = await fetch(address, options).catch(() => undefined)
  if (!answer) return 'not begun'
  if (![200, 202, 503].includes(answer.status)) throw new Error(`${address} answered ${answer.status}`)
  return await answer.arrayBuffer().then(
    () => 'whole',
    () => 'cut',
  )
}

/** What visitors and pushes do at the same time. */
function beginWork(url: string): Promise<string[]> {
  const paths = ['bugs', 'bugs?q=rattles', `bugs/${tracker.bug}`, 'bugs.ndjson', 'bugs.bundle', `files/${tracker.file}`]
  const hook = async () => {
    await tracker.push()
    return await askWhole(`${url}hooks/post-receive?repo=kiln`, {
      method: 'POST',
      body: hookBody(tracker),
    })
  }
  const fetches = `${url}kiln.git/info/refs?service=git-upload-pack`
  return Promise.all([hook(), askWhole(fetches), ...paths.map(one => askWhole(`${url}kiln/-/${one}`))])
}

/** A page says when its state was read. */
const whenRead = /<time datetime="[^"]*">[^<]*<\/time> UTC<\/p>/

/** Names of what lies in a data folder, without digits that are drawn. */
async function namesIn(dataDir: string): Promise<string[]> {
  const names = await readdir(join(folder, dataDir), { recursive: true })
  return names.map(name => name.replace(/[0-9a-f]{8,}/g, 'N')).toSorted((a, b) => (a < b ? -1 : 1))
}

/** One life that is ended at a random moment. */
async function endAtRandom(random: Random, round: number): Promise<void> {
  const signal = random.chance(0.5) ? 'SIGTERM' : 'SIGKILL'
  const isNew = random.chance(0.3)
  await using program = start(isNew ? `new-${round}` : 'kept')
  if (random.chance(0.25)) {
    await later(random.below(1000))
    program.child.kill(signal)
    // Before it listens for signals the system ends it.
    expect([0, signal]).toContain(await program.ended)
  } else {
    const url = await program.ready
    // From the start before it, which was ended somehow.
    await isShown(url, tracker)
    const work = beginWork(url)
    // Told of where it is waited for.
    work.catch(() => {})
    await later(random.below(250))
    program.child.kill(signal)
    expect(await program.ended, program.log()).toBe(signal === 'SIGTERM' ? 0 : signal)
    const answers = await work
    expect(answers.filter(answer => signal === 'SIGTERM' && answer === 'cut')).toEqual([])
  }
  await recovers(signal, async () => {
    const left = processesIn(path)
    if (left.length > 0) throw new Error(`git processes are left: ${left.join(' ')}`)
  })
  if (isNew) await rm(join(folder, `new-${round}`), { recursive: true, force: true })
}

test(`${rounds} ends at random moments: each start is right, and nothing lies about (SIGNAL_SEED=${seed})`, async () => {
  const random = createRandom(seed)
  for (let round = 0; round < rounds; round++) await endAtRandom(random, round)
  const digest = await digestOfRepository(path)
  const pages: string[][] = []
  // One with files of all that went before, and one without.
  for (const dataDir of ['kept', 'clean']) {
    await using program = start(dataDir)
    const url = await program.ready
    await isShown(url, tracker)
    const texts = ['bugs', `bugs/${tracker.bug}`, 'bugs.ndjson'].map(
      async one => await (await fetch(`${url}kiln/-/${one}`)).text(),
    )
    pages.push((await Promise.all(texts)).map(text => text.replaceAll(url, '/').replace(whenRead, '')))
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(0)
  }
  expect(pages[0]).toEqual(pages[1])
  expect(await namesIn('kept')).toEqual(await namesIn('clean'))
  expect(await digestOfRepository(path)).toBe(digest)
})

test('the first SIGINT lets a download go on, the second does not wait for it', async () => {
  await using program = start('interrupted')
  const url = await program.ready
  using crowd = await openCrowd(url, {
    count: 1,
    begin: socket => void socket.pause().write(getRequest(`/kiln/-/files/${tracker.file}`)),
  })
  await isShown(url, tracker)
  program.child.kill('SIGINT')
  await expect.poll(() => program.log()).toContain('shutting down')
  expect(program.child.exitCode).toBeNull()
  program.child.kill('SIGINT')
  expect(await program.ended).toBe(1)
  expect(crowd.sockets).toHaveLength(1)
  await expect.poll(() => processesIn(path)).toEqual([])
})

test('a standard error that nobody reads any more does not end it, nor does SIGUSR2', async () => {
  await using program = start('unread')
  const url = await program.ready
  program.child.stderr?.destroy()
  program.child.kill('SIGUSR2')
  // Something to say: each refusal is a line of the log.
  for (let times = 0; times < 20; times++) await fetch(`${url}hooks/post-receive?repo=none`, { method: 'POST' })
  await tracker.push()
  await recovers('standard error closed', () => isShown(url, tracker))
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
})
