/** Attached files in an export: copied in pieces, left alone where they are there, and counted where they are not had. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ViewerError } from '../../src/base/errors.ts'
import type { FileAnswer } from '../../src/export/answer.ts'
import { exportSite } from '../../src/export/export-site.ts'
import { openOutputFolder } from '../../src/export/output-folder.ts'

const [whole, cut, gone] = ['ab'.repeat(20), 'cd'.repeat(20), 'ef'.repeat(20)]
const pieces = Array.from({ length: 300 }, (_, n) => Buffer.alloc(64 * 1024, n))
const html = `<!DOCTYPE html><title>x</title><main>${[whole, cut, gone]
  .map(hash => `<a href="/t/-/files/${hash}"><img src="/t/-/files/${hash}" alt=""></a>`)
  .join('')}</main>`

let folder: string
let asked = 0
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attached-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** @returns besides: how many pieces were read */
async function exportOnce(isFailing = true) {
  let given = 0
  const read = async function* (url: string) {
    for (const [index, piece] of pieces.entries()) {
      if (isFailing && url.includes(cut) && index === 100) throw new ViewerError('STREAM_FAILED', 'cut off')
      given++
      yield piece
    }
  }
  await using output = await openOutputFolder(folder, { force: false })
  const summary = await exportSite(
    { formats: new Set(['html']), named: new Set(), baseUrl: undefined, allowsCrawlers: true },
    {
      output,
      signal: new AbortController().signal,
      reporter: { progress: () => {}, repository: () => {} },
      ask: async url => ({
        status: 200,
        type: url === '/api/v1/repos' ? 'application/json' : 'text/html',
        location: undefined,
        // Another one each time: nothing is skipped.
        etag: `W/"${++asked}"`,
        body: Buffer.from(url === '/api/v1/repos' ? '{"items":[{"name":"t"}]}' : html),
      }),
      askFile: async (url): Promise<FileAnswer> => ({
        status: url.includes(gone) ? 404 : 200,
        type: 'image/png',
        bytes: pieces.length * 64 * 1024,
        read: () => read(url),
      }),
    },
  )
  return { summary, given, page: await readFile(join(folder, 't/-/bugs/index.html'), 'utf8') }
}

const files = () => readdir(join(folder, 't/-/files'))

test('a file is copied, and one that is not had to its end is no file, no link and a failure', async () => {
  const { summary, page } = await exportOnce()
  expect(await files()).toEqual([`${whole}.png`])
  expect((await readFile(join(folder, `t/-/files/${whole}.png`))).equals(Buffer.concat(pieces))).toBe(true)
  expect(summary.failures).toBe(1)
  expect(page).toContain(`<a href="../files/${whole}.png"><img src="../files/${whole}.png"`)
  expect(page).not.toContain(cut)
  expect(page).not.toContain(gone)
  expect((await readdir(join(folder, '.git-bug-viewer'))).filter(name => name.startsWith('part-'))).toEqual([])
})

test('a file that is there already is compared and not written again; one that differs is', async () => {
  await exportOnce(false)
  const file = join(folder, `t/-/files/${whole}.png`)
  const before = await stat(file)
  const second = await exportOnce(false)
  expect((await stat(file)).mtimeMs).toBe(before.mtimeMs)
  expect(second.summary.written).toBe(0)
  const other = await readFile(file)
  other[5_000_000] = 255
  await writeFile(file, other)
  expect((await exportOnce(false)).summary.written).toBe(1)
  expect((await readFile(file)).equals(Buffer.concat(pieces))).toBe(true)
})

test('one of another length is not even compared', async () => {
  await exportOnce(false)
  await writeFile(join(folder, `t/-/files/${whole}.png`), 'short')
  const { given, summary } = await exportOnce(false)
  expect([given, summary.written]).toEqual([2 * pieces.length, 1])
})
