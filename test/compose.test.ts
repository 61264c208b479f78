/** The program as a whole, where its parts meet: settings that come while it begins and while it ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compose, type Program } from '../src/compose.ts'
import { readSettings, type Settings } from '../src/config/settings.ts'
import { openGit } from '../src/git/git.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compose-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const settingsWith = (env: Readonly<Record<string, string>>): Promise<Settings> =>
  readSettings({ options: { 'data-dir': folder }, env, cwd: folder, homeDir: folder })

async function openProgram(): Promise<Program> {
  const git = openGit()
  const log = pino({ level: 'silent' })
  return await compose({ settings: await settingsWith({}), paths: [], cwd: folder, git, log, metrics: undefined })
}

test('settings that come too late for a program that ends change nothing', async () => {
  const program = await openProgram()
  const { app } = program
  const [reading, mayGoOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const reloading = program.reload(async () => {
    reading.resolve()
    await mayGoOn.promise
    return await settingsWith({ GIT_BUG_VIEWER_SERVER_TITLE: 'Too late' })
  })
  await reading.promise
  await program[Symbol.asyncDispose]()
  mayGoOn.resolve()
  expect(await reloading).toBeUndefined()
  expect(program.app).toBe(app)
})

test('a program that was told to end before it was ready never says that it is', async () => {
  const program = await openProgram()
  program.markStopping()
  await program.markReady()
  expect((await program.app.inject('/readyz')).statusCode).toBe(503)
  await program[Symbol.asyncDispose]()
})
