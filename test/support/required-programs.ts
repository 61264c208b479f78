/**
 * Programs that some tests need and a machine may lack. A test that needs one asks `hasProgram` and is skipped
 * without it; as vitest's global setup this file says once, per missing program, how to install it. Under CI a skip
 * would hide a failure, so there a missing program ends the run.
 */
import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What to type on Debian and its relatives, by program. `.ci/run` types the same. */
const howToInstall = {
  caddy: 'apt-get install caddy',
  chromium: 'apt-get install chromium',
  curl: 'apt-get install curl',
  faketime: 'apt-get install faketime',
  mandoc: 'apt-get install mandoc',
  nginx: 'apt-get install nginx-light',
  openssl: 'apt-get install openssl',
  'redis-server': 'apt-get install redis-server',
  sshd: 'apt-get install openssh-server',
  versitygw: 'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  w3m: 'apt-get install w3m',
  wget: 'apt-get install wget',
} as const

export type OptionalProgram = keyof typeof howToInstall

/**
 * Where the program lies: the first executable file of that name in PATH, or where Go puts what it installs; undefined
 * where there is none.
 */
export function programPath(name: OptionalProgram): string | undefined {
  const goFolder = join(process.env.GOPATH || join(homedir(), 'go'), 'bin')
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), goFolder]) {
    if (folder === '') continue
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // Not in this folder: look in the next.
    }
  }
  return undefined
}

/** True where the program can be started. Use it with `test.skipIf(!hasProgram('w3m'))`. */
export function hasProgram(name: OptionalProgram): boolean {
  return programPath(name) !== undefined
}

/** Vitest's global setup: one line per missing program; throws where CI must not skip. */
export default function setup(): void {
  const missing = (Object.keys(howToInstall) as OptionalProgram[]).filter(name => !hasProgram(name))
  for (const name of missing) {
    console.warn(`tests that need ${name} are skipped; install it with: ${howToInstall[name]}`)
  }
  if (missing.length > 0 && process.env.CI === 'true') {
    throw new Error(`CI=true, so no test may be skipped, but these programs are missing: ${missing.join(', ')}`)
  }
}
