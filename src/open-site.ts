/** The site as the settings want it. Like `compose.ts`, of which it is a part, it may know every room. */
import { matchesName } from './base/name-pattern.ts'
import type { Settings } from './config/settings.ts'
import type { LoadedLook } from './http/look.ts'
import type { StaticFiles } from './http/static-files.ts'
import { createLinks } from './pages/links.ts'
import { createSite, type RepositoryChoices, type Site } from './pages/site.ts'
import { parseQuery } from './query/parser.ts'

/** What the site is made of besides the settings. */
interface SiteParts {
  /** What was read of the operator's look. */
  readonly look: LoadedLook
  /** Those that are served. */
  readonly files: StaticFiles
  /** Where pages become files: which addresses those have. */
  readonly copy: Pick<Site, 'offers'> | undefined
}

/** Makes the site. */
export function openSite(settings: Settings, { look, files, copy }: SiteParts): Site {
  const { basePath, publicUrl, title } = settings.server
  const { people, text, live } = settings
  const links = createLinks({ basePath, asset: files.servedName })
  return createSite({
    title: title ?? 'git-bug-viewer',
    links,
    publicOrigin: publicUrl === undefined ? undefined : new URL(publicUrl).origin,
    look: look.look(links.staticFile),
    showsEmail: people.showEmail,
    loadsAvatars: people.avatars === 'remote',
    images: text.images,
    isLive: live.enabled,
    isFetchable: settings.fetch.enabled && !copy,
    remotes: {
      open: copy ? [] : settings.mirrors.open.map(pattern => pattern.text),
      refreshSeconds: settings.mirrors.refreshInterval,
    },
    ...(copy && { isCopy: true, offers: (url: string) => copy.offers(url) }),
    choicesFor: name => choicesFor(settings, name),
  })
}

/** A named query of the settings that cannot be read. */
export interface QueryMistake {
  readonly setting: string
  readonly query: string
  /** What is wrong with it. */
  readonly reason: string
}

/** Named queries that cannot be read: whoever follows one sees the mistake, and whoever wrote it should earlier. */
export function queryMistakes({ repositories }: Settings): QueryMistake[] {
  return repositories.pages.flatMap(({ queries }, place) =>
    queries.flatMap(({ query }, number) => {
      const parsed = parseQuery(query)
      if (!('error' in parsed)) return []
      const setting = `repositories.pages[${place}].queries[${number}]`
      return [{ setting, query, reason: `${parsed.error.message} (at character ${parsed.error.position + 1})` }]
    }),
  )
}

/** What all entries say that match the name: lists one after the other, of single values the last. */
function choicesFor({ repositories, text }: Settings, name: string): RepositoryChoices {
  // Later entries come first, and what is said for all comes last.
  const matching = repositories.pages.filter(({ match }) => matchesName(match, name)).reverse()
  const commitUrl = [...matching.map(entry => entry.commitUrl), text.commitUrl].find(url => url !== undefined)
  return {
    queries: matching.flatMap(({ queries }) => queries),
    columns: matching.flatMap(({ columns }) => columns),
    commitUrl: commitUrl?.replaceAll('{repository}', encodeURI(name)),
    autolinks: [...matching.flatMap(({ autolinks }) => autolinks), ...text.autolinks].map(({ pattern, url }) => ({
      pattern,
      url: url.replaceAll('{repository}', encodeURI(name)),
    })),
    report: matching.map(({ report }) => report).find(text => text !== undefined),
  }
}
