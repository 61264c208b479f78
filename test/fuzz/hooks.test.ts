/** Deliveries of hooks: lines, JSON and the payloads of all forges, changed in every way, signed rightly or wrongly. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import type { RegisteredRepository } from '../../src/cache/registry.ts'
import { parseDelivery } from '../../src/http/hooks/delivery.ts'
import { findTargets } from '../../src/http/hooks/target.ts'
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
} from '../http/forge-calls.ts'
import { processorMs } from '../support/processor-time.ts'
import { runs } from './runs.ts'
import { type FuzzSite, openFuzzSite } from './site.ts'

const served = ['group/tool', 'tool', 'other', '__proto__', 'constructor']
const secret = 'open sesame'

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'push',
    'group/tool',
    'nobody/knows',
    'https://x.example/group/tool.git',
    '../tool',
  ),
  fc.constantFrom(
    'git@x:group/tool',
    'https://[/group/tool',
    '%00',
    'https://x/%zz',
    '\u202e',
    'a'.repeat(5000),
    [],
    {},
    ['push'],
  ),
  fc.constant(Array.from({ length: 3000 }, (_, n) => n)),
  fc.jsonValue({ maxDepth: 3 }),
)
const keys = fc.constantFrom(
  ...'project repository full_name path_with_namespace clone_url ssh_url git_http_url git_ssh_url html_url web_url event_name repo refs'.split(
    ' ',
  ),
  '__proto__',
  'constructor',
  'toString',
)

/** Puts something else at a place of a payload: at its top, or inside what is there under a key. */
const change = fc.record({
  into: fc.constantFrom('', 'project', 'repository'),
  key: keys,
  put: odd,
  remove: fc.boolean(),
})
function changed(
  payload: object,
  changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[],
): unknown {
  const copy = structuredClone(payload) as Record<string, unknown>
  for (const { into, key, put, remove } of changes) {
    const place = (into === '' ? copy : copy[into]) as Record<string, unknown> | null | undefined
    if (typeof place !== 'object' || place === null || Array.isArray(place)) continue
    if (remove) delete place[key]
    else Object.defineProperty(place, key, { value: put, enumerable: true, configurable: true, writable: true })
  }
  return copy
}
const payload = fc
  .tuple(
    fc.constantFrom<object>(
      githubPush('group/tool'),
      giteaPush('tool'),
      gitlabPush('other'),
      githubPush('nobody/knows'),
      {},
      [],
    ),
    fc.array(change, { maxLength: 4 }),
  )
  .map(([one, changes]) => changed(one, changes))

const lines = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        `${'0'.repeat(40)} ${'1'.repeat(64)} refs/bugs/x`,
        `${'a'.repeat(40)} ${'b'.repeat(40)} refs/heads/main`,
        '',
        ' ',
        '\r',
        'x',
      ),
      fc.string({ unit: 'binary', maxLength: 100 }),
    ),
    { maxLength: 5 },
  )
  .map(all => all.join('\n'))
const json = fc
  .record(
    {
      repo: fc.oneof(fc.constantFrom(...served), odd),
      refs: fc.oneof(fc.array(fc.constantFrom('refs/bugs/x', 'refs/heads/a')), odd),
    },
    { requiredKeys: [] },
  )
  .map(value => JSON.stringify(value))

const forges: readonly ((options: CallOptions) => ForgeCall)[] = [
  githubCall,
  giteaCall,
  forgejoCall,
  gogsCall,
  gitlabCall,
]
const events = fc.constantFrom('push', 'Push Hook', 'Tag Push Hook', 'System Hook', 'ping', '', 'PUSH', '__proto__')
const forgeCall = (secretOf: string | undefined) =>
  fc
    .record({ forge: fc.constantFrom(...forges), payload, event: events, form: fc.boolean() })
    .map(({ forge, ...options }) => forge(secretOf === undefined ? options : { ...options, secret: secretOf }))
const plainCall: fc.Arbitrary<ForgeCall> = fc.oneof(
  lines.map(text => ({ headers: { 'content-type': 'text/plain' }, payload: text })),
  json.map(text => ({ headers: { 'content-type': 'application/json' }, payload: text })),
)
/** The body with bytes changed, cut off or said twice. */
const spoiled = (call: fc.Arbitrary<ForgeCall>) =>
  fc
    .tuple(
      call,
      fc.nat(2000),
      fc.nat(3),
      fc.oneof(
        fc.constant(''),
        fc.constantFrom('{', '}', '"', ',', '\\u0000', '\\', '[', '{"repository":{"full_name":"tool"},'),
      ),
    )
    .map(([{ headers, payload: body }, at, remove, put]) => {
      const place = at % (body.length + 1)
      return { headers, payload: body.slice(0, place) + put + body.slice(place + remove) }
    })
const anyCall = fc.oneof(forgeCall(undefined), plainCall, spoiled(forgeCall(undefined)), spoiled(plainCall))

