/**
 * Which addresses of the program an export has, and in which file each is. Addresses keep their shape: what the server
 * shows at `/tool/-/bugs/<id>` is in `tool/-/bugs/<id>/index.html`. Pages of a kind that is not known here are exported
 * too, so these rules name what is left out: whatever only a server can answer, and what there is too much of.
 */

import { type ExportFormat, isExportFormat } from '../base/export-formats.ts'
import { safeName } from './file-names.ts'
import { findList } from './lists.ts'

/** An address that is exported. */
export interface Address {
  /** Undefined for what belongs to the site. */
  readonly repository: string | undefined
  /** What to ask the program for: the same for all addresses that mean the same. */
  readonly url: string
  /** Below the folder of the repository or of the export. */
  readonly path: string
  /**
   * What has to be known before there is a name for the file: nothing; where the program leads on to; or of what type
   * an attached file is.
   */
  readonly kind: 'file' | 'redirect' | 'attachment'
}

/** A link that leads nowhere in an export: its text stays, or it goes with its text. */
export type LeftOut = 'text' | 'nothing'

export interface AddressRules {
  readonly formats: ReadonlySet<ExportFormat>
  /** Queries that the operator has named, as `normalQuery` writes them. */
  readonly named: ReadonlySet<string>
}

/** The host that the program believes to be: what it says in feeds and the like is found again by this name. */
export const ownHost = 'git-bug-viewer.invalid'

/**
 * Where a link leads.
 * @param link as an attribute has it
 * @param from address of the page that it is on
 * @returns undefined for other sites
 */
export function readAddress(link: string, from: string, rules: AddressRules): Address | LeftOut | undefined {
  const url = URL.parse(link, `https://${ownHost}${from}`)
  if (url === null) return 'text'
  if (url.host !== ownHost) return undefined
  const slash = url.pathname.indexOf('/-/')
  const segments = decodeAll(url.pathname.slice(slash < 0 ? 0 : slash + 3).split('/'))
  if (segments === undefined) return 'text'
  if (slash === 0) return siteAddress(segments, url)
  if (slash < 0) return rootAddress(segments.slice(1), url)
  const name = decodeAll(url.pathname.slice(1, slash).split('/'))?.join('/')
  return name === undefined ? 'text' : repositoryAddress({ name, segments, parameters: url.searchParams }, rules)
}

function rootAddress(segments: readonly string[], { searchParams }: URL): Address | LeftOut {
  const name = segments.join('/').replace(/\/$/, '')
  if (name !== '') return { repository: name, url: repositoryUrl(name), path: '', kind: 'redirect' }
  const sort = searchParams.get('sort')
  if (!hasOnly(searchParams, ['sort'])) return 'nothing'
  const url = sort === null ? '/' : `/?sort=${encodeURIComponent(sort)}`
  const path = sort === null || sort === 'name' ? 'index.html' : `-/by-${safeName(sort)}/index.html`
  return { repository: undefined, url, path, kind: 'file' }
}

function siteAddress([kind = '', ...rest]: readonly string[], { searchParams }: URL): Address | LeftOut {
  if (!['static', 'help'].includes(kind) || rest.length !== 1 || searchParams.size > 0) return 'nothing'
  const path = ['-', kind, ...rest.map(safeName)].join('/')
  const url = `/-/${kind}/${rest.map(encodeURIComponent).join('/')}`
  return { repository: undefined, url, path: kind === 'static' ? path : `${path}/index.html`, kind: 'file' }
}

interface InRepository {
  readonly name: string
  /** What comes after `/-/`. */
  readonly segments: readonly string[]
  readonly parameters: URLSearchParams
}

/** Streams, searches and single texts: nothing that a link in a file could lead to, and no text worth keeping. */
const serverOnly = new Set(['events', 'suggest', 'search', 'go'])
const idPattern = /^[0-9a-f]{64}$/

function repositoryAddress(at: InRepository, rules: AddressRules): Address | LeftOut {
  const { name, segments, parameters } = at
  const { stem, suffix } = splitSuffix(segments)
  const [first = '', second, third] = stem
  if (serverOnly.has(first) || !isOffered(suffix, rules)) return 'nothing'
  if (stem.length === 1 && first === 'bugs') return listAddress({ name, suffix, parameters }, rules)
  if (parameters.size > 0) return 'text'
  const address = (kind: Address['kind'], path: string): Address => ({
    repository: name,
    url: `${repositoryUrl(name)}/-/${segments.map(encodeURIComponent).join('/')}`,
    path,
    kind,
  })
  if (first === 'c') return suffix === '' ? address('redirect', '') : 'nothing'
  if (first === 'issues') return suffix === '' ? address('redirect', '') : 'nothing'
  if (first === 'bugs' && second !== undefined && !idPattern.test(second)) return address('redirect', '')
  // A bug has as many of these as it has commits.
  if (first === 'bugs' && third === 'at') return 'text'
  const path = ['-', ...stem.map(safeName)].join('/')
  if (first === 'files') return address('attachment', path)
  return address('file', suffix === '' ? `${path}/index.html` : `${path}.${suffix}`)
}

interface ListAt {
  readonly name: string
  readonly suffix: string
  readonly parameters: URLSearchParams
}

function listAddress({ name, suffix, parameters }: ListAt, { named }: AddressRules): Address | LeftOut {
  const list = hasOnly(parameters, ['q', 'page']) ? findList(parameters.get('q') ?? undefined, named) : undefined
  const page = parameters.get('page') ?? '1'
  if (list === undefined || !/^[1-9]\d{0,6}$/.test(page)) return suffix === '' ? 'text' : 'nothing'
  if (!list.isMain && suffix !== '' && suffix !== 'atom') return 'nothing'
  const path = list.slug === '' ? '-/bugs' : `-/bugs/list/${list.slug}`
  const search = new URLSearchParams([
    ...(list.query === undefined ? [] : [['q', list.query]]),
    ...(page === '1' ? [] : [['page', page]]),
  ])
  const file = page === '1' ? 'index.html' : `page-${page}.html`
  return {
    repository: name,
    url: `${repositoryUrl(name)}/-/bugs${suffix === '' ? '' : `.${suffix}`}${search.size === 0 ? '' : `?${search}`}`,
    path: suffix === '' ? `${path}/${file}` : `${path}.${suffix}`,
    kind: 'file',
  }
}

/** The last segment's ending, where it has one: that of a format, or of something that is no page. */
function splitSuffix(segments: readonly string[]): { stem: readonly string[]; suffix: string } {
  const [, last, suffix] = /^(.+)\.([a-z0-9]+)$/.exec(segments.at(-1) ?? '') ?? []
  return last === undefined || suffix === undefined
    ? { stem: segments, suffix: '' }
    : { stem: [...segments.slice(0, -1), last], suffix }
}

function isOffered(suffix: string, { formats }: AddressRules): boolean {
  return suffix === '' || suffix === 'svg' || (isExportFormat(suffix) && formats.has(suffix))
}

/** The address of a repository, without a slash at its end. */
export function repositoryUrl(name: string): string {
  return `/${name.split('/').map(encodeURIComponent).join('/')}`
}

function hasOnly(parameters: URLSearchParams, known: readonly string[]): boolean {
  return parameters.keys().every(key => known.includes(key)) && new Set(parameters.keys()).size === parameters.size
}

function decodeAll(segments: readonly string[]): string[] | undefined {
  try {
    return segments.map(decodeURIComponent)
  } catch {
    return undefined
  }
}
