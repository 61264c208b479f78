/**
 * What somebody types or pastes to get to one bug, comment or person: an id or the beginning of one, the address of the
 * tracker that a bug was imported from, or its number there. Pure: says what it may mean and not whether it is there.
 */
import type { BugSummary } from './model.ts'

export type Reference =
  /** Of a bug, an identity or a comment: 4 to 64 hex digits, in lower case. */
  | { readonly kind: 'id'; readonly prefix: string }
  /** An address without scheme, query and fragment, as `urlKey` gives it. */
  | { readonly kind: 'url'; readonly key: string; readonly place: string | undefined }
  /** `#12`, and `owner/project#12` with what stands before the sign. */
  | { readonly kind: 'number'; readonly number: string; readonly project: string | undefined }

/** Longer texts are no reference. */
const maxChars = 2000
const idPattern = /^[0-9a-f]{4,64}$/i
const numberPattern = /^(?:([\w.-]+(?:\/[\w.-]+){0,9}))?#(\d{1,12})$/
/** Some clients make one slash of two. */
const urlPattern = /^https?:\/{1,2}([^\s/?#]+)(\/[^\s?#]*)?(?:[?#]\S*)?$/i

const numberedUrl = /^https?:\/\/([^/?#]+\/([^?#]+?)(?:\/-)?\/[a-z_+-]+\/([0-9]{1,12}))$/
const placePattern = /#([a-z]{2,30}[-_]?[0-9]{1,20})$/i

/** Reads what was typed; undefined where it is nothing of the kind. */
export function readReference(typed: string): Reference | undefined {
  const text = typed.trim()
  if (text.length > maxChars) return undefined
  if (idPattern.test(text)) return { kind: 'id', prefix: text.toLowerCase() }
  const number = numberPattern.exec(text)
  if (number?.[2] !== undefined) return { kind: 'number', number: number[2], project: number[1] }
  const key = urlKey(text)
  return key === undefined ? undefined : { kind: 'url', key, place: readPlace(text) }
}

/**
 * The place on a page that an address names by its fragment, in the forms that trackers give to comments
 * (`issuecomment-34`, `note_34`); undefined without one. Such a name is none of those that our own pages have.
 */
export function readPlace(url: string): string | undefined {
  return url.length > maxChars ? undefined : placePattern.exec(url)?.[1]
}

/** What two addresses of the same page have in common; undefined for what is no address of the web. */
export function urlKey(url: string): string | undefined {
  const match = urlPattern.exec(url)
  if (!match) return undefined
  const [, host = '', path = ''] = match
  // GitLab has the same page with and without the sign that ends its names of projects.
  return `${host.replace(/^www\./i, '')}${withoutLastSlashes(path.replace('/-/', '/'))}`.toLowerCase()
}

/** A pattern would look at a run of slashes in the middle again from each of them. */
function withoutLastSlashes(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}

/** Addresses of one entity that count. */
const maxUrls = 8

/** The addresses that an entity was imported from: what bridges leave under keys such as `github-url`. */
export function importedUrls(metadata: ReadonlyMap<string, string>): string[] {
  const found: string[] = []
  for (const [key, value] of metadata) {
    if (key.endsWith('-url') && value.length <= maxChars && found.length < maxUrls) found.push(value)
  }
  return found
}

/** The address of one bug in a tracker, taken apart. */
export interface NumberedAddress {
  readonly number: string
  /** Without the scheme. */
  readonly address: string
  /** Such as `owner/project`. */
  readonly project: string
}

/** `https://host/owner/project/issues/12`, with `/-` before `issues` on GitLab; undefined for what has another form. */
export function readNumberedAddress(url: string): NumberedAddress | undefined {
  const [, address, project, number] = numberedUrl.exec(url) ?? []
  if (address === undefined || project === undefined || number === undefined) return undefined
  return { number, address, project }
}

/** Whether a bug was imported from what a reference names (`format.md`: metadata of the Create operation). */
export function isImportedFrom(
  { metadata }: Pick<BugSummary, 'metadata'>,
  reference: Exclude<Reference, { kind: 'id' }>,
): boolean {
  return importedUrls(metadata).some(url => namesSame(url, reference))
}

function namesSame(url: string, reference: Exclude<Reference, { kind: 'id' }>): boolean {
  if (reference.kind === 'url') return mayEndIn(url, reference.key) && urlKey(url) === reference.key
  const { number, project } = reference
  if (!url.endsWith(`/${number}`)) return false
  return project === undefined || (urlKey(url)?.includes(`/${project.toLowerCase()}/`) ?? false)
}

/** What tells most addresses apart soon: whoever asks for one asks it of every bug. */
function mayEndIn(url: string, key: string): boolean {
  return url.toLowerCase().includes(key.slice(key.lastIndexOf('/') + 1))
}
