/** The regular expressions of the sources, and strings that would make a bad one take very long. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../support/program.ts'

interface FoundExpression {
  /** File and line. */
  readonly place: string
  readonly expression: RegExp
}

/** A literal where an expression may stand: behind a sign or a word after which no division can come. */
const literal =
  /(?:[=(,:!&|?[;{}\n]|=>|\breturn|\bcase)\s*\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])*)\/([dgimsuvy]*)/g

/** Every literal below `src/` and in the script of the pages. */
export async function findExpressions(): Promise<FoundExpression[]> {
  const sources = (await readdir(join(projectRoot, 'src'), { recursive: true }))
    .filter(name => name.endsWith('.ts'))
    .map(name => join('src', name))
  const found: FoundExpression[] = []
  for (const name of [...sources.sort(), 'public/viewer.js']) {
    const text = await readFile(join(projectRoot, name), 'utf8')
    const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
    for (const match of code.matchAll(literal)) {
      // The slash of a template's text.
      if (match[1]!.includes('${')) continue
      const line = code.slice(0, match.index + match[0].length).split('\n').length
      found.push({ place: `${name}:${line}`, expression: new RegExp(match[1]!, match[2]!) })
    }
  }
  return found
}

/** Characters that many expressions repeat. */
const usual = [
  ' ',
  '\t',
  '\n',
  '\r\n',
  'a',
  'Z',
  '0',
  '9',
  '-',
  '_',
  '.',
  '/',
  '\\',
  '"',
  "'",
  '<',
  '>',
  '(',
  '[',
  '*',
  '`',
  'é',
  '\u0301',
  '😀',
  '\0',
]
/** What none of them ends with. */
const ends = ['', '\0', '\n!', 'z\ud800']

/** Strings of about that length, made of what an expression is made of and of what it fits. */
export function* attacks({ source }: RegExp, length: number): Generator<string> {
  const own = [...new Set(source.replaceAll(/\\[a-zA-Z]/g, ''))].filter(character => /[^\\^$|?*+{}]/.test(character))
  // What it begins with, where that is said outright.
  const starts = new Set(['', /^\^?([^\\^$|?*+{}()[\].]*)/.exec(source)?.[1] ?? ''])
  const pumps = new Set([...usual, ...own, ...pairs(own.slice(0, 6))])
  for (const pump of pumps) {
    for (const start of starts) for (const end of ends) yield start + pump.repeat(Math.ceil(length / pump.length)) + end
  }
}

function pairs(characters: readonly string[]): string[] {
  return characters.flatMap(a => characters.map(b => a + b))
}
