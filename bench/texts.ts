/** Words for the data generator: titles, labels, names and Markdown texts of a given length. All invented. */
import type { Random } from './random.ts'

const words = (
  'the a of to and in when after with without for every kiln relay sensor schedule segment program card chart page button ' +
  'display firmware frame buffer clock minute temperature target glaze bisque firing door alarm melody element brick ' +
  'shelf export import parser editor decoder simulator restart reading value table row column label search list result ' +
  'window network cable board address driver cache index file folder path error message warning log trace test build ' +
  'release version branch merge commit review shows loses forgets repeats refuses accepts ignores crashes hangs returns ' +
  'draws writes reads sends opens closes starts stops waits is was are were should could does not never always sometimes ' +
  'only twice empty wrong missing slow late early second first last same other both naïve façade Größe 温度 窯'
).split(' ')

const scopes = ['kind', 'area', 'priority', 'platform', 'needs', 'size', 'state']
const values = ['one', 'two', 'alpha', 'beta', 'storage', 'network', 'display', 'review', 'docs']

/** 67 labels, most of them scoped. */
export const benchLabels: readonly string[] = [
  ...scopes.flatMap(scope => values.map(value => `${scope}/${value}`)),
  'good first issue',
  'wontfix',
  'duplicate',
  '日本語',
]

export function makeName(random: Random, index: number): string {
  const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1)
  return `${capital(random.pick(words))} ${capital(random.pick(words))} ${index}`
}

/** One line of 3 to 14 words. */
export function makeTitle(random: Random): string {
  return makeWords(random, 3 + random.below(12))
}

/** Markdown of about this many characters: paragraphs, with a list, a quote or a code block here and there. */
export function makeText(random: Random, chars: number): string {
  const parts: string[] = []
  let length = 0
  while (length < chars) {
    const part = makePart(random, Math.min(80, Math.ceil((chars - length) / 6)))
    parts.push(part)
    length += part.length + 2
  }
  return parts.join('\n\n').slice(0, chars).trimEnd() || 'ok'
}

function makePart(random: Random, count: number): string {
  const text = makeWords(random, Math.max(1, count))
  const kind = random.next()
  if (kind < 0.06)
    return `\`\`\`js\nconst ${random.pick(words)} = read('${text.slice(0, 40)}') // ${random.below(999)}\n\`\`\``
  if (kind < 0.12) return `- ${text}\n- \`${random.pick(words)}\`\n- **${makeWords(random, 3)}**`
  if (kind < 0.17) return `> ${text}`
  if (kind < 0.2) return `${text} see https://example.org/${random.below(10_000)}`
  return `${text}.`
}

function makeWords(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.pick(words)).join(' ')
}
