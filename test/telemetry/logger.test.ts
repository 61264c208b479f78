import { expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { startProgram } from '../support/process.ts'
import { buildRepository } from '../support/tracker-builder.ts'

async function repository() {
  const t = createTrackerWriter({ seed: 'log' })
  t.bug(t.identity({ name: 'Ada', at: 1_700_000_000 }), { title: 'One', message: '', at: 1_700_000_000 })
  return await buildRepository(t)
}

test('the log is JSON lines on standard error, with requests where wanted, and without secrets', async () => {
  await using built = await repository()
  await using viewer = await startProgram({
    args: [built.path],
    env: { GIT_BUG_VIEWER_LOGS_REQUESTS: 'true', GIT_BUG_VIEWER_HOOKS_SECRET: 'open sesame' },
  })
  await fetch(`${viewer.url}/tracker/-/bugs?q=one%0Afake`)
  const hook = await fetch(`${viewer.url}/hooks/post-receive?repo=tracker`, {
    method: 'POST',
    headers: { authorization: 'Bearer open sesame', cookie: 'open sesame' },
  })
  expect(hook.status).toBe(202)
  await viewer.stop()
  const { stdout, stderr } = viewer.output()
  expect(stdout).toBe(`git-bug-viewer is ready: ${viewer.url}/\n`)
  const lines = stderr.trimEnd().split('\n')
  const entries = lines.map(line => JSON.parse(line) as { msg: string; req?: { url: string } })
  expect(entries.map(({ req }) => req?.url)).toContain('/tracker/-/bugs?q=one%0Afake')
  expect(entries.map(({ msg }) => msg)).toContain('repository opened')
  expect(stderr).not.toContain('sesame')
})

test('the log for people has no JSON in it', async () => {
  await using built = await repository()
  await using viewer = await startProgram({ args: ['--log-format', 'pretty', built.path] })
  await (await fetch(viewer.url)).text()
  await viewer.stop()
  expect(viewer.output().stderr).toMatch(/INFO.*repository opened/)
  expect(viewer.output().stderr).not.toContain('{"')
})
