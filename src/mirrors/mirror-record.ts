/**
 * What is known of a mirror on disk: the file `mirror.json` in its folder, and when its file `used` was changed. Promises
 * that whatever is found there is no failure: it is a whole mirror, what an end in the middle has left, or something that
 * this program has not written, or not this version of it.
 */
import { hash } from 'node:crypto'
import { constants, promises as fs } from 'node:fs'
import { join } from 'node:path'

export interface MirrorRecord {
  /** The address that it was fetched from. */
  readonly href: string
  readonly name: string
  /** When the remote was last seen as it is here: milliseconds since 1970. */
  readonly fetchedMs: number
  /** What it takes on disk, measured. */
  readonly bytes: number
  /** Digest of the refs that cold storage has. */
  readonly coldRefs?: string
  /** When it was used last: milliseconds since 1970. Later uses have larger numbers, also when the clock is set back. */
  readonly usedMs: number
}

/** What the file holds. */
export type WrittenRecord = Omit<MirrorRecord, 'usedMs'>

/** What is in a folder that is called as a mirror's. */
export type FoundMirror =
  | { readonly kind: 'whole'; readonly record: MirrorRecord }
  /** What a process or a machine that came to its end has left: it can be removed. */
  | { readonly kind: 'damaged'; readonly why: string }
  | { readonly kind: 'foreign'; readonly why: string }

export const recordFile = 'mirror.json'
const newRecordFile = 'mirror.json.new'
export const repositoryFolder = 'repository.git'
export const usedFile = 'used'
const ownNames: readonly string[] = [recordFile, newRecordFile, repositoryFolder, usedFile]

const version = 1
const maxRecordBytes = 64 * 1024

/** What the folder of a mirror is called: names have slashes and more. */
export function mirrorKey(name: string): string {
  return hash('sha256', name, 'hex')
}

/** True for what may be the folder of a mirror. */
export function isMirrorKey(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

/** Looks at a folder. Never rejects. @param key what the folder is called */
export async function readMirror(folder: string, key: string): Promise<FoundMirror> {
  try {
    const found = await look(folder, key)
    if (found.kind !== 'damaged') return found
    const strangers = (await fs.readdir(folder)).filter(name => !ownNames.includes(name))
    return strangers.length === 0 ? found : { kind: 'foreign', why: `it has ${strangers.length} files of others` }
  } catch (error) {
    return { kind: 'foreign', why: error instanceof Error ? error.message : 'it cannot be read' }
  }
}

async function look(folder: string, key: string): Promise<FoundMirror> {
  const [file, repository, used] = await Promise.all(
    [recordFile, repositoryFolder, usedFile].map(name => fs.lstat(join(folder, name)).catch(nothingIfMissing)),
  )
  if (file && (!file.isFile() || file.size > maxRecordBytes)) {
    return { kind: 'foreign', why: 'its record is not one of ours' }
  }
  if (repository && !repository.isDirectory()) return { kind: 'foreign', why: 'its repository is not a folder' }
  if (!file) return { kind: 'damaged', why: 'it has no record' }
  const value = parseJson(await fs.readFile(join(folder, recordFile), 'utf8'))
  if (value === undefined) return { kind: 'damaged', why: 'its record is not whole' }
  const record = parseRecord(value)
  if (!record) return { kind: 'foreign', why: 'its record is of another version' }
  if (mirrorKey(record.name) !== key) return { kind: 'foreign', why: 'its record is of another mirror' }
  if (!repository) return { kind: 'damaged', why: 'its repository is missing' }
  const usedMs = used?.isFile() ? Math.round(used.mtimeMs) : record.fetchedMs
  return { kind: 'whole', record: { ...record, usedMs } }
}

/** @returns undefined where the text ends too early, or is none at all */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseRecord(value: unknown): WrittenRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields: Readonly<Record<string, unknown>> = { ...value }
  const { name, href, fetchedMs, bytes, coldRefs } = fields
  const isOurs = fields.version === version && typeof name === 'string' && typeof href === 'string'
  if (!isOurs || !isCount(fetchedMs) || !isCount(bytes)) return undefined
  if (coldRefs === undefined) return { name, href, fetchedMs, bytes }
  return typeof coldRefs === 'string' ? { name, href, fetchedMs, bytes, coldRefs } : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Writes the record anew: there is the old one or the new one, also when the machine stops. */
export async function writeRecord(folder: string, record: WrittenRecord): Promise<void> {
  const { name, href, fetchedMs, bytes, coldRefs } = record
  const text = `${JSON.stringify({ version, name, href, fetchedMs, bytes, coldRefs }, undefined, 2)}\n`
  const file = join(folder, newRecordFile)
  {
    await using handle = await fs.open(file, newFileFlags, 0o600)
    await handle.writeFile(text)
    await handle.sync()
  }
  await fs.rename(file, join(folder, recordFile))
}

// Who has put a link there does not get the file behind it written.
const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW

/** Notes when a mirror was used. @throws where the folder is gone */
export async function writeUse(folder: string, usedMs: number): Promise<void> {
  const file = join(folder, usedFile)
  const seconds = usedMs / 1000
  try {
    await fs.lutimes(file, seconds, seconds)
  } catch (error) {
    if (!isMissing(error)) throw error
    await fs.writeFile(file, '', { flag: 'wx', mode: 0o600 })
    await fs.lutimes(file, seconds, seconds)
  }
}

function nothingIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
