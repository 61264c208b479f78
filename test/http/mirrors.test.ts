/** Copies of repositories elsewhere, as visitors, programs and hooks meet them: the composed program and a real server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openRemote, type Remote } from '../mirrors/mirror-scene.ts'
import { createHtmlCheck } from '../support/html-problems.ts'
import { startProgram } from '../support/program.ts'
import { runGit } from '../support/tracker-builder.ts'
import { openViewer, type Viewer } from '../support/viewer.ts'
import { githubCall } from './forge-calls.ts'

const problemsOf = createHtmlCheck()
const paths = ['group/tool.git', 'group/listed.git', 'group/moving.git', 'group/failing.git', 'hidden/x.git'] as const

/** One for each delivery: what one has set off does not count for another. */
const hooked = Array.from({ length: 9 }, (_, n) => `group/hooked-${n}.git`)

let remote: Remote
beforeAll(async () => {
  remote = await openRemote(...paths, ...hooked)
})
afterAll(async () => {
  await remote[Symbol.asyncDispose]()
})

afterEach(() => {
  remote.server.behave = () => ({})
})

/** The settings of a viewer that opens what the server has below `group/`. */
function settings(more: Record<string, unknown> = {}, mirrors: Record<string, unknown> = {}): string {
  const usual = { open: [`${remote.server.origin}/group/**`], allowAddresses: ['127.0.0.0/8'], minFreeBytes: 0 }
  return JSON.stringify({ mirrors: { ...usual, refresh: { enabled: false }, ...mirrors }, ...more })
}

const addressOf = (path: string) => `${remote.server.origin}/${path}`
const nameOf = (path: string) => `127.0.0.1:${remote.server.port}/${path.replace(/\.git$/, '')}`
const pageOf = (path: string) => `/${nameOf(path).replace(':', '%3A')}/-/bugs`
const post = (viewer: Viewer, url: string, headers: Record<string, string> = {}) =>
  viewer.inject({
    method: 'POST',
    url: '/-/open',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams({ url }).toString(),
  })
const plain = (html: string) => html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')