/** Every text of a JSON value. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

const registry = (() => {
  const location = { folder: '/x', gitDir: '/x', commonDir: '/x' }
  const all = served.map(
    (name): RegisteredRepository => ({ name, location, description: undefined, owner: undefined, hidden: false }),
  )
  return { all: () => all, find: async (name: string) => all.find(one => one.name === name) }
})()

describe('a delivery', () => {
  test('is read or refused, and reaches no repository that its body does not name', async () => {
    let reached = 0
    await fc.assert(
      fc.asyncProperty(anyCall, async call => {
        try {
          const delivery = parseDelivery(call.headers, Buffer.from(call.payload))
          if (delivery === undefined) return
          const targets = await findTargets(registry, {}, { delivery, isForge: false })
          const isForm = call.headers['content-type'] === 'application/x-www-form-urlencoded'
          const text = isForm ? (new URLSearchParams(call.payload).get('payload') ?? '') : call.payload
          const texts = textsOf(JSON.parse(text))
          for (const { name } of targets)
            expect([call, texts.filter(one => one.includes(name))]).not.toEqual([call, []])
          reached += targets.length
        } catch (error) {
          if (!isViewerError(error, 'PARAMETER_INVALID') && !isViewerError(error, 'REPOSITORY_UNKNOWN')) throw error
        }
      }),
      { numRuns: runs(3000) },
    )
    expect(reached).toBeGreaterThan(100)
  })

  test('of the largest size is read in a moment, whatever fills it', () => {
    const size = 1024 * 1024
    const fill = (piece: string, start = '', end = '') =>
      Buffer.from(start + piece.repeat(Math.floor((size - start.length - end.length) / piece.length)) + end)
    const bodies = [
      fill(`${'0'.repeat(40)} ${'1'.repeat(40)} refs/bugs/x\n`),
      fill(' '),
      fill('\n'),
      fill('[', '{"refs":'),
      fill('"a",', '{"refs":[', '"a"]}'),
    ]
    bodies.push(
      fill('/', '{"repository":{"clone_url":"', '"}}'),
      fill('%', 'payload='),
      fill('payload=&'),
      fill('\\u0000', '{"repo":"', '"}'),
    )
    for (const body of bodies) {
      for (const headers of [
        {},
        { 'content-type': 'application/json' },
        githubCall({}).headers,
        githubCall({ form: true }).headers,
      ]) {
        const read = () => {
          try {
            parseDelivery(headers, body)
          } catch (error) {
            expect(isViewerError(error, 'PARAMETER_INVALID')).toBe(true)
          }
        }
        expect(processorMs(read)).toBeLessThan(2000)
      }
    }
  })
})

describe('over HTTP', () => {
  let opened: FuzzSite
  let guarded: FuzzSite
  beforeAll(async () => {
    opened = await openFuzzSite(served)
    guarded = await openFuzzSite(served.slice(0, 1), { hooks: { secret } })
  })
  afterAll(async () => {
    await opened[Symbol.asyncDispose]()
    await guarded[Symbol.asyncDispose]()
  })
  const query = fc.constantFrom(
    '',
    '',
    '?repo=tool',
    '?repo=nobody',
    '?repo=',
    '?repo=a&repo=b',
    '?url=x',
    '?url=https://x/y',
    '?repo[]=tool',
    '?__proto__=tool',
  )
  const send = async (site: FuzzSite, { headers, payload: body }: ForgeCall, asked = '') => {
    const answer = await site.send({
      method: 'POST',
      target: `/hooks/post-receive${asked}`,
      headers,
      body: Buffer.from(body),
    })
    return { status: answer.status, body: answer.body.toString() }
  }

  test('every delivery is taken, or refused as the documentation says', async () => {
    const statuses = new Set<number>()
    await fc.assert(
      fc.asyncProperty(anyCall, query, async (call, asked) => {
        const { status, body } = await send(opened, call, asked)
        expect([202, 400, 404], body).toContain(status)
        expect(JSON.parse(body)).toEqual(
          status === 202 ? { invalidated: expect.any(Boolean) } : expect.objectContaining({ statusCode: status }),
        )
        statuses.add(status)
      }),
      { numRuns: runs(300) },
    )
    expect(statuses).toEqual(new Set([202, 400, 404]))
    expect(opened.viewer.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
  })

  test('nothing but the right proof is let in: another body, a proof cut, made longer or said twice is refused', async () => {
    const proofs = [
      'x-hub-signature-256',
      'x-gitea-signature',
      'x-gogs-signature',
      'x-forgejo-signature',
      'x-gitlab-token',
    ] as const
    const spoil = fc.constantFrom<(proof: string) => string>(
      proof => proof.slice(1),
      proof => proof.slice(0, -1),
      proof => `${proof}0`,
      proof => proof.repeat(2),
      proof => `${proof}, ${proof}`,
      proof => proof.replace(/.$/, last => (last === '0' ? '1' : '0')),
      proof => 'z'.repeat(proof.length),
      () => '0',
      () => 'é'.repeat(40),
      () => 'sha256=',
    )
    await fc.assert(
      fc.asyncProperty(forgeCall(secret), fc.nat(), spoil, async (call, which, change) => {
        const carried = proofs.filter(name => call.headers[name] !== undefined)
        const name = carried[which % carried.length]!
        const headers = { ...call.headers, [name]: Buffer.from(change(call.headers[name]!)).toString('latin1') }
        expect([headers, (await send(guarded, { ...call, headers })).status]).toEqual([headers, 401])
        expect((await send(guarded, call)).status).not.toBe(401)
      }),
      { numRuns: runs(100) },
    )
  })
})
