/** The command line of the program, as its users type it. */
import { expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import { helpText, parseCommandLine } from '../../src/config/command-line.ts'

function messageOf(argv: readonly string[]): string {
  try {
    parseCommandLine(argv)
  } catch (error) {
    if (isViewerError(error, 'SETTING_INVALID')) return error.message
    throw error
  }
  throw new Error(`not refused: ${argv.join(' ')}`)
}

test('options and paths may stand in any order', () => {
  expect(
    parseCommandLine(['a', '--port', '0', '--host=::1', 'b.git', '--config', 'c.yaml', '--data-dir', 'd']),
  ).toEqual({
    kind: 'run',
    options: { port: '0', host: '::1', config: 'c.yaml', 'data-dir': 'd' },
    paths: ['a', 'b.git'],
  })
})

test('nothing at all is a run without options and paths', () => {
  expect(parseCommandLine([])).toEqual({ kind: 'run', options: {}, paths: [] })
})

test('after -- everything is a path', () => {
  expect(parseCommandLine(['--', '--port', '-x'])).toMatchObject({ options: {}, paths: ['--port', '-x'] })
})

test('the last of a repeated option counts', () => {
  expect(parseCommandLine(['--port', '1', '--port', '2'])).toMatchObject({ options: { port: '2' } })
})

test('help and version win over everything else', () => {
  expect(parseCommandLine(['--help'])).toEqual({ kind: 'help' })
  expect(parseCommandLine(['-h', '--nonsense'])).toEqual({ kind: 'help' })
  expect(parseCommandLine(['--version', 'a'])).toEqual({ kind: 'version' })
})

test('an unknown option is refused with the nearest one', () => {
  expect(messageOf(['--prot', '80'])).toBe('"--prot" is not an option; the nearest is --port')
  expect(messageOf(['--port=1', '-p', '80'])).toBe('"-p" is not an option; the nearest is --port')
  expect(messageOf(['--__proto__'])).toContain('is not an option')
  expect(messageOf(['--no-port'])).toBe('"--no-port" is not an option; the nearest is --port')
})

test('an option without a value is refused', () => {
  const sentence = 'the option --port needs a value: port to listen on (3000; 0 picks a free one)'
  expect(messageOf(['--port'])).toBe(sentence)
  expect(messageOf(['--port='])).toBe(sentence)
  expect(messageOf(['--port', '--host', 'x'])).toBe(sentence)
})

test('an empty path is refused', () => {
  expect(messageOf([''])).toBe('a PATH on the command line must not be empty')
})

test('the help names every option and fits eighty columns', () => {
  const help = helpText()
  for (const option of ['config', 'host', 'port', 'data-dir', 'log-level', 'log-format', 'help', 'version']) {
    expect(help).toContain(`--${option}`)
  }
  expect(help.split('\n').filter(line => line.length > 80)).toEqual([])
})