describe('a visitor', () => {
  let viewer: Viewer
  beforeAll(async () => {
    viewer = await openViewer({ yaml: settings() })
  })
  afterAll(async () => {
    await viewer[Symbol.asyncDispose]()
  })

  test('finds the form on an index without repositories, and browsers may tell where it came from', async () => {
    const { statusCode, headers, body } = await viewer.get('/')
    expect([statusCode, headers['referrer-policy']]).toEqual([200, 'same-origin'])
    expect(plain(body)).toContain(`May be opened: ${remote.server.origin}/group/…`)
    expect(problemsOf(body)).toEqual([])
  })

  test('opens a repository and gets to its bugs, which say where they are from', async () => {
    const answer = await post(viewer, ` ${addressOf('group/tool.git')} `, { 'sec-fetch-site': 'same-origin' })
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([303, 'no-store'])
    expect(answer.headers.location).toBe(pageOf('group/tool.git'))
    const { statusCode, body } = await viewer.get(pageOf('group/tool.git'))
    expect(statusCode).toBe(200)
    expect(plain(body)).toContain(`A copy of ${addressOf('group/tool.git')} as of 20`)
    expect(problemsOf(body)).toEqual([])
    const index = await viewer.get('/')
    expect([index.statusCode, index.body.includes('>group/')]).toEqual([200, false])
    expect(plain(index.body)).toContain(nameOf('group/tool.git'))
    const about = plain((await viewer.get(`/${nameOf('group/tool.git')}/-/about`)).body)
    expect(about).toMatch(/Copied from http.* last fetched 20.*once in 5 minutes at most [\d.]+ kB on disk here/)
  })

  test('of an old browser opens by the origin of the page', async () => {
    const address = addressOf('group/tool.git')
    const headers = { host: 'bugs.example.org', origin: 'http://bugs.example.org' }
    expect((await post(viewer, address, headers)).statusCode).toBe(303)
  })

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['an unknown origin', { origin: 'null' }],
  ])('opens nothing in the name of %s, and is asked', async (_from, headers: Record<string, string>) => {
    const before = remote.server.asked
    const answer = await post(viewer, addressOf('group/failing.git'), headers)
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([403, 'no-store'])
    expect(answer.body).toContain(`value="${addressOf('group/failing.git')}"`)
    expect(plain(answer.body)).toContain('This came from another site.')
    expect(problemsOf(answer.body)).toEqual([])
    expect(remote.server.asked).toBe(before)
    expect((await viewer.get(pageOf('group/failing.git'))).statusCode).toBe(404)
  })

  test.each([
    ['', 400, 'Type the address of a git repository.'],
    ['ftp://x/y', 400, 'It cannot be opened: the address does not begin with https://'],
    ['https://me:secret@codeberg.org/x/y', 400, 'It cannot be opened: the address holds a password.'],
    ['https://codeberg.org/x/y?z', 400, 'It cannot be opened: the address holds a ? or a #.'],
    ['file:///etc', 400, 'It cannot be opened: the address'],
    ['ext::sh -c id', 400, 'It cannot be opened: the address'],
    ['https://codeberg.org/group/tool', 403, 'Repositories at this address are not opened here'],
    ['codeberg.org/group/tool', 403, 'Repositories at this address are not opened here'],
    ['\u202e<script>alert(1)</script>', 400, 'It cannot be opened: the address'],
  ])('who types %j gets it back with status %i and a sentence', async (typed, status, sentence) => {
    const { statusCode, headers, body } = await post(viewer, typed)
    expect([statusCode, headers['cache-control'], headers.etag]).toEqual([status, 'no-store', undefined])
    expect(plain(body.replaceAll('&#39;', "'"))).toContain(sentence)
    expect(body).toContain('aria-invalid="true"')
    expect(body).toContain(`value="${typed.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}"`)
    expect(problemsOf(body)).toEqual([])
  })

  test('who follows a link gets the form filled, and nothing is opened', async () => {
    const before = remote.server.asked
    const link = await viewer.get(`/-/open?url=${encodeURIComponent(addressOf('group/failing.git'))}`)
    expect([link.statusCode, link.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(link.body).toContain(`value="${addressOf('group/failing.git')}"`)
    expect(link.body).not.toContain('aria-invalid')
    const { statusCode, headers } = await viewer.get('/-/open')
    expect([statusCode, headers.location]).toEqual([303, '/'])
    expect(remote.server.asked).toBe(before)
  })

  test('cannot send more than an address, nor anything but a form', async () => {
    expect((await post(viewer, `https://x/${'y'.repeat(5000)}`)).statusCode).toBe(413)
    const json = { method: 'POST', url: '/-/open', payload: { url: addressOf('group/tool.git') } } as const
    expect((await viewer.inject(json)).statusCode).toBe(415)
  })

  test.each(['/api/v1/repos', '/api/v1/repos/one'])('who is a program is told of it: %s', async url => {
    const one = nameOf('group/tool.git')
    const answer = await viewer.get(url.replace('one', encodeURIComponent(one)))
    const body = answer.json<{ items?: { name: string }[] }>()
    expect(body.items?.find(({ name }) => name === one) ?? body).toMatchObject({
      name: one,
      openBugs: expect.any(Number),
      mirror: {
        url: addressOf('group/tool.git'),
        fetched: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        failure: null,
        bytes: expect.any(Number),
      },
    })
  })
})

test('where nobody may open anything there is neither form nor address, and one repository alone is led to', async () => {
  await using viewer = await openViewer({ paths: [remote.built.path] })
  expect((await post(viewer, 'https://codeberg.org/x/y')).statusCode).toBe(404)
  expect((await viewer.get('/-/open')).statusCode).toBe(404)
  expect((await viewer.get('/')).statusCode).toBe(302)
})

