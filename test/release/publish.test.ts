/** What a release sends to a forge, to one on this machine; and what it tells docker, to one that only listens. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { projectRoot } from '../support/program.ts'

const run = promisify(execFile)
let home: string
let release: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'publish-'))
  release = join(home, 'release')
  await mkdir(release)
  await writeFile(join(release, 'notes.md'), '- All is new.\n')
  await writeFile(join(release, 'tool.tgz'), 'packed')
})
afterAll(() => rm(home, { recursive: true, force: true }))

interface Forge extends AsyncDisposable {
  readonly url: string
  readonly requests: { readonly what: string; readonly token: string; readonly body: string }[]
}

/** Answers everything as the forge would, or refuses it. */
async function openForge(uploadUrl: (url: string) => string | undefined, status = 201): Promise<Forge> {
  const requests: Forge['requests'] = []
  const server = createServer((request, response) => {
    void text(request).then(body => {
      const { authorization, 'job-token': jobToken } = request.headers
      requests.push({ what: `${request.method} ${request.url}`, token: String(authorization ?? jobToken), body })
      response.writeHead(status).end(JSON.stringify({ id: 7, upload_url: uploadUrl(url) }))
    })
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
}

async function publish(env: Readonly<Record<string, string>>) {
  return await run(process.execPath, [join(projectRoot, 'release/publish-release.ts'), release], {
    env: { PATH: process.env.PATH, ...env },
  })
}

const gitHub = (url: string, tag = 'v1.2.3') => ({
  GITHUB_API_URL: `${url}/api`,
  GITHUB_REPOSITORY: 'kiln/tool',
  GITHUB_REF_NAME: tag,
  GITHUB_TOKEN: 'secret',
})

describe('a release', () => {
  test('of GitHub is a draft until its files are there', async () => {
    await using forge = await openForge(url => `${url}/uploads/7{?name,label}`)
    await publish(gitHub(forge.url))
    expect(forge.requests.map(({ what }) => what)).toEqual([
      'POST /api/repos/kiln/tool/releases',
      'POST /uploads/7?name=tool.tgz',
      'PATCH /api/repos/kiln/tool/releases/7',
    ])
    expect(new Set(forge.requests.map(({ token }) => token))).toEqual(new Set(['Bearer secret']))
    const [created, sent, published] = forge.requests.map(({ body }) => body)
    expect(JSON.parse(created!)).toMatchObject({ tag_name: 'v1.2.3', body: '- All is new.\n', draft: true })
    expect(sent).toBe('packed')
    expect(JSON.parse(published!)).toEqual({ draft: false })
  })

  test('of Forgejo and Gitea has its files in a form, below the release', async () => {
    await using forge = await openForge(url => `${url}/api/repos/kiln/tool/releases/7/assets`)
    await publish(gitHub(forge.url, 'v1.2.3-rc.1'))
    expect(forge.requests[1]?.what).toBe('POST /api/repos/kiln/tool/releases/7/assets?name=tool.tgz')
    expect(forge.requests[1]?.body).toMatch(/name="attachment"; filename="tool\.tgz"[\s\S]*packed/)
    expect(JSON.parse(forge.requests[0]!.body)).toMatchObject({ prerelease: true })
  })

  test('of GitLab links to its files, which are a package', async () => {
    await using forge = await openForge(() => undefined)
    const env = {
      CI_API_V4_URL: `${forge.url}/api`,
      CI_PROJECT_ID: '5',
      CI_JOB_TOKEN: 'secret',
      CI_COMMIT_TAG: 'v1.2.3',
    }
    await publish(env)
    const file = '/api/projects/5/packages/generic/git-bug-viewer/1.2.3/tool.tgz'
    expect(forge.requests.map(({ what, token }) => [what, token])).toEqual([
      [`PUT ${file}`, 'secret'],
      ['POST /api/projects/5/releases', 'secret'],
    ])
    expect(JSON.parse(forge.requests[1]!.body)).toMatchObject({
      tag_name: 'v1.2.3',
      assets: { links: [{ name: 'tool.tgz', url: `${forge.url}${file}` }] },
    })
  })

  test('that the forge refuses, or that no forge has asked for, is a failure', async () => {
    await using forge = await openForge(() => undefined, 403)
    await expect(publish(gitHub(forge.url))).rejects.toMatchObject({ stderr: expect.stringContaining('answered 403') })
    await expect(publish({})).rejects.toMatchObject({ stderr: expect.stringContaining('GITHUB_REF_NAME is not set') })
  })
})

describe('the image', () => {
  test('is built for both architectures under its version, and the password is no argument', async () => {
    const said = join(home, 'docker.log')
    await mkdir(join(home, 'bin'))
    await writeFile(
      join(home, 'bin/docker'),
      `#!/bin/sh\necho "$*" >>"${said}"\n[ "$1" != login ] || cat >>"${said}"\n`,
    )
    await chmod(join(home, 'bin/docker'), 0o755)
    const env = { PATH: `${home}/bin:${process.env.PATH}`, REGISTRY_USER: 'ada', REGISTRY_PASSWORD: 'secret' }
    await run(join(projectRoot, '.ci/publish-image'), ['registry.example/Kiln/Tool'], { env })
    const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
    const image = 'registry.example/kiln/tool'
    expect(await readFile(said, 'utf8')).toBe(
      `login --username ada --password-stdin registry.example\nsecretbuildx build --platform linux/amd64,linux/arm64 ` +
        `--provenance mode=max --tag ${image}:${version} --tag ${image}:latest --push .\n`,
    )
  })
})
