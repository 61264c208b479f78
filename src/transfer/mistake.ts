/**
 * What is wrong with a request. A mistake is a result: whoever sends nonsense gets a sentence, and nothing is thrown.
 * The sentence shows a bounded part of what came, without bytes that a terminal or a log would act on.
 */

export interface Mistake {
  readonly kind: 'mistake'
  /** Short, lower case, factual. ASCII, no line breaks. */
  readonly message: string
}

export function mistake(message: string): Mistake {
  return { kind: 'mistake', message }
}

/** True for a mistake among other results, whatever these are. */
export function isMistake(result: unknown): result is Mistake {
  return typeof result === 'object' && result !== null && 'kind' in result && result.kind === 'mistake'
}

const longestQuote = 60

/** What came, in quotes. @param bytes one character for each byte */
export function quoted(bytes: string): string {
  const shown = bytes.slice(0, longestQuote).replace(/[^ -~]/g, '?')
  return `'${shown}${bytes.length > longestQuote ? '...' : ''}'`
}
