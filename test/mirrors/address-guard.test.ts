/** Where remotes may lead: each range that is not public, names with several addresses, names that change their mind. */
import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { ViewerError } from '../../src/base/errors.ts'
import { createAddressGuard } from '../../src/mirrors/address-guard.ts'

const { signal } = new AbortController()

function guardOf(addresses: Readonly<Record<string, readonly string[]>>, allow: readonly string[] = []) {
  const asked: string[] = []
  const guard = createAddressGuard({
    allow,
    lookup: async host => {
      asked.push(host)
      return (addresses[host] ?? []).map(address => ({ address }))
    },
  })
  return { asked, guard }
}

async function failureOf(work: Promise<unknown>): Promise<ViewerError> {
  const error = await work.then(
    value => value,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ViewerError) return error
  throw new Error(`not refused: ${String(error)}`)
}

/** The first and the last of each range, and what lies in it that somebody would like to reach. */
const refused = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ['127.0.0.0', '127.0.0.1', '127.0.0.53', '127.255.255.255'],
  ['168.63.129.16'],
  ['169.254.0.0', '169.254.169.254', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.192', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '239.255.255.255'],
  ['240.0.0.0', '255.255.255.254', '255.255.255.255'],
  ['::', '::1', '::2'],
  // Compatible with IPv4, mapped, translated.
  ['::127.0.0.1', '::8.8.8.8', '::ffff:0:808:808'],
  ['::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:10.0.0.1', '0:0:0:0:0:ffff:a9fe:a9fe', '::ffff:0:0'],
  ['64:ff9b::10.0.0.1', '64:ff9b::7f00:1', '64:ff9b::', '64:ff9b::1', '64:ff9b::a9fe:a9fe', '64:ff9b:0:0:0:0:c0a8:1'],
  ['64:ff9b:1::', '64:ff9b:1::808:808', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', '64:ff9b:0:0:1::808:808'],
  ['100::', '100::ffff:ffff:ffff:ffff', '100:0:0:1::'],
  // Teredo, benchmarks, ORCHID, the rest of the assignments to protocols.
  ['2001::', '2001::7f00:1', '2001:2::1', '2001:10::', '2001:20::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::', '2002:7f00:1::', '2002:808:808::1', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['4000::', '5f00::1', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fc00::', 'fd00:ec2::254', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::', 'fe80::1', 'fe80::1%eth0', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fec0::', 'feff::'],
  ['ff00::', 'ff02::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2606:4700::1%eth0', '::ffff:8.8.8.8%eth0'],
].flat()

test.each(refused)('%s is refused, as an address and behind a name', async address => {
  const { guard } = guardOf({ 'h.example': [address] })
  for (const host of [address, 'h.example']) {
    const error = await failureOf(guard.resolve(host, signal))
    expect(error.code).toBe('REMOTE_REFUSED')
    expect(error.message).toBe(`${host} leads to an address that may not be used`)
    expect(String(error.cause)).toContain(`${host} leads to ${address}, which mirrors.allowAddresses does not allow`)
  }
})

/** What lies beside those ranges, and what is a public address in another spelling. */
const open = [
  ['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
  ['168.63.129.15', '168.63.129.17', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0'],
  ['192.0.1.0', '192.0.3.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  [
    '2000::',
    '2001:200::',
    '2001:db7:ffff::',
    '2001:db9::',
    '2003::',
    '2606:4700::1111',
    '2620:4f:8001::',
    '3fff:1000::',
  ],
  ['64:ff9b::8.8.8.8', '64:ff9b::808:808', '::ffff:8.8.8.8', '::ffff:808:1'],
].flat()

test.each(open)('%s is public', async address => {
  expect(await guardOf({ h: [address] }).guard.resolve('h', signal)).toBe(address)
  expect(await guardOf({}).guard.resolve(address, signal)).toBe(address)
})

test('a name is refused where any one of its addresses is, in whatever order they come', async () => {
  const publicly = ['8.8.8.8', '2606:4700::1111']
  for (const inner of ['10.0.0.1', '::1', '::ffff:192.168.0.1', 'fe80::1%lo']) {
    for (const addresses of [
      [inner, ...publicly],
      [publicly[0]!, inner, publicly[1]!],
      [...publicly, inner],
    ]) {
      const { guard } = guardOf({ 'h.example': addresses })
      expect((await failureOf(guard.resolve('h.example', signal))).code).toBe('REMOTE_REFUSED')
    }
  }
})

test('the first of several public addresses is the one to connect to', async () => {
  const { guard } = guardOf({ h: ['2606:4700::1111', '8.8.8.8', '9.9.9.9'] })
  expect(await guard.resolve('h', signal)).toBe('2606:4700::1111')
})

test('what comes of a name and is no address is refused', async () => {
  for (const address of ['', 'localhost', '127.1', '0x7f.1', '8.8.8.8 ', '8.8.8.8\n', '8.8.8.8:22', '[::1]', '-o']) {
    const { guard } = guardOf({ h: [address] })
    expect((await failureOf(guard.resolve('h', signal))).code).toBe('REMOTE_REFUSED')
  }
})

test('a name that leads elsewhere at the second look is looked up once, and connected to where it led first', async () => {
  const answers = [['8.8.8.8'], ['127.0.0.1']]
  const guard = createAddressGuard({ allow: [], lookup: async () => answers.shift()!.map(address => ({ address })) })
  expect(await guard.resolve('rebinding.example', signal)).toBe('8.8.8.8')
  expect(answers).toEqual([['127.0.0.1']])
  expect((await failureOf(guard.resolve('rebinding.example', signal))).code).toBe('REMOTE_REFUSED')
})

test('an address is not looked up', async () => {
  const { guard, asked } = guardOf({})
  await guard.resolve('8.8.8.8', signal)
  await guard.resolve('2606:4700::1', signal)
  expect(asked).toEqual([])
})

test('networks of the settings are allowed, and nothing beside them', async () => {
  const allow = ['10.1.2.0/24', '127.0.0.1', 'fd00:1::/32', '::1']
  const { guard } = guardOf({ h: ['10.1.2.3', '8.8.8.8', '::1'], other: ['10.1.2.3', '10.1.3.0'] }, allow)
  const inside = ['10.1.2.0', '10.1.2.255', '127.0.0.1', 'fd00:1::', 'fd00:1:ffff::', '::1']
  const disguised = ['64:ff9b::10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203']
  for (const address of [...inside, ...disguised]) expect(await guard.resolve(address, signal)).toBe(address)
  expect(await guard.resolve('h', signal)).toBe('10.1.2.3')
  for (const address of ['10.1.3.0', '10.1.1.255', '127.0.0.2', 'fd00:2::', '::2', '::ffff:10.1.3.0', 'other']) {
    expect((await failureOf(guard.resolve(address, signal))).code).toBe('REMOTE_REFUSED')
  }
})

test('a name without an address cannot be reached, and the reason of the lookup is the cause', async () => {
  const cause = Object.assign(new Error('getaddrinfo ENOTFOUND h.example'), { code: 'ENOTFOUND' })
  const failing = createAddressGuard({ allow: [], lookup: () => Promise.reject(cause) })
  const error = await failureOf(failing.resolve('h.example', signal))
  expect(error).toMatchObject({ code: 'REMOTE_UNREACHABLE', data: { reason: 'unreachable' }, cause })
  expect(error.message).toBe('no address of h.example is known')
  const { guard } = guardOf({})
  expect(await failureOf(guard.resolve('h.example', signal))).toMatchObject({
    code: 'REMOTE_UNREACHABLE',
    data: { reason: 'unreachable' },
  })
})

test('a lookup that hangs ends with the signal, and leaves nothing on it', async () => {
  const stop = new AbortController()
  const answer = Promise.withResolvers<{ address: string }[]>()
  const guard = createAddressGuard({ allow: [], lookup: () => answer.promise })
  const waiting = guard.resolve('h.example', stop.signal)
  const reason = new Error('nobody waits any more')
  stop.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  // Its answer, a failure, comes when nobody listens: that is nobody's unhandled rejection.
  answer.reject(new Error('too late'))
  await new Promise(setImmediate)
  await expect(guard.resolve('8.8.8.8', stop.signal)).rejects.toBe(reason)
})

test('a signal that is asked a thousand times keeps no listener', async () => {
  const stop = new AbortController()
  const { guard } = guardOf({ h: ['8.8.8.8'] })
  for (let at = 0; at < 1000; at++) await guard.resolve('h', stop.signal)
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})

test("the system's own lookup finds this machine, and that is refused", async () => {
  const guard = createAddressGuard({ allow: [] })
  expect((await failureOf(guard.resolve('localhost', signal))).code).toBe('REMOTE_REFUSED')
  const allowing = createAddressGuard({ allow: ['127.0.0.0/8', '::1'] })
  expect(await allowing.resolve('localhost', signal)).toMatch(/^(?:127\.0\.0\.1|::1)$/)
})
