import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import setup, { hasProgram, programPath } from './required-programs.ts'

const programs = [
  'caddy',
  'chromium',
  'curl',
  'faketime',
  'mandoc',
  'nginx',
  'openssl',
  'redis-server',
  'sshd',
  'versitygw',
  'w3m',
  'wget',
]

describe('programs that tests need', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'programs-'))
    vi.stubEnv('PATH', folder)
    vi.stubEnv('GOPATH', folder)
    vi.stubEnv('CI', undefined)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    rmSync(folder, { recursive: true })
  })

  test('a program is there where PATH has an executable file of its name', () => {
    writeFileSync(join(folder, 'w3m'), '', { mode: 0o755 })
    writeFileSync(join(folder, 'chromium'), '', { mode: 0o644 })
    expect(programPath('w3m')).toBe(join(folder, 'w3m'))
    expect(hasProgram('chromium')).toBe(false)
  })

  test('a program is also there where Go has installed it', () => {
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin/versitygw'), '', { mode: 0o755 })
    expect(programPath('versitygw')).toBe(join(folder, 'bin/versitygw'))
  })

  test('a missing program is one line that says how to install it', () => {
    for (const name of programs.filter(name => name !== 'w3m')) writeFileSync(join(folder, name), '', { mode: 0o755 })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    setup()
    expect(warn.mock.calls).toEqual([['tests that need w3m are skipped; install it with: apt-get install w3m']])
  })

  test('under CI a missing program ends the run', () => {
    vi.stubEnv('CI', 'true')
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(() => setup()).toThrow(`these programs are missing: ${programs.join(', ')}`)
  })
})
