/** The blocks of code in the pages of the documentation. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from './program.ts'

export interface DocBlock {
  /** Such as `docs/deployment.md`. */
  readonly page: string
  /** Of its first line in the page. */
  readonly line: number
  /** What stands behind the fence: `sh`, `yaml`. */
  readonly language: string
  /** Without the indent of the fence, with a newline at its end. */
  readonly text: string
}

/** Pages for those who read about the program, in the project's root and in docs. */
export async function docPages(): Promise<readonly string[]> {
  const inDocs = await readdir(join(projectRoot, 'docs'), { recursive: true })
  return [
    'README.md',
    'CONTRIBUTING.md',
    ...inDocs.filter(name => name.endsWith('.md')).map(name => join('docs', name)),
  ]
}

/** Every block of a page. */
export async function docBlocks(page: string): Promise<readonly DocBlock[]> {
  const source = await readFile(join(projectRoot, page), 'utf8')
  return [...source.matchAll(/^( *)```([a-z]*)\n(.*?)^\1```$/gms)].map(
    ({ index, 1: indent = '', 2: language = '', 3: text = '' }) => ({
      page,
      line: source.slice(0, index).split('\n').length + 1,
      language,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}
