/**
 * Names that would be paths or options if somebody took them for such, in every place where a visitor, a hook, git or a
 * shell can put one. git is started through a program that notes what it is given.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inventHistory } from '../support/git-client.ts'
import { type RunningProgram, runProgram, startProgram } from '../support/process.ts'
import { buildRepository } from '../support/tracker-builder.ts'

const { t, bugs } = inventHistory('addresses')
const [bug] = bugs
/** A folder may be called so, and is served under this name. */
const optionName = '--upload-pack=touch stumbled'

let home: string
let viewer: RunningProgram
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'addresses-'))
  const served = join(home, 'served')
  for (const name of ['tracker', optionName, '-c']) await buildRepository(t, { dir: join(served, `${name}.git`) })
  await buildRepository(t, { dir: join(home, 'closed.git') })
  await writeFile(join(home, 'secret.txt'), 'the word is smoulder')
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  await mkdir(join(home, 'bin'))
  await writeFile(join(home, 'bin/git'), `#!/bin/sh\nprintf '%s\\n' "$@" >> '${home}/arguments'\nexec '${real}' "$@"\n`)
  await chmod(join(home, 'bin/git'), 0o755)
  viewer = await startProgram({ args: [served], env: { PATH: `${home}/bin:${process.env.PATH}` } })
})
afterAll(async () => {
  await viewer[Symbol.asyncDispose]()
  await rm(home, { recursive: true, force: true })
})

/** Sends a request with exactly this address, which no client does. */
async function sendRaw(address: string, rest = '', method = 'GET'): Promise<{ status: number; answer: string }> {
  const socket = connect(Number(new URL(viewer.url).port), '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  const answer = text(socket)
  socket.write(
    Buffer.from(`${method} ${address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${rest || '\r\n'}`, 'latin1'),
  )
  const all = await answer
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(all)?.[1]), answer: all }
}

/** What stands for a name; `xmark` tells it apart from what the program says by itself. */
const names = [
  '..',
  '../closed',
  '../../xmark',
  '%2e%2e',
  '%2e%2e%2fclosed',
  '..%2fclosed.git',
  '..%5cclosed',
  '..\\closed',
  '%252e%252e%252fclosed',
  '%c0%ae%c0%ae%2fclosed',
  'tracker%2f..%2f..%2fclosed',
  'tracker/../../closed',
  './closed',
  '%2fetc%2fpasswd',
  '//etc/passwd',
  'xmark%00',
  'tracker%00.git',
  '-xmark',
  '--xmark',
  '--upload-pack=xmark',
  '--output=xmark',
  '-cxmark=y',
  '%2d%2dxmark',
  '%0a--xmark',
  ':xmark',
  'xmark^{tree}',
  '@{xmark}',
  'HEAD',
  'refs%2fheads%2fmain',
  '$(xmark)',
  '`xmark`',
  ';xmark',
  '|xmark',
  'file:%2f%2f%2fetc%2fpasswd',
  'ext::xmark',
]

describe('a name such as', () => {
  test.each(names)('%s leads to nothing, wherever it stands', async name => {
    for (const address of [
      `/${name}`,
      `/${name}/-/bugs`,
      `/${name}/-/about`,
      `/${name}.git/info/refs?service=git-upload-pack`,
      `/tracker/-/bugs/${name}`,
      `/tracker/-/bugs/${bug!.id}/at/${name}`,
      `/tracker/-/bugs/${bug!.id}/edits/${name}`,
      `/tracker/-/identities/${name}`,
      `/tracker/-/files/${name}`,
      `/tracker/-/c/${name}`,
      `/tracker/-/${name}`,
      `/tracker.git/objects/${name}`,
      `/tracker.git/${name}`,
      `/-/static/${name}`,
      `/-/go/${name}`,
      `/api/v1/repos/${name}`,
      `/api/v1/repos/tracker/bugs/${name}`,
    ]) {
      const { status, answer } = await sendRaw(address)
      expect([address, status]).toEqual([address, expect.toSatisfy((it: number) => it >= 301 && it < 500)])
      expect(answer, address).not.toMatch(/smoulder|root:x:0|closed\/-\/|It smokes/)
    }
  })

  test.each(names)('%s in a hook names no repository and no ref that is asked for', async name => {
    const asked = await sendRaw(`/hooks/post-receive?repo=${name}`, 'Content-Length: 0\r\n\r\n', 'POST')
    expect(asked.status).toBe(404)
    const line = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/bugs/${decodeLoosely(name)}\n`
    const told = await sendRaw(
      '/hooks/post-receive?repo=tracker',
      `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(line, 'latin1')}\r\n\r\n${line}`,
      'POST',
    )
    expect(told.status).toBe(202)
  })
})

function decodeLoosely(name: string): string {
  try {
    return decodeURIComponent(name).replaceAll(/[^\x20-\x7e]/g, '?')
  } catch {
    return name
  }
}

const packet = (words: string) => (Buffer.byteLength(words) + 4).toString(16).padStart(4, '0') + words

test.each([
  'want --xmark',
  'want-ref --xmark',
  'deepen-not --xmark',
  'deepen-since --xmark',
  'filter --xmark',
  'have --xmark',
  'shallow --xmark',
  'agent=--xmark\0--xmark',
  'object-format=--xmark',
])('a fetch that says %j is refused before git hears of it', async line => {
  const body = `${packet('command=fetch')}0001${packet(`want ${bug!.tip}`)}${packet(line)}${packet('done')}0000`
  const answer = await fetch(`${viewer.url}/tracker.git/git-upload-pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-git-upload-pack-request', 'git-protocol': 'version=2' },
    body,
  })
  expect(await answer.text()).not.toContain('PACK')
})

test.each([optionName, '-c'])('a repository that is called %j is one like any other', async name => {
  const at = `${viewer.url}/${encodeURIComponent(name)}`
  expect(await (await fetch(`${at}/-/bugs`)).text()).toContain('Bug 1')
  const refs = await (await fetch(`${at}.git/info/refs?service=git-upload-pack`)).text()
  expect(refs).toContain(bug!.ref)
  const body = `${packet('command=fetch')}0001${packet(`want ${bug!.tip}`)}${packet('done')}0000`
  const headers = { 'content-type': 'application/x-git-upload-pack-request', 'git-protocol': 'version=2' }
  const answer = await fetch(`${at}.git/git-upload-pack`, { method: 'POST', headers, body })
  expect(await answer.text()).toContain('PACK')
})

test('an option behind -- is the path of a folder that is not there', async () => {
  for (const path of ['--upload-pack=xmark', '-cxmark', '--exec-path=xmark']) {
    const { status, stderr } = await runProgram({ args: ['--data-dir', join(home, 'data'), '--', path], cwd: home })
    expect([status, stderr]).toEqual([2, expect.stringContaining(path)])
  }
})

// Last: what all of the above has led to.
test('git was given none of these names, and nothing was made by them', async () => {
  const given = (await readFile(join(home, 'arguments'), 'utf8')).split('\n')
  expect(given).toContain('cat-file')
  expect(given.filter(argument => argument.includes('xmark'))).toEqual([])
  // A folder's path is given whole, so that it begins with a slash.
  expect(given.filter(argument => argument.includes('stumbled') && !argument.startsWith('/'))).toEqual([])
  expect((await readdir(home, { recursive: true })).filter(name => /stumbled$|xmark$/.test(name))).toEqual([])
})
