/**
 * What CHANGELOG.md says of a version: its section, without its head. As a program, with a version as its argument, it
 * prints that, for the notes of a release; a version without a section, or with an empty one, is no release.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ChangelogSection {
  /** `Unreleased`, or a version without `v`. */
  readonly version: string
  /** As in 2026-11-22; undefined for what is not released. */
  readonly date: string | undefined
  readonly text: string
}

/** The sections of a changelog, newest first. */
export function parseChangelog(text: string): ChangelogSection[] {
  const parts = text.split(/^## \[([^\]]+)\](?: - (\S+))?\n/m).slice(1)
  return Array.from({ length: parts.length / 3 }, (_, index) => ({
    version: parts[index * 3] ?? '',
    date: parts[index * 3 + 1],
    text: (parts[index * 3 + 2] ?? '').trim(),
  }))
}

if (import.meta.main) {
  const wanted = process.argv[2]
  const text = readFileSync(join(import.meta.dirname, '../CHANGELOG.md'), 'utf8')
  const section = parseChangelog(text).find(({ version }) => version === wanted)
  if (section === undefined || section.text === '' || section.date === undefined) {
    process.stderr.write(`CHANGELOG.md has no section with a date and changes for version ${wanted}\n`)
    process.exitCode = 1
  } else {
    process.stdout.write(`${section.text}\n`)
  }
}
