/** Requests as clients write them, for tests of those who read them. */
import { expect } from 'vitest'
import { isMistake } from '../../src/transfer/mistake.ts'
import { type FetchRequest, type RequestContext, readUploadPackRequest } from '../../src/transfer/request.ts'

/** Packet lines; `''` is a flush, `'|'` a delimiter, and what starts with `=` goes as it is. */
export function bodyOf(...lines: string[]): Buffer {
  const encode = (line: string) => {
    if (line === '') return '0000'
    if (line === '|') return '0001'
    if (line.startsWith('=')) return line.slice(1)
    return `${(line.length + 5).toString(16).padStart(4, '0')}${line}\n`
  }
  return Buffer.from(lines.map(encode).join(''), 'latin1')
}

/** A request as `bodyOf` takes it. */
export function linesOf(body: Uint8Array): string[] {
  const text = Buffer.from(body).toString('latin1')
  const lines: string[] = []
  for (let at = 0; at < text.length; ) {
    const length = Number.parseInt(text.slice(at, at + 4), 16)
    lines.push(['', '|'][length] ?? text.slice(at + 4, at + length).replace(/\n$/, ''))
    at += Math.max(length, 4)
  }
  return lines
}

export const sha1 = (digit: string) => digit.repeat(40)
export const sha256 = (digit: string) => digit.repeat(64)

export const version0: RequestContext = { version: 0, objectFormat: 'sha1', maxWants: 1000 }
export const version2: RequestContext = { version: 2, objectFormat: 'sha1', maxWants: 1000 }

/** What is wrong with a request. */
export function mistakeIn(body: Uint8Array, context: RequestContext): string {
  const result = readUploadPackRequest(body, context)
  return isMistake(result) ? result.message : `no mistake, but ${result.kind}`
}

/** A request for objects, which it has to be. */
export function fetchIn(body: Uint8Array, context: RequestContext): FetchRequest {
  const result = readUploadPackRequest(body, context)
  expect(result).toMatchObject({ kind: 'fetch' })
  return result as FetchRequest
}