test('who opens many is slowed down as any other', async () => {
  await using viewer = await openViewer({ yaml: settings({ crawlers: { requestsPerMinute: 3 } }) })
  const statuses: number[] = []
  for (let n = 0; n < 4; n++) statuses.push((await post(viewer, 'ftp://x')).statusCode)
  expect(statuses).toEqual([400, 400, 400, 429])
})

test('one that is listed and not on disk has a row with dashes and a word, and stays so when the index is read', async () => {
  const before = remote.server.asked
  await using viewer = await openViewer({
    yaml: settings(
      {},
      {
        open: [],
        list: [
          { url: addressOf('group/listed.git'), name: 'listed' },
          { url: addressOf('group/tool.git'), name: 'tool' },
        ],
      },
    ),
  })
  expect(plain((await viewer.get('/')).body)).toMatch(/listed not here now: fetched when it is opened\s*–\s*–\s*–/)
  expect(plain((await viewer.get('/')).body)).toMatch(/tool not here now/)
  const { items } = (await viewer.get('/api/v1/repos')).json<{ items: unknown[] }>()
  expect(items[0]).toMatchObject({ openBugs: null, mirror: { fetched: null, bytes: 0 } })
  expect(remote.server.asked).toBe(before)
  expect((await viewer.get('/listed/-/bugs')).statusCode).toBe(200)
  expect(plain((await viewer.get('/')).body)).toMatch(/listed\s*5/)
})

describe('a remote that fails', () => {
  test.each([
    [404, 'gone', 'There is no repository at that address.'],
    [403, 'refused', 'wants a password'],
    [500, 'failed', 'Fetching it has failed.'],
  ])('with status %i has a page that says "%s", and when it is asked again', async (status, reason, what) => {
    await using viewer = await openViewer({ yaml: settings() })
    remote.server.behave = ({ url }) => (url.includes('failing') ? { status } : {})
    await post(viewer, addressOf('group/failing.git'))
    const answer = await viewer.get(pageOf('group/failing.git'))
    expect(answer.statusCode).toBe(502)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(plain(answer.body)).toContain(what)
    expect(answer.body).toContain(`<p class="id subject">${addressOf('group/failing.git')}</p>`)
    expect(problemsOf(answer.body)).toEqual([])
    const json = await viewer.get(`${pageOf('group/failing.git')}.json`)
    expect(json.json()).toMatchObject({ statusCode: 502, code: 'REMOTE_UNREACHABLE', reason })
    expect((await viewer.get(`/${nameOf('group/failing.git')}`)).body).toContain(what)
    remote.server.behave = () => ({})
  })

  test('without bugs says that it was asked', async () => {
    await using viewer = await openViewer({ yaml: settings() })
    const folder = await mkdtemp(join(tmpdir(), 'no-bugs-'))
    await runGit(folder, ['init', '--quiet', '--bare', '.'])
    await remote.server.serve('group/empty.git', folder)
    await post(viewer, addressOf('group/empty.git'))
    const { statusCode, headers, body } = await viewer.get(pageOf('group/empty.git'))
    expect([statusCode, Number(headers['retry-after']) > 500]).toEqual([404, true])
    expect(plain(body)).toMatch(/No bugs over there yet.*asked again in 10 minutes at the earliest/)
    await rm(folder, { recursive: true })
  })

  test('when there is no room says so, with status 507', async () => {
    await using viewer = await openViewer({ yaml: settings({}, { maxBytes: 1 }) })
    await post(viewer, addressOf('group/tool.git'))
    const { statusCode, body } = await viewer.get(pageOf('group/tool.git'))
    expect(statusCode).toBe(507)
    expect(plain(body)).toContain('No room on disk')
  })

  test('later leaves the last state, with a notice until it works again', async () => {
    await using viewer = await openViewer({ yaml: settings() })
    await post(viewer, addressOf('group/failing.git'))
    const page = async () => await viewer.get(pageOf('group/failing.git'))
    const first = await page()
    expect(first.body).not.toContain('class="notice stale"')
    remote.server.behave = () => ({ status: 404 })
    await tellPush(viewer, `?url=${encodeURIComponent(addressOf('group/failing.git'))}`)
    const later = await untilChanged(page, first.headers.etag)
    expect(later.statusCode).toBe(200)
    expect(plain(later.body)).toMatch(
      /What you see is the state of 20.* No newer one could be fetched since 20.*: there is no repository at that address any more\./,
    )
    remote.server.behave = () => ({})
    await tellPush(viewer, `?repo=${encodeURIComponent(nameOf('group/failing.git'))}`)
    const again = await untilChanged(page, later.headers.etag)
    expect(again.body).not.toContain('class="notice stale"')
  })
})

