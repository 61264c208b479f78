/**
 * Entities as the store keeps them: a record and, of a bug, its texts, each under a key that says everything that it
 * depends on: how records are made (`recordVersion`), the bounds on what is decoded, the repository, and the tip, which
 * stands for all the bytes that were read.
 */
import { hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { type DecodeLimits, defaultDecodeLimits } from '../base/limits.ts'
import { type EntityRecord, type EntityRef, mayHeal } from './entity-record.ts'
import { parseRecord, printRecord, recordVersion } from './record-codec.ts'

/** Keys of entities under given bounds. */
export interface EntityKeys {
  record(repository: string, ref: Pick<EntityRef, 'kind' | 'tip'>): string
  text(repository: string, tip: string): string
  /** Of everything that is made from records. */
  readonly version: string
}

export function createEntityKeys(limits: DecodeLimits): EntityKeys {
  // Only those: settings have more limits, which change nothing here.
  const names = Object.keys(defaultDecodeLimits).sort() as (keyof DecodeLimits)[]
  const bounds = hash('sha256', JSON.stringify(names.map(name => [name, limits[name]])), 'hex').slice(0, 8)
  const version = `${recordVersion}-${bounds}`
  // git does not compare objects with their names when it reads them. Whoever can write files of one repository could
  // put words into the bugs of another that has the same tip.
  const folder = (repository: string) => `${version}/${hash('sha256', repository, 'base64url').slice(0, 16)}`
  return {
    version,
    // One object may be the tip of a bug's ref and of a person's; at least one of them cannot be read then.
    record: (repository, { kind, tip }) => `${kind}/${folder(repository)}/${tip}`,
    text: (repository, tip) => `text/${folder(repository)}/${tip}`,
  }
}

/** False where reading the same tip again could bring something else. */
export function isForEver(record: EntityRecord): boolean {
  return !mayHeal(record)
}

/** What a person writes is a few kilobytes; fast, and half as long. */
const deflateLevel = 1
/** Texts are cut at some million characters; more than that out of a few bytes is somebody's joke. */
const maxTextBytes = 64 * 1024 * 1024

export function packRecord(record: EntityRecord): Uint8Array {
  return Buffer.from(printRecord(record))
}

export function packText(text: Uint8Array): Uint8Array {
  return deflateRawSync(text, { level: deflateLevel })
}

/** @returns undefined where the bytes are not the record of that entity */
export function unpackRecord(bytes: Uint8Array, ref: EntityRef): EntityRecord | undefined {
  return parseRecord(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(), ref)
}

/** @returns undefined where the bytes are not a text */
export function unpackText(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: maxTextBytes })
  } catch {
    return undefined
  }
}
