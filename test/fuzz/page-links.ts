/** Where a page leads, read by a parser that knows nothing of how the page was made. */
import { Parser } from 'htmlparser2'

const addressAttributes = ['href', 'src', 'action', 'formaction', 'data-src', 'poster'] as const

/** Every address that an element of a page has and a browser may ask for, once each, as the page says it. */
export function linksIn(html: string): string[] {
  const found = new Set<string>()
  const parser = new Parser({
    onopentag(_name, attributes) {
      for (const key of addressAttributes) if (attributes[key] !== undefined) found.add(attributes[key])
    },
  })
  parser.end(html)
  return [...found]
}

/** The request targets of those that lead elsewhere on the site. @param from the page's own target */
export function targetsIn(html: string, from: string): string[] {
  const site = 'http://site.invalid'
  const targets = linksIn(html).flatMap(link => {
    const url = link.startsWith('#') ? null : URL.parse(link, site + from)
    return url?.origin === site ? [url.pathname + url.search] : []
  })
  return [...new Set(targets)]
}