const pushed = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/bugs/x\n`
async function tellPush(viewer: Viewer, query: string, payload = pushed) {
  const answer = await viewer.inject({
    method: 'POST',
    url: `/hooks/post-receive${query}`,
    payload,
    headers: { 'content-type': 'text/plain' },
  })
  return { status: answer.statusCode, ...answer.json<{ invalidated?: boolean; message?: string }>() }
}

/** Asks again until the answer is another one: each round waits for the program to do something. */
async function untilChanged(get: () => ReturnType<Viewer['get']>, etag: string | undefined) {
  for (;;) {
    const answer = await get()
    if (answer.headers.etag !== etag) return answer
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('a hook', () => {
  let viewer: Viewer
  beforeAll(async () => {
    const list = [6, 7].map(n => ({ path: remote.built.path, name: `local/hooked-${n}` }))
    viewer = await openViewer({ yaml: settings({ repositories: { list } }) })
    for (const path of hooked) {
      await post(viewer, addressOf(path))
      expect((await viewer.get(pageOf(path))).statusCode).toBe(200)
    }
  })
  afterAll(async () => {
    await viewer[Symbol.asyncDispose]()
  })
  const at = (n: number) => addressOf(`group/hooked-${n}.git`)
  const requests = (n: number) => remote.server.requests.filter(({ url }) => url.includes(`hooked-${n}`)).length
  /** Sends something, and waits until one of the copies is asked for. */
  const fetched = async <T>(n: number, send: () => Promise<T>): Promise<T> => {
    const before = requests(n)
    const answer = await send()
    while (requests(n) === before) await remote.server.askedFor(remote.server.asked + 1)
    return answer
  }
  const sendPayload = async (repository: Record<string, string>) => {
    const call = { method: 'POST', url: '/hooks/post-receive', ...githubCall({ payload: { repository } }) } as const
    return (await viewer.inject(call)).statusCode
  }

  test.each([
    ['its name', 0, () => `?repo=${encodeURIComponent(nameOf('group/hooked-0.git'))}`],
    ['its address', 1, () => `?url=${encodeURIComponent(at(1))}`],
    ['its address without .git', 2, () => `?url=${encodeURIComponent(at(2).slice(0, -4))}`],
  ])('by %s has the copy fetched at once', async (_what, n, query) => {
    expect(await fetched(n, () => tellPush(viewer, query()))).toEqual({ status: 202, invalidated: true })
  })

  test.each([
    ['clone_url', 3, () => at(3)],
    ['html_url', 4, () => at(4).slice(0, -4)],
    ['ssh_url', 5, () => `ssh://git@127.0.0.1:${remote.server.port}/group/hooked-5.git`],
  ])('of a forge that names it by its %s has it fetched', async (key, n, address) => {
    expect(await fetched(n, () => sendPayload({ full_name: 'nobody/knows', [key]: address() }))).toBe(202)
  })

  test('of a forge reaches a copy also where it names a repository of this machine besides', async () => {
    const clone_url = at(6)
    expect(await fetched(6, () => sendPayload({ full_name: 'local/hooked-6', clone_url }))).toBe(202)
  })

  test('of a forge elsewhere with the same path means the repository of this machine alone', async () => {
    const before = requests(7)
    const clone_url = 'https://forge.example/local/hooked-7.git'
    expect(await sendPayload({ full_name: 'group/hooked-7', clone_url })).toBe(202)
    expect(requests(7)).toBe(before)
  })

  test.each([
    ['?url=https://codeberg.org/no/such', 404],
    ['?url=x', 400],
    ['?url=a&url=b', 400],
    ['?url=https://codeberg.org/x&repo=local/hooked-6', 400],
  ])('that names %s is answered with %i', async (query, status) => {
    expect((await tellPush(viewer, query)).status).toBe(status)
  })

  test('about branches alone fetches nothing', async () => {
    const before = requests(8)
    const lines = pushed.replace('refs/bugs/x', 'refs/heads/main')
    expect(await tellPush(viewer, `?url=${encodeURIComponent(at(8))}`, lines)).toEqual({
      status: 202,
      invalidated: false,
    })
    expect(requests(8)).toBe(before)
  })
})

