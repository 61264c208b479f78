/**
 * Puts a release on the forge whose job this is: the notes, and the files that `.ci/release-files` made. Which forge, and
 * with what token, is in the variables that forges give to jobs: those of GitLab, or those of GitHub, which Forgejo and
 * Gitea have too.
 *
 *   node release/publish-release.ts FOLDER
 */
import { openAsBlob, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2]
if (folder === undefined) throw new Error('say which folder .ci/release-files has written into')
const notes = readFileSync(join(folder, 'notes.md'), 'utf8')
const files = readdirSync(folder).filter(name => name !== 'notes.md')

if (process.env.CI_API_V4_URL === undefined) await publishLikeGitHub()
else await publishToGitLab()

/** Files become a package of the project, and links of the release. */
async function publishToGitLab(): Promise<void> {
  const tag = variable('CI_COMMIT_TAG')
  const project = `${variable('CI_API_V4_URL')}/projects/${variable('CI_PROJECT_ID')}`
  const headers = { 'job-token': variable('CI_JOB_TOKEN') }
  const links: { name: string; url: string }[] = []
  for (const name of files) {
    const url = `${project}/packages/generic/git-bug-viewer/${tag.slice(1)}/${name}`
    await send(url, { method: 'PUT', headers, body: await blobOf(name) })
    links.push({ name, url })
  }
  const body = JSON.stringify({ tag_name: tag, name: tag, description: notes, assets: { links } })
  await send(`${project}/releases`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  })
}

/** A draft that is published when it is complete: nobody finds a release without its files. */
async function publishLikeGitHub(): Promise<void> {
  const tag = variable('GITHUB_REF_NAME')
  const releases = `${variable('GITHUB_API_URL')}/repos/${variable('GITHUB_REPOSITORY')}/releases`
  const headers = { authorization: `Bearer ${variable('GITHUB_TOKEN')}` }
  const json = { ...headers, 'content-type': 'application/json' }
  const draft = { tag_name: tag, name: tag, body: notes, draft: true, prerelease: tag.includes('-') }
  const created = await send(releases, { method: 'POST', headers: json, body: JSON.stringify(draft) })
  const { id, upload_url: told } = (await created.json()) as { id: number; upload_url?: string }
  // GitHub takes files at an address of its own, as they are; the others below the release, in a form.
  const template = told?.endsWith('{?name,label}') ? told.replace('{?name,label}', '') : undefined
  for (const name of files) {
    const file = await blobOf(name)
    if (template !== undefined) {
      const type = { 'content-type': 'application/octet-stream' }
      await send(`${template}?name=${name}`, { method: 'POST', headers: { ...headers, ...type }, body: file })
    } else {
      const form = new FormData()
      form.set('attachment', file, name)
      await send(`${releases}/${id}/assets?name=${name}`, { method: 'POST', headers, body: form })
    }
  }
  await send(`${releases}/${id}`, { method: 'PATCH', headers: json, body: JSON.stringify({ draft: false }) })
}

function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set: this is for jobs of a forge`)
  return value
}

async function blobOf(name: string): Promise<Blob> {
  return await openAsBlob(join(folder ?? '', name))
}

async function send(url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, request)
  if (!response.ok)
    throw new Error(`${request.method} ${url} was answered ${response.status}: ${await response.text()}`)
  return response
}
