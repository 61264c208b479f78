/** The help on the query language: every word that the box takes, with examples (`format.md`, "The query language"). */
import type { HelpTopic } from '../strings/query-help-strings.ts'
import { strings } from '../strings/strings.ts'
import { layoutView, type PageView } from './layout.ts'
import type { Site } from './site.ts'

export interface QueryHelpInput {
  readonly site: Site
}

export interface QueryHelpView extends PageView {
  readonly topics: readonly HelpTopic[]
}

export function queryHelpPage({ site }: QueryHelpInput): QueryHelpView {
  return {
    layout: layoutView({ site, title: strings.queryHelp.title, canonical: site.links.queryHelp() }),
    topics: strings.queryHelp.topics,
  }
}
