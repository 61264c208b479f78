/** The commands `check` and `warm`, and what all commands have in common. */
import { describe, expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import { commandHelpText, commandHint, helpText, parseCommandLine } from '../../src/config/command-line.ts'

function messageOf(...argv: readonly string[]): string {
  try {
    parseCommandLine(argv)
  } catch (error) {
    if (isViewerError(error, 'SETTING_INVALID')) return error.message
    throw error
  }
  throw new Error(`not refused: ${argv.join(' ')}`)
}

test('options and paths of check may stand in any order', () => {
  expect(parseCommandLine(['check', 'a', '--json', '--config=c.yaml', 'b', '--log-level', 'info'])).toEqual({
    kind: 'check',
    json: true,
    paths: ['a', 'b'],
    options: { config: 'c.yaml', 'log-level': 'info' },
  })
  expect(parseCommandLine(['check'])).toEqual({ kind: 'check', json: false, paths: [], options: {} })
})

test('warm takes the options that say where the server keeps things', () => {
  expect(parseCommandLine(['warm', '--data-dir', 'd', 'a'])).toEqual({
    kind: 'warm',
    paths: ['a'],
    options: { 'data-dir': 'd' },
  })
})

test('a folder that is called like a command can be served', () => {
  expect(parseCommandLine(['./check', 'warm'])).toMatchObject({ kind: 'run', paths: ['./check', 'warm'] })
})

describe.each(['check', 'warm', 'export', 'hook'] as const)('%s', name => {
  test('its help wins over everything else, says how it is called, and fits eighty columns', () => {
    expect(parseCommandLine([name, '--nonsense', '-h'])).toEqual({ kind: `${name}-help` })
    expect(parseCommandLine([name, '--help'])).toEqual({ kind: `${name}-help` })
    const [usage = ''] = commandHelpText(name).split('\n')
    expect(helpText()).toContain(usage.replace('Usage: ', ''))
    expect(
      commandHelpText(name)
        .split('\n')
        .filter(line => line.length > 80),
    ).toEqual([])
  })
})

test.each([
  [['check', '--jsom'], '"--jsom" is not an option of check; the nearest is --json'],
  [['check', '--json=yes'], 'the option --json of check takes no value'],
  [['check', '--config'], 'the option --config of check needs a value, in one line'],
  [['check', ''], 'a PATH on the command line must not be empty'],
  [['check', 'git@h:a'], 'check fetches nothing: the PATH "…" must be a folder of this machine'],
  [['warm', '--port', '80'], '"--port" is not an option of warm; the nearest is --help'],
  [['warm', '--__proto__'], '"--__proto__" is not an option of warm; the nearest is --help'],
  [['warm', 'https://h/a'], 'warm fetches nothing: the PATH "https://h/a" must be a folder of this machine'],
])('%j is refused', (argv, sentence) => {
  expect(messageOf(...argv)).toBe(sentence)
})

describe('a word that is no command', () => {
  const message = 'the folder /home/ada/chek cannot be read'

  test('is told, where it is no folder either', () => {
    expect(commandHint(['chek', '.'], message)).toBe(', and chek is no command; those are check, warm, export, hook')
  })

  test.each([[['./chek']], [['--port', '1', 'chek']], [['srv/chek']], [[]]])('is not meant by %j', argv => {
    expect(commandHint(argv, message)).toBe('')
  })
})
