/** The command `export`, as administrators type it. */
import { expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import { exportFormats } from '../../src/base/export-formats.ts'
import { helpText, parseCommandLine } from '../../src/config/command-line.ts'
import { exportCommandHelp } from '../../src/config/export-command.ts'

function messageOf(...argv: readonly string[]): string {
  try {
    parseCommandLine(['export', ...argv])
  } catch (error) {
    if (isViewerError(error, 'SETTING_INVALID')) return error.message
    throw error
  }
  throw new Error(`not refused: ${argv.join(' ')}`)
}

test('options and paths may stand in any order', () => {
  expect(parseCommandLine(['export', 'a', '--out', 'site', 'b', '--config=c.yaml'])).toEqual({
    kind: 'export',
    out: 'site',
    baseUrl: undefined,
    formats: new Set(exportFormats),
    force: false,
    paths: ['a', 'b'],
    options: { config: 'c.yaml' },
  })
  expect(
    parseCommandLine(['export', '--force', '--base-url', 'https://x.example/b/', '--formats', 'JSON, atom', '--out=-']),
  ).toMatchObject({ out: '-', force: true, baseUrl: 'https://x.example/b', formats: new Set(['html', 'json', 'atom']) })
})

test('only as the first word: a folder of that name can be served', () => {
  expect(parseCommandLine(['./export'])).toMatchObject({ kind: 'run', paths: ['./export'] })
  expect(parseCommandLine(['--', 'export'])).toMatchObject({ kind: 'run', paths: ['export'] })
})

test.each([
  [[], 'export needs the option --out with the folder to write to'],
  [['--out'], 'the option --out of export needs a value, in one line'],
  [['--out', '--force'], 'the option --out of export needs a value, in one line'],
  [['--out', 'a\nb'], 'the option --out of export needs a value, in one line'],
  [['--out', 'x', '--force=yes'], 'the option --force of export takes no value'],
  [['--out', 'x', ''], 'a PATH on the command line must not be empty'],
  [
    ['--out', 'x', 'a', 'https://ann:hunter2@h/a'],
    'export fetches nothing: the PATH "https://…" must be a folder of this machine',
  ],
  [['--out', 'x', 'git@h:a'], 'export fetches nothing: the PATH "…" must be a folder of this machine'],
  [['--out', 'x', '--formats', 'html,jsn'], 'the option --formats of export does not know "jsn"; the nearest is json'],
  [
    ['--out', 'x', '--base-url', 'ftp://x'],
    'the option --base-url of export must be a URL such as https://example.org/bugs',
  ],
  [['--out', 'x', '--port', '80'], '"--port" is not an option of export; the nearest is --out'],
])('export %j is refused', (argv, sentence) => {
  expect(messageOf(...argv)).toBe(sentence)
})

test('the help names the options and fits eighty columns', () => {
  expect(parseCommandLine(['export', '--nonsense', '--help'])).toEqual({ kind: 'export-help' })
  expect(helpText()).toContain(exportCommandHelp())
  for (const word of ['--out', '--base-url', '--formats', '--force', './export', ...exportFormats]) {
    expect(exportCommandHelp()).toContain(word)
  }
})
