/** Fields of an operation, each of its type or an error. What is missing and can be is empty. */
import type { Json } from './json-text.ts'

export function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error('a text that is none')
  return value
}

export function texts(value: Json | undefined): string[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new Error('a list that is none')
  return value.map(text)
}

/** Those that are hashes: the rest is told of. */
export function hashes(value: Json | undefined, tell: (problem: string) => void): string[] {
  const isHash = (text: string) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
  const list = texts(value)
  if (!list.every(isHash)) tell('a file that is no hash')
  return list.filter(isHash)
}

export function stringPairs(value: Json | undefined): [string, string][] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') throw new Error('metadata that is none')
  return Object.entries(value).map(([key, part]) => [key, text(part)])
}
