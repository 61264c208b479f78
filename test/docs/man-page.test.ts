/** The manual page says what the help says, and is one that man can show. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportFormats } from '../../src/base/export-formats.ts'
import { checkCommandHelp } from '../../src/config/check-command.ts'
import { helpText, valueOptions } from '../../src/config/command-line.ts'
import { exportCommandHelp } from '../../src/config/export-command.ts'
import { hookCommandHelp } from '../../src/config/hook-command.ts'
import { warmCommandHelp } from '../../src/config/warm-command.ts'
import { projectRoot } from '../support/program.ts'
import { hasProgram } from '../support/required-programs.ts'

const file = join(projectRoot, 'docs/man/git-bug-viewer.1')
const source = await readFile(file, 'utf8')

/** The part below a heading. */
function section(name: string): string {
  return source.split(/^\.Sh /m).find(part => part.startsWith(`${name}\n`)) ?? ''
}

/** What is said of a command, up to the next one. */
function command(name: string): string {
  return (
    section('COMMANDS')
      .split(/^(?=\.It Cm )/m)
      .find(part => part.startsWith(`.It Cm ${name}\n`)) ?? ''
  )
}

/** Options that stand at the head of a paragraph, such as `--port NUMBER`. */
function optionsOf(text: string): string[] {
  return [...text.matchAll(/^\.It (?:Fl h , )?Fl -([a-z-]+)(?: Ar ([A-Z]+))?$/gm)]
    .map(([, name, value]) => `--${name}${value === undefined ? '' : ` ${value}`}`)
    .toSorted()
}

/** Options that stand at the head of a line of the help. */
function helpedOptions(text: string): string[] {
  return [...text.matchAll(/^ +(?:-h, )?(--[a-z-]+(?: [A-Z]+)?)(?: {2}|$)/gm)]
    .map(([, option]) => option ?? '')
    .toSorted()
}

test('it names every option of the server, with its value, and no other', () => {
  const [, help = ''] = helpText().split('\nOptions:\n')
  const [ofServer = ''] = help.split('\n\n')
  expect(optionsOf(section('OPTIONS'))).toEqual(helpedOptions(ofServer))
  expect(optionsOf(section('OPTIONS'))).toHaveLength(Object.keys(valueOptions).length + 2)
})

describe('of each command', () => {
  test.each([
    ['check', checkCommandHelp()],
    ['warm', warmCommandHelp()],
    ['export', exportCommandHelp()],
    ['hook uninstall', hookCommandHelp()],
  ])('it names the options of %s, with their values, and no other', (name, help) => {
    expect(optionsOf(command(name))).toEqual(helpedOptions(help))
  })

  test('it names it, and says how it is called', () => {
    const called = [...helpText().matchAll(/^ +git-bug-viewer ([a-z]+)(?: ([a-z|]+))?/gm)]
    const names = called.flatMap(([, name = '', actions]) =>
      (actions?.split('|') ?? ['']).map(one => `${name} ${one}`.trim()),
    )
    expect(names).toEqual(['check', 'warm', 'export', 'hook print', 'hook install', 'hook uninstall'])
    for (const name of names) {
      expect(section('SYNOPSIS')).toContain(`.Nm\n.Cm ${name}\n`)
      expect(command(name), name).not.toBe('')
    }
  })

  test('it names the options that they share with the server', () => {
    const [shared] = /^ +(--config, .*)$/m.exec(checkCommandHelp())!
    const text = section('COMMANDS').replaceAll('\n', ' ')
    for (const [name] of shared.matchAll(/[a-z-]+[a-z]/g)) expect(text).toContain(`Fl ${name.replace(/^-/, '')}`)
  })

  test('it names every format of an export', () => {
    expect(command('export')).toContain(`.Cm ${exportFormats.join(' , ')} .`)
  })
})

test.skipIf(!hasProgram('mandoc'))('mandoc finds nothing wrong with it, and shows it', () => {
  const { status, stdout } = spawnSync('mandoc', ['-T', 'lint', file], { encoding: 'utf8' })
  expect([stdout, status]).toEqual(['', 0])
  expect(execFileSync('mandoc', ['-T', 'ascii', file], { encoding: 'utf8' })).toContain('git fetch origin')
})

test('it says which signals and which exit statuses there are', () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) expect(section('SIGNALS')).toContain(signal)
  for (const status of [0, 1, 2]) expect(section('EXIT STATUS')).toContain(`\n.It ${status}\n`)
})