describe('while a copy is being brought here', () => {
  test('a page says how far it is and loads itself again, programs are told the same, and then the bugs are there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cloning-'))
    await writeFile(join(folder, 'settings.yaml'), settings())
    await using program = await startProgram({
      args: ['--port', '0', '--data-dir', folder, '--config', join(folder, 'settings.yaml')],
      cwd: folder,
      env: { GIT_BUG_VIEWER_CACHE_PROGRESS_AFTER_SECONDS: '0.1' },
    })
    const { promise: go, resolve } = Promise.withResolvers<void>()
    remote.server.behave = ({ kind }) => (kind === 'fetch' ? { holdAfterBytes: 0, until: go } : {})
    const ask = async (path: string) => await fetch(`${program.url}${path.slice(1)}`)
    const opened = await fetch(`${program.url}-/open`, {
      method: 'POST',
      body: new URLSearchParams({ url: addressOf('group/tool.git') }),
    })
    expect([opened.status, opened.headers.get('refresh'), new URL(opened.url).pathname]).toEqual([
      503,
      '2',
      pageOf('group/tool.git'),
    ])
    const body = await opened.text()
    expect(body).toContain(`<h1>Fetching ${nameOf('group/tool.git')}…</h1>`)
    expect(body).toMatch(/<span id="how-far">(?:Waiting|Step \d of 5: )/)
    expect(problemsOf(body)).toEqual([])
    const json = await ask(`${pageOf('group/tool.git')}.json`)
    expect([json.status, await json.json()]).toMatchObject([
      503,
      {
        code: 'LOAD_TIMEOUT',
        message: expect.stringMatching(/^the repository is being fetched: /),
        progress: { step: expect.any(String), done: expect.any(Number), bytes: expect.any(Number) },
      },
    ])
    resolve()
    await program.logged(({ msg }) => msg === 'repository opened')
    expect((await ask(pageOf('group/tool.git'))).status).toBe(200)
    remote.server.behave = () => ({})
    await rm(folder, { recursive: true, force: true })
  })
})

test('a fetch that brings nothing new changes the time on the page, and tells no open page of a newer state', async () => {
  await using viewer = await openViewer({ yaml: settings() })
  await post(viewer, addressOf('group/moving.git'))
  const page = async () => await viewer.get(pageOf('group/moving.git'))
  const eventsOf = (body: string) => /data-events="([^"]*)"/.exec(body)?.[1]
  const first = await page()
  const unchanged = await viewer.get(pageOf('group/moving.git'), { 'if-none-match': String(first.headers.etag) })
  expect(unchanged.statusCode).toBe(304)
  await tellPush(viewer, `?url=${encodeURIComponent(addressOf('group/moving.git'))}`)
  const later = await untilChanged(page, first.headers.etag)
  expect(later.headers.etag).not.toBe(first.headers.etag)
  expect(eventsOf(later.body)).toBe(eventsOf(first.body))
})
