/** Where the program's own files are, and what version they are of. */
import { promises as fs } from 'node:fs'
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

/** Changes with any source file, as far as sizes and times tell: a checkout may be brought up to date in between. */
export async function digestSources(): Promise<string> {
  const names = (await fs.readdir(import.meta.dirname, { recursive: true }))
    .filter(name => /\.[jt]s$/.test(name))
    .sort()
  const stats = await Promise.all(names.map(name => fs.stat(join(import.meta.dirname, name))))
  return shortDigest(stats.map(({ size, mtimeMs }, index) => `${names[index]} ${size} ${mtimeMs}`))
}

/** Changes with any template, so that a changed page has another ETag. */
export async function digestTemplates(): Promise<string> {
  const folder = join(projectFolder, 'views')
  const names = (await fs.readdir(folder)).sort()
  return shortDigest(await Promise.all(names.map(name => fs.readFile(join(folder, name), 'utf8'))))
}
