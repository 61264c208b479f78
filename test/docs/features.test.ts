/** docs/features.md says of every feature what it is here, and what shows it is there. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../support/program.ts'

const docs = join(projectRoot, 'docs')
const text = await readFile(join(docs, 'features.md'), 'utf8')

interface Row {
  readonly number: string
  readonly feature: string
  readonly here: string
  readonly shownBy: string
}

/** The lines of the tables, without their heads. */
const rows: readonly Row[] = text
  .split('\n')
  .filter(line => /^\| \d/.test(line))
  .map(line => {
    const [, number = '', feature = '', here = '', shownBy = ''] = line.split('|').map(cell => cell.trim())
    return { number, feature, here, shownBy }
  })

interface Proof {
  readonly file: string
  /** Of a test in it; undefined for a page of the documentation. */
  readonly name: string | undefined
}

function proofsOf({ shownBy }: Row): Proof[] {
  const links = shownBy.matchAll(/\[[^\]]+\]\(([^)#]+)[^)]*\)(?: "([^"]+)")?/g)
  return [...links].map(([, file = '', name]) => ({ file: resolve(docs, file), name }))
}

test('the rows are numbered from 1 to 100, each number once', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 1)))
})

describe.each(rows)('row $number: $feature', row => {
  test('says what it is here and what shows it, and has no other column', () => {
    expect([row.feature, row.here, row.shownBy]).not.toContain('')
    const line = text.split('\n').find(each => each.startsWith(`| ${row.number} |`))
    expect(line?.split('|')).toHaveLength(6)
    // Nothing but links, and after them the names of tests.
    expect(row.shownBy.replaceAll(/\[[^\]]+\]\([^)]+\)( "[^"]+")?(, )?/g, '')).toBe('')
  })

  test('is shown by tests that have these names, or by pages that are there', async () => {
    const proofs = proofsOf(row)
    expect(proofs).not.toHaveLength(0)
    for (const { file, name } of proofs) {
      const source = await readFile(file, 'utf8')
      expect(file.endsWith('.test.ts'), `${file} is a test that is named, or no test`).toBe(name !== undefined)
      expect(testNames(source, name), file).toContain(name)
    }
  })
})

test('docs/README.md names the page', async () => {
  expect(await readFile(join(docs, 'README.md'), 'utf8')).toContain('](features.md)')
})

/** What a source has as the first text behind a bracket, which names of tests are; of a page, nothing is named. */
function testNames(source: string, wanted: string | undefined): (string | undefined)[] {
  if (wanted === undefined) return [undefined]
  return [...source.matchAll(/\(\s*(['"`])(.*?)\1,/g)].map(([, , name]) => name)
}
