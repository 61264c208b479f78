/** Words of pages stand in `src/strings/` and nowhere else. */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseAst } from 'vitest/node'
import { strings } from '../../src/strings/strings.ts'

const root = resolve(import.meta.dirname, '../..')

/** What a template says by itself: text between its tags but for commands, and attributes that people see or hear. */
function wordsOf(template: string): string[] {
  const withoutCode = template.replace(/<%[\s\S]*?%>/g, '\0').replace(/<(code|pre)>[^<]*<\/\1>/g, '\0')
  const attributes = [
    ...withoutCode.matchAll(/\s(?:title|aria-label|placeholder|alt|label|content|value|data-what)="([^"]*)"/g),
  ]
  const texts = withoutCode.replace(/<[^>]*>/g, '\0').split(/[\0\n]/)
  const known = /^(?:width=device-width, initial-scale=1|website|noindex)$/
  return [...texts, ...attributes.flatMap(match => (match[1] ?? '').split('\0'))]
    .map(text => text.trim())
    .filter(text => /\p{L}{2}/u.test(text.replace(/&[a-z]+;/g, '')) && !known.test(text))
}

test.each(globSync('views/*.eta', { cwd: root }))('%s has no words of its own', file => {
  expect(wordsOf(readFileSync(join(root, file), 'utf8'))).toEqual([])
})

type Node = Readonly<Record<string, unknown>> & { readonly type: string }

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

/** What people never read as words of a page: addresses of modules, types, messages of exceptions. */
function isSilent(node: Node): boolean {
  if (/^(?:Import|ExportAll|TSType|TSInterface|TSUnion|TSLiteralType)/.test(node.type)) return true
  return node.type === 'NewExpression' && isNode(node.callee) && String(node.callee.name).endsWith('Error')
}

/** All literals of a source, those in literals too; values that are put into one are left out of it. */
function literalsOf(node: Node): string[] {
  if (isSilent(node)) return []
  const own =
    node.type === 'Literal' && typeof node.value === 'string'
      ? [node.value]
      : node.type === 'TemplateLiteral' && Array.isArray(node.quasis)
        ? [node.quasis.map(({ value }: { value: { cooked: string } }) => value.cooked).join('')]
        : []
  return [...own, ...Object.values(node).flat().filter(isNode).flatMap(literalsOf)]
}

/** Commands, queries, values of `class` and `rel`, kinds of highlighted code, and XML are not language. */
const notLanguage =
  /^\s*(?:git .*|rm .*|<\?xml .*|(?:[a-z]+:[a-z-]*\s*)+|(?:nofollow|noopener|noreferrer|ugc|ref|done|task|task-done|meta|string| )+)$/s

/** Sentences in a source: literals of two words or more, without markup. */
function sentencesOf(source: string): string[] {
  return literalsOf(parseAst(source, { lang: 'ts' }) as unknown as Node).filter(
    text =>
      !notLanguage.test(text) &&
      /\p{L}{2,} \p{L}{2,}/u.test(text.replace(/<[a-z/][^>]*(?:>|$)/gi, '').replace(/^[^<>]*="[^<>]*>/, '')),
  )
}

test.each(globSync('src/{pages,text,pictures}/*.ts', { cwd: root }))('%s says nothing by itself', file => {
  expect(sentencesOf(readFileSync(join(root, file), 'utf8'))).toEqual([])
})

/** What a part of the catalogue holds, with the names by which it is found there. */
function entriesOf(part: object): [string, unknown][] {
  return Object.entries(part).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [[name, value], ...entriesOf(value)]
      : [[name, value]],
  )
}

test('words have no markup', () => {
  const words = entriesOf(strings).flatMap(([, value]) => value)
  expect(words.filter(word => typeof word === 'string' && /<\/?[a-z]|&[a-z]+;/i.test(word))).toEqual([])
})

test('every word is said somewhere', () => {
  const files = globSync(['src/{pages,text,pictures,http}/**/*.ts', 'views/*.eta'], { cwd: root })
  const sayers = new Set(files.flatMap(file => readFileSync(join(root, file), 'utf8').match(/\w+/g) ?? []))
  // Some are found by a code: that of an error, or of a character.
  const isCode = (name: string) => /^(?:[A-Z_]+|U\+[0-9A-F]+)$/.test(name)
  const unsaid = entriesOf(strings).filter(([name]) => !isCode(name) && !sayers.has(name))
  expect(unsaid.map(([name]) => name)).toEqual([])
})
