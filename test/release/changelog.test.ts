/** The changelog and the version belong together. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseChangelog } from '../../release/changelog.ts'
import { projectRoot } from '../support/program.ts'

const readText = async (name: string) => await readFile(join(projectRoot, name), 'utf8')
const sections = parseChangelog(await readText('CHANGELOG.md'))

test('the version of package.json, and of the lock file, has a section with a date that says what changed', async () => {
  const { version } = JSON.parse(await readText('package.json')) as { version: string }
  const lock = JSON.parse(await readText('package-lock.json')) as { version: string }
  expect(lock.version).toBe(version)
  const section = sections.find(each => each.version === version)
  expect(section?.date).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(section?.text).not.toBe('')
})

test('the README names the package of this version', async () => {
  const { version } = JSON.parse(await readText('package.json')) as { version: string }
  const named = [...(await readText('README.md')).matchAll(/git-bug-viewer-([\w.-]+)\.tgz/g)].map(([, each]) => each)
  expect(new Set(named)).toEqual(new Set([version]))
})

test('what is not released stands first, without a date, and after it the versions, each once, newest first', () => {
  expect(sections[0]).toMatchObject({ version: 'Unreleased', date: undefined })
  const dates = sections.slice(1).map(({ date }) => date ?? '')
  expect(dates).toEqual(dates.toSorted().reverse())
  expect(new Set(sections.map(({ version }) => version)).size).toBe(sections.length)
})

test('a section is what stands between two heads', () => {
  const text =
    '# Changelog\n\nAbout.\n\n## [Unreleased]\n\nNothing.\n\n## [1.0.0] - 2026-01-02\n\n### Added\n\n- All.\n'
  expect(parseChangelog(text)).toEqual([
    { version: 'Unreleased', date: undefined, text: 'Nothing.' },
    { version: '1.0.0', date: '2026-01-02', text: '### Added\n\n- All.' },
  ])
})
