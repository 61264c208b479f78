/** Secrets are compared in one place, in the same time whatever is sent, and come out nowhere. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inventHistory } from '../support/git-client.ts'
import { projectRoot } from '../support/program.ts'
import { buildRepository } from '../support/tracker-builder.ts'
import { openViewer } from '../support/viewer.ts'

test('no source compares a secret, a token, a password or a signature by itself', async () => {
  const names = (await readdir(join(projectRoot, 'src'), { recursive: true })).filter(name => name.endsWith('.ts'))
  // With what is no constant, that is.
  const compared =
    /(?:secret|token|password|signature|hmac|digest\('(?:hex|base64)'\))\w*\)?\s*[!=]==?(?!=|\s*(?:undefined|'))/i
  const found: string[] = []
  for (const name of names) {
    const lines = (await readFile(join(projectRoot, 'src', name), 'utf8')).split('\n')
    for (const line of lines) if (compared.test(line)) found.push(`${name}: ${line.trim()}`)
  }
  expect(found).toEqual([])
  expect(await readFile(join(projectRoot, 'src/http/secret.ts'), 'utf8')).toContain('timingSafeEqual(')
})

test('the secrets of hooks and of measures are in no answer and in no line of the log', async () => {
  await using built = await buildRepository(inventHistory('secrets').t)
  const secret = 'a-secret-that-is-long-enough'
  await using viewer = await openViewer({
    paths: [built.path],
    yaml: JSON.stringify({ hooks: { secret }, metrics: { listen: null } }),
  })
  const answers = await Promise.all([
    viewer.get('/'),
    viewer.get('/metrics'),
    viewer.get('/tracker/-/about'),
    viewer.get('/api/v1/openapi.json'),
    viewer.inject({
      method: 'POST',
      url: '/hooks/post-receive?repo=tracker',
      headers: { authorization: `Bearer ${secret}` },
    }),
    viewer.inject({
      method: 'POST',
      url: '/hooks/post-receive?repo=tracker',
      headers: { authorization: `Bearer ${secret}x` },
    }),
  ])
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([302, 200, 200, 200, 202, 401])
  for (const { payload, headers } of answers) expect(payload + JSON.stringify(headers)).not.toContain(secret)
  expect(JSON.stringify(viewer.logged)).not.toContain(secret)
})
