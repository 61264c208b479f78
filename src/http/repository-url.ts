/**
 * Addresses inside a repository. A repository's name may contain slashes and ends at `/-/` (`api.md`, "Pages"), which
 * no router can express; so `/<name>/-/<rest>` is rewritten to one path segment with the name in it before routing:
 *
 *     /group/tool/-/bugs?q=x          ──►   /-/in-repository/group%2Ftool/bugs?q=x
 *     /group/tool.git/info/refs?…     ──►   /-/git-of/group%2Ftool/info/refs?…
 *
 * The inner form is not an address of its own: a request for it finds nothing.
 */

/** Routes inside a repository start so; their parameter `name` is the repository's name. */
export const repositoryPrefix = '/-/in-repository/:name'

/** Routes of git's own protocol start so; `name` as above. What git does not ask for is no such route. */
export const gitPrefix = '/-/git-of/:name'

const innerPrefix = '/-/in-repository/'
const innerGitPrefix = '/-/git-of/'
/** What may follow a repository's name with `.git`. */
const gitAddress = /^\/(.+)\.git(\/?|\/info\/refs|\/git-upload-pack|\/git-receive-pack|\/HEAD|\/objects\/.+)$/
/** git asks so for a repository whose address was given without `.git`. */
const shortGitAddress = /^\/(.+)(\/info\/refs)$/
const gitService = /[?&]service=git-(?:upload|receive)-pack(?:&|$)/

/** A route's pattern as people know the address: `/:name/-/bugs/:id`. */
export function shownPattern(pattern: string): string {
  if (pattern.startsWith(gitPrefix)) return `/:name.git${pattern.slice(gitPrefix.length)}`
  return pattern.startsWith(repositoryPrefix) ? `/:name/-${pattern.slice(repositoryPrefix.length)}` : pattern
}

/** No route has this address. */
const nowhere = '/-/nowhere'

/**
 * Rewrites the address of a request.
 * @param url path and query as they came
 * @param basePath the path under which a proxy shows the server: '' or such as `/tracker`
 */
export function rewriteUrl(url: string, basePath: string): string {
  const queryAt = url.indexOf('?')
  const query = queryAt < 0 ? '' : url.slice(queryAt)
  const path = stripBase(queryAt < 0 ? url : url.slice(0, queryAt), basePath)
  if (path === undefined) return nowhere
  const decoded = decode(path)
  if (decoded === undefined || decoded.startsWith(innerPrefix) || decoded.startsWith(innerGitPrefix)) return nowhere
  const end = path.indexOf('/-/')
  if (end < 0) return rewriteGitUrl(path, query)
  if (end === 0) return path + query
  // Decoded once here and encoded as one segment, so that the router hands on exactly this name.
  const name = decode(path.slice(1, end))
  return name === undefined ? nowhere : `${innerPrefix}${encodeURIComponent(name)}/${path.slice(end + 3)}${query}`
}

/** The repository inside which a rewritten address is, though no route may know it; undefined outside of any. */
export function repositoryOf(rewritten: string): string | undefined {
  if (!rewritten.startsWith(innerPrefix)) return undefined
  return decode(rewritten.slice(innerPrefix.length).split(/[/?]/, 1)[0] ?? '')
}

/** True for an address that only git asks for. @param path as it came, without its query */
export function isGitPath(path: string): boolean {
  return /\.git\/[^/]|\/info\/refs$/.test(path) && !path.includes('/-/')
}

/** One repository in the API, whose name may end as a fetch address does. git asks for nothing of this form. */
const apiRepository = /^\/api\/v1\/repos\/[^/]+$/

function rewriteGitUrl(path: string, query: string): string {
  if (apiRepository.test(path)) return path + query
  const address = gitAddress.exec(path) ?? (gitService.test(query) ? shortGitAddress.exec(path) : undefined)
  const [, encoded = '', rest = ''] = address ?? []
  if (encoded === '') return path + query
  const name = decode(encoded)
  return name === undefined ? nowhere : innerGitPrefix + encodeURIComponent(name) + rest + query
}

/** For those who watch the server, and know nothing of where a proxy shows it; and what crawlers ask of a host only. */
const outsideBase = new Set(['/healthz', '/readyz', '/metrics', '/robots.txt'])

function stripBase(path: string, basePath: string): string | undefined {
  if (basePath === '' || outsideBase.has(path)) return path
  if (path === basePath) return '/'
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
