/** `robots.txt` (RFC 9309): what programs that visit every page are asked to leave alone. */

export interface RobotsInput {
  /** Whether they may come at all. */
  readonly isAllowed: boolean
  /** Path under which the site lives: '' or such as `/tracker`. */
  readonly basePath: string
  /** Scheme and host, for the address of the sitemap. */
  readonly origin: string
}

/** The same bug or list in other words: only the pages are to be found. */
const exportSuffixes = ['atom', 'json', 'csv', 'txt', 'md', 'mbox', 'ndjson', 'bundle']

export function writeRobots({ isAllowed, basePath, origin }: RobotsInput): string {
  if (!isAllowed) return `User-agent: *\nDisallow: ${basePath}/\n`
  const paths = [
    // Filters, orders and pages of lists: without an end, and each of their bugs is in the sitemap.
    '/*?',
    '/*/-/bugs/*/at/',
    '/*/-/bugs/*/edits/',
    '/*/-/c/',
    '/*/-/issues/',
    '/*/-/events',
    ...exportSuffixes.map(suffix => `/*.${suffix}$`),
    '/-/search',
    '/-/go',
    '/api/',
  ]
  const lines = ['User-agent: *', ...paths.map(path => `Disallow: ${basePath}${path}`)]
  return `${lines.join('\n')}\n\nSitemap: ${origin}${basePath}/sitemap.xml\n`
}
