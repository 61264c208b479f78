/** Webhooks of forges: which deliveries are believed, what they are about, and which repository they mean. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { buildRepository } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'
import {
  type CallOptions,
  type ForgeCall,
  forgejoCall,
  giteaCall,
  giteaPush,
  githubCall,
  githubPush,
  gitlabCall,
  gitlabPush,
  gogsCall,
  hexDigest,
  signedGitlabCall,
} from './forge-calls.ts'

const secret = 'open sesame'
const signingToken = `whsec_${Buffer.from('a key of thirty-two bytes, exactly').toString('base64')}`

let folder: string
let opened: Viewer
let guarded: Viewer
let signed: Viewer
const viewers: Viewer[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forges-'))
  const t = createTrackerWriter({ seed: 'forges' })
  t.bug(t.identity({ name: 'Ada', at: 1_700_000_000 }), { title: 'It smokes', message: '', at: 1_700_000_001 })
  for (const name of ['group', 'git/group']) await mkdir(join(folder, 'root', name), { recursive: true })
  await buildRepository(t, { dir: join(folder, 'root/group/tool.git') })
  await buildRepository(t, { dir: join(folder, 'root/git/group/site.git') })
  const settings = { repositories: { scan: [join(folder, 'root')] }, cache: { rebuild: { enabled: false } } }
  const open = async (hooks: Record<string, unknown>) => {
    const viewer = await openViewer({ yaml: JSON.stringify({ ...settings, hooks }) })
    viewers.push(viewer)
    return viewer
  }
  opened = await open({})
  guarded = await open({ secret })
  signed = await open({ secret: signingToken })
})

afterAll(async () => {
  for (const viewer of viewers) await viewer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function send(viewer: Viewer, call: ForgeCall, query = '') {
  const { headers, payload } = call
  const answer = await viewer.inject({ method: 'POST', url: `/hooks/post-receive${query}`, headers, payload })
  return { status: answer.statusCode, ...(answer.json() as { invalidated?: boolean; message?: string }) }
}

const taken = { status: 202, invalidated: true }
const ignored = { status: 202, invalidated: false }
const withHeaders = (call: ForgeCall, headers: Record<string, string>): ForgeCall => ({
  headers: { ...call.headers, ...headers },
  payload: call.payload,
})
const without = (call: ForgeCall, ...names: string[]): ForgeCall => ({
  headers: Object.fromEntries(Object.entries(call.headers).filter(([name]) => !names.includes(name))),
  payload: call.payload,
})

const forges: readonly (readonly [string, (options: CallOptions) => ForgeCall])[] = [
  ['GitHub', githubCall],
  ['GitHub, in a form', options => githubCall({ ...options, form: true })],
  ['GitLab', gitlabCall],
  ['Gitea', giteaCall],
  ['Gitea, in a form', options => giteaCall({ ...options, form: true })],
  ['Forgejo', forgejoCall],
  ['Forgejo, in a form', options => forgejoCall({ ...options, form: true })],
  ['Gogs', gogsCall],
]

describe.each(forges)('a push told by %s', (_forge, call) => {
  test('is taken where no secret is set', async () => {
    expect(await send(opened, call({}))).toEqual(taken)
  })

  test('is taken with the right secret', async () => {
    expect(await send(guarded, call({ secret }))).toEqual(taken)
  })

  test('is refused with a wrong secret, and with none', async () => {
    expect(await send(guarded, call({ secret: 'open sesam' }))).toMatchObject({ status: 401 })
    expect(await send(guarded, call({ secret: '' }))).toMatchObject({ status: 401 })
    expect(await send(guarded, call({}))).toMatchObject({ status: 401 })
  })
})

describe('a signature', () => {
  test('is over the body: another body with it is refused', async () => {
    const { headers } = githubCall({ secret })
    const { payload } = githubCall({ payload: githubPush('group/other') })
    expect(await send(guarded, { headers, payload })).toMatchObject({ status: 401 })
  })

  test('may be in capital letters', async () => {
    const call = forgejoCall({ secret })
    const capital = call.headers['x-forgejo-signature']!.toUpperCase()
    expect(await send(guarded, withHeaders(call, { 'x-forgejo-signature': capital }))).toEqual(taken)
  })

  test('of another kind than the forge gives does not stand for its own', async () => {
    const bearer = { authorization: `Bearer ${secret}` }
    expect(await send(guarded, without(forgejoCall({ secret }), 'x-forgejo-signature'))).toMatchObject({ status: 401 })
    expect(await send(guarded, withHeaders(githubCall({}), bearer))).toMatchObject({ status: 401 })
    expect(await send(guarded, withHeaders(githubCall({}), { 'x-gitlab-token': secret }))).toMatchObject({
      status: 401,
    })
    const sha1 = { 'x-hub-signature': 'sha1=2fd4e1c67a2d28fced849ee1bb76e7391b93eb12' }
    expect(await send(guarded, withHeaders(githubCall({}), sha1))).toMatchObject({ status: 401 })
  })

  test.each([
    ['x-hub-signature-256', `sha256=${'0'.repeat(64)}`],
    ['x-gitea-signature', '0'.repeat(64)],
    ['x-gogs-signature', '0'.repeat(64)],
    ['x-forgejo-signature', '0'.repeat(64)],
    ['x-gitlab-token', 'wrong'],
    ['authorization', 'Bearer wrong'],
    ['webhook-signature', 'v1,AAAA'],
  ])('that is wrong, in %s, is not made good by others that are right', async (name, value) => {
    expect(await send(guarded, withHeaders(forgejoCall({ secret }), { [name]: value }))).toMatchObject({ status: 401 })
  })

  test('is asked for before anything is read', async () => {
    const call = { headers: githubCall({}).headers, payload: '{' }
    expect(await send(guarded, call)).toMatchObject({ status: 401 })
    expect(await send(guarded, githubCall({ event: 'ping' }))).toMatchObject({ status: 401 })
  })

  test('beside the password of a proxy is what counts', async () => {
    expect(await send(guarded, withHeaders(githubCall({ secret }), { authorization: 'Basic eDp5' }))).toEqual(taken)
  })
})

describe("GitLab's signing token", () => {
  test('is the key of a signature over id, time and body', async () => {
    expect(await send(signed, signedGitlabCall(signingToken))).toEqual(taken)
  })

  test('may be one of several while it is being replaced', async () => {
    const call = signedGitlabCall(signingToken)
    const both = `v1,AAAA ${call.headers['webhook-signature']}`
    expect(await send(signed, withHeaders(call, { 'webhook-signature': both }))).toEqual(taken)
  })

  test.each([
    ['another key', signedGitlabCall(`whsec_${Buffer.from('another key').toString('base64')}`)],
    ['another id', withHeaders(signedGitlabCall(signingToken), { 'webhook-id': 'x' })],
    ['another time', withHeaders(signedGitlabCall(signingToken), { 'webhook-timestamp': '1785000001' })],
    ['no time', without(signedGitlabCall(signingToken), 'webhook-timestamp')],
    ['no version', withHeaders(signedGitlabCall(signingToken), { 'webhook-signature': 'x' })],
    ['a right secret token and a wrong signature', signedGitlabCall('whsec_QUFB', { secret: signingToken })],
    ['a wrong secret token and a right signature', signedGitlabCall(signingToken, { secret: 'wrong' })],
  ])('does not fit with %s', async (_what, call) => {
    expect(await send(signed, call)).toMatchObject({ status: 401 })
  })

  test('and the same text as secret token are right together', async () => {
    expect(await send(signed, signedGitlabCall(signingToken, { secret: signingToken }))).toEqual(taken)
  })

  test('is no key where the secret has another form', async () => {
    expect(await send(guarded, signedGitlabCall(`whsec_${Buffer.from(secret).toString('base64')}`))).toMatchObject({
      status: 401,
    })
  })
})

describe('what is no push', () => {
  test.each([
    ['a ping of GitHub', githubCall({ event: 'ping', payload: { zen: 'Design for failure.', hook_id: 1 } })],
    ['an issue at GitHub', githubCall({ event: 'issues' })],
    ['an issue at Gitea', giteaCall({ event: 'issues' })],
    ['a release at Forgejo', forgejoCall({ event: 'release' })],
    ['a note at GitLab', gitlabCall({ event: 'Note Hook' })],
    ['a new user at GitLab', gitlabCall({ event: 'System Hook', payload: { event_name: 'user_create' } })],
  ])('is answered and does nothing: %s', async (_what, call) => {
    expect(await send(opened, call)).toEqual(ignored)
    expect(await send(opened, call, '?repo=group/tool')).toEqual(ignored)
  })

  test.each(['push', 'tag_push', 'repository_update'])('a system hook of GitLab tells of a %s', async event => {
    const payload = gitlabPush('group/tool', { event_name: event })
    expect(await send(opened, gitlabCall({ event: 'System Hook', payload }))).toEqual(taken)
  })

  test('a pushed tag at GitLab is a push', async () => {
    expect(await send(opened, gitlabCall({ event: 'Tag Push Hook' }))).toEqual(taken)
  })
})

describe('the repository', () => {
  const found = async (payload: unknown, query = '') => (await send(opened, githubCall({ payload }), query)).status

  test('that the address names wins over the payload', async () => {
    expect(await found(githubPush('nobody/knows'), '?repo=git/group/site')).toBe(202)
    expect(await found(githubPush('group/tool'), '?repo=nobody/knows')).toBe(404)
    expect(await found(githubPush('group/tool'), '?repo=a&repo=b')).toBe(400)
  })

  test.each([
    ['clone_url', 'https://forge.example/git/group/site.git'],
    ['clone_url', 'https://forge.example:8443/git/group/s%69te'],
    ['ssh_url', 'git@forge.example:git/group/site.git'],
    ['ssh_url', 'ssh://git@forge.example:2222/git/group/site.git'],
    ['html_url', 'https://forge.example/git/group/site'],
  ])('is found by the path of %s %s where its full name is not known', async (key, address) => {
    expect(await found({ repository: { full_name: 'group/site', [key]: address } })).toBe(202)
  })

  test.each([['GROUP/TOOL'], ['group/tool/x'], ['tool'], ['../group/tool'], ['x'.repeat(300)]])(
    'is not guessed: %s is another one',
    async name => {
      expect(await found({ repository: { full_name: name, clone_url: 'https://forge.example/x/y' } })).toBe(404)
    },
  )

  test('that is not served is a 404 that says what to do', async () => {
    const answer = await send(opened, giteaCall({ payload: giteaPush('nobody/knows') }))
    expect(answer).toMatchObject({ status: 404 })
    expect(answer.message).toContain('?repo=<name>')
  })

  test.each([
    [{}],
    [null],
    [[]],
    [{ repository: 'group/tool' }],
    [{ repository: { full_name: 7 } }],
    [{ repository: { clone_url: 'https://forge.example/%ff' } }],
    [{ repository: { full_name: '' }, project: null }],
  ])('that the payload %j does not name is a 400 that says what to do', async payload => {
    const answer = await send(opened, githubCall({ payload }))
    expect(answer).toMatchObject({ status: 400, message: expect.stringContaining('?repo=<name>') })
  })
})

describe('a payload', () => {
  test.each(['{', '', 'payload=%7B'])('that is no JSON is refused: %j', async payload => {
    expect(await send(opened, { headers: githubCall({}).headers, payload })).toMatchObject({ status: 400 })
  })

  test('that is missing in a form is refused', async () => {
    const { headers } = githubCall({ form: true })
    expect(await send(opened, { headers, payload: 'other=1' })).toMatchObject({ status: 400 })
  })

  test('of many levels is read like any other', async () => {
    const deep = `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"repository":{"full_name":"group/tool"}}`
    expect(await send(opened, { headers: githubCall({}).headers, payload: deep })).toEqual(taken)
  })
})

test('lines of git are lines whatever type curl gives them', async () => {
  const payload = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/bugs/x\n`
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  expect(await send(opened, { headers, payload }, '?repo=group/tool')).toEqual(taken)
})

test('JSON without the headers of a forge is read as it always was, however it is signed', async () => {
  const payload = JSON.stringify({ repo: 'group/tool', refs: ['refs/bugs/x'] })
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  const signature = `sha256=${hexDigest(secret, payload)}`
  const bearer = `Bearer ${secret}`
  expect(await send(guarded, { headers: { ...headers, 'x-hub-signature-256': signature }, payload })).toEqual(taken)
  expect(await send(guarded, { headers: { ...headers, authorization: bearer }, payload })).toEqual(taken)
  const both = { ...headers, authorization: bearer, 'x-hub-signature-256': 'sha256=0' }
  expect(await send(guarded, { headers: both, payload })).toMatchObject({ status: 401 })
})

test('each delivery is noted with its source and what became of it', async () => {
  await send(guarded, forgejoCall({ secret }))
  await send(guarded, gitlabCall({ secret: 'wrong' }))
  const noted = guarded.logged.filter(({ msg }) => msg === 'a hook called').slice(-2)
  expect(noted).toMatchObject([
    { source: 'forgejo', result: 'invalidated' },
    { source: 'gitlab', result: 'refused' },
  ])
  expect(JSON.stringify(guarded.logged)).not.toContain('sesame')
})
