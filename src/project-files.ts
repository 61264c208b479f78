/** Where the program's own files are, and what version they are of. */
import { promises as fs, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { shortDigest } from './http/answer.ts'

/** The folder with `views/`, `public/` and `demo/`. */
export const projectFolder = join(import.meta.dirname, '..')

/** The account's home; undefined for an account that has none, as containers and services may run as. */
export function homeFolder(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}

/** The program's version, from package.json. */
export async function readVersion(): Promise<string> {
  const text = await fs.readFile(join(projectFolder, 'package.json'), 'utf8')
  return String((JSON.parse(text) as { version?: unknown }).version)
}

/**
 * Changes with any source file, as far as sizes and times tell: a checkout may be brought up to date in between. At once
 * and not by promises, which take several times as long of the start: the files were loaded just now.
 */
export function digestSources(): string {
  const folder = import.meta.dirname
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => /\.[jt]s$/.test(name))
  return shortDigest(
    names.sort().map(name => {
      const { size, mtimeMs } = statSync(join(folder, name))
      return `${name} ${size} ${mtimeMs}`
    }),
  )
}

/** Changes with any template, so that a changed page has another ETag. */
export async function digestTemplates(): Promise<string> {
  const folder = join(projectFolder, 'views')
  const names = (await fs.readdir(folder)).sort()
  return shortDigest(await Promise.all(names.map(name => fs.readFile(join(folder, name), 'utf8'))))
}
