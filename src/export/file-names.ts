/**
 * Names of files and folders that every system and every static host takes: of ASCII letters, digits, `.`, `_`, `-` and
 * `~`, not too long, none that Windows keeps for itself, and never two that differ only in case. A name that is like
 * that already stays as it is; any other becomes its readable part and a digest, and is the same in every run.
 */
import { hash } from 'node:crypto'

const maxChars = 80
const readableChars = 40
/** Device names on Windows, with any ending. */
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i
/** What an export writes beside the folders of repositories. */
const topLevel = /^(?:-|index\.html|404\.html|robots\.txt|sitemap(?:-\d+)?\.xml)$/i

/** One name for one text. Two texts that differ get two names that differ, in more than case. */
export function safeName(text: string): string {
  return isSafe(text) && text === text.toLowerCase() ? text : withDigest(text, text)
}

/**
 * The folder of each repository, below that of the export: as the repository is called, wherever that can be.
 * @param names of all repositories; they may contain slashes
 */
export function repositoryFolders(names: readonly string[]): Map<string, string> {
  const folders = new Map<string, string>()
  const taken = new Set<string>()
  // The ones in lower case come first, so that they keep their names whatever else there is.
  for (const name of names.toSorted(byCaseThenName)) {
    const segments = name
      .split('/')
      .map((segment, index) =>
        isSafe(segment) && !(index === 0 && topLevel.test(segment)) ? segment : withDigest(segment, segment),
      )
    let folder = segments.join('/')
    if (taken.has(folder.toLowerCase()))
      folder = [...segments.slice(0, -1), withDigest(segments.at(-1) ?? '', name)].join('/')
    taken.add(folder.toLowerCase())
    folders.set(name, folder)
  }
  return folders
}

/** True for a path that `safeName` and `repositoryFolders` could have made: it stays inside its folder. */
export function isSafePath(path: string): boolean {
  return path.length <= 1000 && path.split('/').every(segment => /^[\w-][\w~.-]*$/.test(segment))
}

function isSafe(segment: string): boolean {
  return (
    /^[\w-][\w.-]*$/.test(segment) && !segment.endsWith('.') && segment.length <= maxChars && !reserved.test(segment)
  )
}

function withDigest(segment: string, whole: string): string {
  const readable = segment
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, readableChars)
  return `${readable || 'x'}~${hash('sha256', whole.toWellFormed(), 'hex').slice(0, 12)}`
}

function byCaseThenName(a: string, b: string): number {
  const upper = Number(a !== a.toLowerCase()) - Number(b !== b.toLowerCase())
  return upper || (a < b ? -1 : 1)
}
