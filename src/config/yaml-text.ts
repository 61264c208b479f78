/**
 * YAML text to plain values, for text that nobody vouches for. Refused with line and column: what the standard
 * refuses, duplicate keys, aliases, tags, keys that are no text, `__proto__`, and more than ten levels. Reasons are
 * sentences of our own: those of the parser quote the text, and the text may hold a secret.
 */
import { type ErrorCode, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml'

/** Where the text breaks a rule; `line` and `column` count from 1. */
interface YamlFault {
  readonly reason: string
  readonly line: number
  readonly column: number
}

/** Mappings are objects without a prototype, in the order of the text; no text at all is the value null. */
export type YamlResult = { readonly value: unknown } | { readonly fault: YamlFault }

const maxLevels = 10

const syntaxReasons: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'aliases cannot be used here',
  BAD_DQ_ESCAPE: 'that escape is unknown (a text in single quotes needs none)',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_SCALAR_START: 'a text that starts with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second setting cannot start on the same line',
  MISSING_CHAR: 'a quote, bracket, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing, or the indentation is wrong',
  MULTIPLE_DOCS: 'only one document is allowed',
  NON_STRING_KEY: 'the name of a setting must be a text',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent, only spaces can',
}

class Refusal extends Error {
  readonly offset: number

  constructor(reason: string, node: ParsedNode | null) {
    super(reason)
    this.offset = node?.range[0] ?? 0
  }
}

/**
 * Reads one YAML 1.2 document of the core schema.
 * @param text its length must be bounded by the caller
 */
export function parseYamlText(text: string): YamlResult {
  const lineCounter = new LineCounter()
  // Duplicate keys are found below: the parser compares each key with all others, which a long file makes slow.
  // The log level must not be `silent`: a second document would then go unnoticed.
  const options = { lineCounter, prettyErrors: false, uniqueKeys: false, stringKeys: true, logLevel: 'error' } as const
  const document = parseDocument(text, options)
  const fault = (reason: string, offset: number): YamlResult => {
    const { line, col } = lineCounter.linePos(offset)
    return { fault: { reason, line: Math.max(line, 1), column: Math.max(col, 1) } }
  }
  const error = document.errors[0] ?? document.warnings[0]
  if (error) return fault(syntaxReasons[error.code] ?? 'this is not valid here', error.pos[0])
  try {
    return { value: plainValue(document.contents, maxLevels) }
  } catch (thrown) {
    if (thrown instanceof Refusal) return fault(thrown.message, thrown.offset)
    throw thrown
  }
}

function plainValue(node: ParsedNode | null, levelsLeft: number): unknown {
  if (node === null) return null
  if (node.tag !== undefined) throw new Refusal('tags (!) cannot be used here', node)
  if (isScalar(node)) return node.value
  if (levelsLeft === 0) throw new Refusal('it is nested too deeply', node)
  if (isSeq(node)) return node.items.map(item => plainValue(item, levelsLeft - 1))
  if (!isMap(node)) throw new Refusal('aliases cannot be used here', node)
  const entries: Record<string, unknown> = Object.create(null)
  for (const { key, value } of node.items) {
    if (!isScalar(key) || typeof key.value !== 'string') throw new Refusal('the name of a setting must be a text', key)
    if (key.value === '__proto__') throw new Refusal('__proto__ is not a setting', key)
    if (key.value in entries) throw new Refusal('this name is there twice', key)
    entries[key.value] = plainValue(value, levelsLeft - 1)
  }
  return entries
}
