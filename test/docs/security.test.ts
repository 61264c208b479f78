/** docs/security.md names a test for each threat, and each of them is there. */
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../support/program.ts'

const docs = join(projectRoot, 'docs')
const text = await readFile(join(docs, 'security.md'), 'utf8')
const [, threats = ''] = text.split('\n## Pushers\n')

/** Lines of the tables of threats: three columns, of which the last one has links. */
const rows = threats.split('\n').flatMap(line => {
  const [threat = '', stop = '', shownBy = ''] = line.split(' | ').map(cell => cell.replaceAll(/^\| | \|$/g, ''))
  return line.startsWith('| ') && !/^\| (?:Threat|---)/.test(line) ? [{ threat, stop, shownBy }] : []
})

test('every group of those who could want something has threats', () => {
  const parts = threats.split('\n## Fetching\n')[0]!.split(/^## /m)
  expect(parts.length).toBeGreaterThan(5)
  for (const part of parts) expect(part).toContain('\n| Threat | What stops it | Shown by |\n')
  expect(rows.length).toBeGreaterThan(30)
})

describe.each(rows)('$threat', ({ stop, shownBy }) => {
  test('is stopped by something, in files that are there', async () => {
    expect(stop).not.toBe('')
    const sources = await readdir(join(projectRoot, 'src'), { recursive: true })
    for (const [, path] of stop.matchAll(/`src\/([^`*]+\.ts)`/g)) expect(sources).toContain(path)
  })

  test('is shown by tests that have these names, and by nothing else', async () => {
    const proofs = [...shownBy.matchAll(/\[([^\]]+)\]\((\.\.\/test\/[^)]+\.test\.ts)\) "([^"]+)"/g)]
    expect(proofs).not.toHaveLength(0)
    expect(shownBy.replaceAll(/\[[^\]]+\]\([^)]+\) "[^"]+"(?:, )?/g, '')).toBe('')
    for (const [, label, file, name] of proofs) {
      expect(file).toBe(`../test/${label}.test.ts`)
      const source = await readFile(resolve(docs, file!), 'utf8')
      const names = [...source.matchAll(/\(\s*(['"`])(.*?)\1,/g)].map(([, , found]) => found)
      expect(names, file).toContain(name)
    }
  })
})

test('every test of security is named', async () => {
  const files = (await readdir(join(projectRoot, 'test/security'))).filter(name => name.endsWith('.test.ts'))
  for (const file of files) expect(text).toContain(`(../test/security/${file})`)
})

test('SECURITY.md says how to report, and leads here', async () => {
  const report = await readFile(join(projectRoot, 'SECURITY.md'), 'utf8')
  expect(report).toContain('(docs/security.md)')
})
