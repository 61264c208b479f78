/**
 * What an export knows of itself for the next run: which files it has written and how large, and the ETags by which
 * the program tells that a repository is as it was. It is data from a folder that others may write to, so it is
 * believed only where every path in it is one that an export could have written.
 */
import { isSafePath } from './file-names.ts'

/** A file: its length in bytes, and whether search engines may list it. */
export interface ListedFile {
  readonly bytes: number
  readonly isListed: boolean
}

/** Paths below the folder of the export. */
export type FileList = ReadonlyMap<string, ListedFile>

export interface ExportedRepository {
  /** Of the pages that tell whether anything has changed, by their addresses; empty after a run that did not end. */
  readonly etags: Readonly<Record<string, string>>
  readonly files: FileList
}

export interface Manifest {
  /** What the files depend on besides the program and the repositories: the options of the run. */
  readonly key: string
  /** Files that belong to no repository. */
  readonly site: FileList
  readonly repositories: ReadonlyMap<string, ExportedRepository>
}

const version = 1

export function writeManifest({ key, site, repositories }: Manifest): string {
  const listed = (files: FileList) =>
    Object.fromEntries([...files].map(([path, { bytes, isListed }]) => [path, isListed ? [bytes, 1] : [bytes]]))
  return `${JSON.stringify({
    version,
    key,
    site: listed(site),
    repositories: [...repositories].map(([name, { etags, files }]) => ({ name, etags, files: listed(files) })),
  })}\n`
}

/** @returns undefined for what is no manifest of this version */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const value = asRecord(JSON.parse(text))
    if (value.version !== version || !Array.isArray(value.repositories)) return undefined
    const repositories = value.repositories.map(item => {
      const { name, etags, files } = asRecord(item)
      return [asText(name), { etags: readEtags(etags), files: readFiles(files) }] as const
    })
    return { key: asText(value.key), site: readFiles(value.site), repositories: new Map(repositories) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

function readFiles(value: unknown): FileList {
  const files = Object.entries(asRecord(value)).map(([path, item]) => {
    const [bytes, listed] = Array.isArray(item) ? item : []
    if (!isSafePath(path) || typeof bytes !== 'number') throw new TypeError('no list of files')
    return [path, { bytes, isListed: listed === 1 }] as const
  })
  return new Map(files)
}

function readEtags(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(asRecord(value)).map(([url, etag]) => [url, asText(etag)]))
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('no object')
  return value as Record<string, unknown>
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text')
  return value
}
