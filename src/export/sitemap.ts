/** The list of all pages for search engines (sitemaps.org), in as many files as its bound asks for, and robots.txt. */
import { escapeMarkup } from './markup.ts'

/** Of one file, by the protocol. */
const maxUrls = 50_000

/**
 * Files by their names.
 * @param pages whole addresses
 * @param baseUrl without a slash at the end
 */
export function sitemapFiles(pages: readonly string[], baseUrl: string): Map<string, string> {
  if (pages.length <= maxUrls) return new Map([['sitemap.xml', urlSet(pages)]])
  const files = new Map<string, string>()
  for (let at = 0; at < pages.length; at += maxUrls) {
    files.set(`sitemap-${files.size + 1}.xml`, urlSet(pages.slice(at, at + maxUrls)))
  }
  const parts = [...files.keys()].map(name => `<sitemap><loc>${escapeMarkup(`${baseUrl}/${name}`)}</loc></sitemap>\n`)
  return files.set('sitemap.xml', wrap('sitemapindex', parts))
}

/** What robots may do. It counts only where it is at the root of its host. */
export function robotsText(allowsCrawlers: boolean, baseUrl: string): string {
  return allowsCrawlers
    ? `User-agent: *\nAllow: /\n\nSitemap: ${baseUrl}/sitemap.xml\n`
    : 'User-agent: *\nDisallow: /\n'
}

function urlSet(pages: readonly string[]): string {
  return wrap(
    'urlset',
    pages.map(url => `<url><loc>${escapeMarkup(url)}</loc></url>\n`),
  )
}

function wrap(name: string, lines: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<${name} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${lines.join('')}</${name}>
`
}
