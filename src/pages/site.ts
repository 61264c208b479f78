/** The site as every page needs it: its name, its addresses, its look, and what the operator chose for each repository. */
import { labelPaletteIndex } from '../bug/label-color.ts'
import type { Links } from './links.ts'

/** The site, as every page needs it. */
export interface Site {
  /** What the operator calls it. */
  readonly title: string
  readonly links: Links
  /** Scheme and host as visitors see them, where the operator has said so. */
  readonly publicOrigin: string | undefined
  readonly look: Look
  /** Whether pages show e-mail addresses of people. */
  readonly showsEmail: boolean
  /** Whether pages load the pictures that identities name, from wherever those are. */
  readonly loadsAvatars: boolean
  /** What becomes of pictures of other hosts in texts. */
  readonly images: 'link' | 'click' | 'always'
  /** Whether open pages are told of newer states. */
  readonly isLive: boolean
  /** Whether pages are written as files, to be read without a server: then they offer nothing that only a server does. */
  readonly isCopy: boolean
  /** Whether git can fetch from it. */
  readonly isFetchable: boolean
  /** Whether an address of this site leads anywhere: a copy leaves some out. */
  offers(url: string): boolean
  /** How it deals with repositories elsewhere. */
  readonly remotes: SiteRemotes
  /** What the operator chose for the pages of a repository. */
  choicesFor(repository: string): RepositoryChoices
}

/** Repositories elsewhere, of which this site keeps copies. */
export interface SiteRemotes {
  /** Patterns of the addresses that visitors may open, such as `https://codeberg.org/**`; none without any. */
  readonly open: readonly string[]
  /** One that somebody looks at is fetched again after this long. */
  readonly refreshSeconds: number
}

/** How the operator wants pages to look. */
export interface Look {
  readonly theme: 'system' | 'light' | 'dark'
  /** A stylesheet after our own: the operator's fonts, label colours and rules; undefined without any. */
  readonly cssUrl: string | undefined
  /** A picture before the name of the site, and its size in pixels or any other measure. */
  readonly logo: { readonly url: string; readonly width: number; readonly height: number } | undefined
  /** HTML of the operator, as it is; empty without any. */
  readonly headerHtml: string
  readonly footerHtml: string
  /** The class of a label's colour. */
  labelHue(label: string): string
}

/** What the operator chose for the pages of a repository. */
export interface RepositoryChoices {
  readonly queries: readonly { readonly name: string; readonly query: string }[]
  /** Labels whose columns come first on boards, in this order. */
  readonly columns: readonly string[]
  /** Where a commit can be seen; `{hash}` is to be filled in. */
  readonly commitUrl: string | undefined
  /** The first that matches counts. */
  readonly autolinks: readonly Autolink[]
  /** How bugs are reported; Markdown. */
  readonly report: string | undefined
}

/** Words of texts that become links. */
export interface Autolink {
  /** Source of a regular expression with the flag `u`; never matches nothing. */
  readonly pattern: string
  /** Where it leads: `{0}` is what was matched, `{1}` to `{3}` are its groups. */
  readonly url: string
}

const noChoices: RepositoryChoices = {
  queries: [],
  columns: [],
  commitUrl: undefined,
  autolinks: [],
  report: undefined,
}

/** A site where the operator has chosen nothing but what is given. */
export function createSite(given: Pick<Site, 'title' | 'links'> & Partial<Site>): Site {
  return {
    publicOrigin: undefined,
    look: { theme: 'system', cssUrl: undefined, logo: undefined, headerHtml: '', footerHtml: '', labelHue },
    showsEmail: false,
    loadsAvatars: false,
    images: 'link',
    isLive: false,
    isCopy: false,
    isFetchable: false,
    offers: () => true,
    remotes: { open: [], refreshSeconds: 300 },
    choicesFor: () => noChoices,
    ...given,
  }
}

/** The class of a label's colour (`format.md`, "Label colours"). */
export function labelHue(label: string): string {
  return `c${labelPaletteIndex(label)}`
}
