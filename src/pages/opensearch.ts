/** The OpenSearch 1.1 description, by which browsers offer the site's search beside others. */
import { strings } from '../strings/strings.ts'
import { escapeXml } from './atom.ts'
import type { Site } from './site.ts'
import { shortened } from './wording.ts'

/** As much of a name as the format allows. */
const maxNameChars = 16

/** @param origin scheme and host: browsers take whole addresses only */
export function writeOpenSearch({ site, origin }: { readonly site: Site; readonly origin: string }): string {
  const { links, title } = site
  return `<?xml version="1.0" encoding="utf-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>${escapeXml(shortened(title, maxNameChars))}</ShortName>
<LongName>${escapeXml(shortened(title, 48))}</LongName>
<Description>${escapeXml(strings.search.bugsOfAllRepositories(title))}</Description>
<InputEncoding>UTF-8</InputEncoding>
<Image width="16" height="16" type="image/svg+xml">${escapeXml(`${origin}${links.staticFile('favicon.svg')}`)}</Image>
<Url type="text/html" template="${escapeXml(`${origin}${links.search()}`)}?q={searchTerms}"/>
<Url type="application/atom+xml" template="${escapeXml(`${origin}${links.searchAtom()}`)}?q={searchTerms}"/>
<Url type="application/opensearchdescription+xml" rel="self" template="${escapeXml(`${origin}${links.openSearch()}`)}"/>
</OpenSearchDescription>
`
}
