/** The command `hook`, as administrators type it. */
import { expect, test } from 'vitest'
import { isViewerError } from '../../src/base/errors.ts'
import { helpText, parseCommandLine } from '../../src/config/command-line.ts'
import { hookCommandHelp } from '../../src/config/hook-command.ts'

function messageOf(...argv: readonly string[]): string {
  try {
    parseCommandLine(argv)
  } catch (error) {
    if (isViewerError(error, 'SETTING_INVALID')) return error.message
    throw error
  }
  throw new Error(`not refused: ${argv.join(' ')}`)
}

test('each action has its arguments, with options before or after them', () => {
  expect(parseCommandLine(['hook', 'print'])).toEqual({ kind: 'hook-print', options: {} })
  expect(
    parseCommandLine(['hook', '--url', 'http://127.0.0.1:3000/bugs/', 'install', 'a b.git', '--root=~/git']),
  ).toEqual({
    kind: 'hook-install',
    path: 'a b.git',
    options: { url: 'http://127.0.0.1:3000/bugs', root: '~/git' },
  })
  expect(parseCommandLine(['hook', 'print', '--repo', "group/o'neil", '--secret-file', 's'])).toEqual({
    kind: 'hook-print',
    options: { repo: "group/o'neil", secretFile: 's' },
  })
  expect(parseCommandLine(['hook', 'uninstall', '--', '-x'])).toEqual({ kind: 'hook-uninstall', path: '-x' })
})

test('only as the first word: a folder of that name can be served', () => {
  expect(parseCommandLine(['./hook'])).toMatchObject({ kind: 'run', paths: ['./hook'] })
  expect(parseCommandLine(['--', 'hook'])).toMatchObject({ kind: 'run', paths: ['hook'] })
  expect(parseCommandLine(['other', 'hook'])).toMatchObject({ kind: 'run', paths: ['other', 'hook'] })
})

test('an action that is missing or unknown is refused, with the way to a folder of that name', () => {
  const sentence = 'hook must be followed by print, install or uninstall'
  expect(messageOf('hook')).toBe(`${sentence}; a folder of that name is ./hook`)
  expect(messageOf('hook', 'instal')).toBe(`${sentence}, not "instal"; a folder of that name is ./hook`)
})

test.each([
  [['print', 'x.git'], 'hook print takes no PATH'],
  [['install'], 'hook install needs the PATH of one repository, in one line'],
  [['install', 'a', 'b'], 'hook install needs the PATH of one repository, in one line'],
  [['install', ''], 'hook install needs the PATH of one repository, in one line'],
  [['install', 'a\nb'], 'hook install needs the PATH of one repository, in one line'],
  [['uninstall', 'a', '--url', 'http://x'], 'hook uninstall takes no options'],
  [['print', '--port', '80'], '"--port" is not an option of hook; the nearest is --root'],
  [['print', '--__proto__=x'], '"--__proto__" is not an option of hook; the nearest is --repo'],
])('hook %j is refused', (argv, sentence) => {
  expect(messageOf('hook', ...argv)).toBe(sentence)
})

test.each([
  ['--url', ['example.org', 'ftp://example.org', 'http://ann:pw@example.org', 'http://x/?q', 'http://x/\ny']],
  ['--repo', ['', 'a//b', '..', 'a\nb', 'x.git']],
  ['--root', ['', '/srv\n/git', '/srv/\u0007git']],
  ['--secret-file', ['', '/etc/s\n']],
])('%s is refused where it cannot be used, and no value is shown', (option, values) => {
  for (const value of values) {
    expect(messageOf('hook', 'print', `${option}=${value}`)).toMatch(
      new RegExp(`^the option ${option} of hook must be [^\n]*, in one line$`),
    )
  }
  expect(messageOf('hook', 'print', option)).toContain('must be')
  expect(messageOf('hook', 'print', option, '--root')).toContain('must be')
})

test('the help names the actions and options and fits eighty columns', () => {
  expect(parseCommandLine(['hook', 'install', '--help'])).toEqual({ kind: 'hook-help' })
  expect(parseCommandLine(['hook', '-h'])).toEqual({ kind: 'hook-help' })
  expect(helpText()).toContain(hookCommandHelp())
  for (const word of ['print', 'install', 'uninstall', '--url', '--repo', '--root', '--secret-file', './hook']) {
    expect(hookCommandHelp()).toContain(word)
  }
})
