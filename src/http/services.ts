/** What routes are given: each is an option of the plugin that needs it. */
import type { Measures } from '../base/measures.ts'
import type { CacheManager } from '../cache/cache-manager.ts'
import type { Overview } from '../cache/overview.ts'
import type { PageView, Site } from '../pages/layout.ts'
import type { Markdown } from '../pages/markdown.ts'
import type { Answerer } from './answer.ts'

export interface HttpServices {
  readonly manager: CacheManager
  readonly overview: Overview
  readonly site: Site
  /** Loaded with the first bug page: lists do not need it, and it takes a while. */
  markdown(): Promise<Markdown>
  readonly answerer: Answerer
  readonly measures: Measures
  readonly options: HttpOptions
}

/** What routes that make pages are given besides. */
export interface PageServices extends HttpServices {
  /** Fills a template of `views/`. */
  render(template: string, view: PageView): Promise<string>
}

export interface HttpOptions {
  /** Path under which a proxy shows the server: '' or such as `/tracker`. */
  readonly basePath: string
  /** Scheme and host of the site as visitors see it; else those of the request. */
  readonly publicOrigin: string | undefined
  /** How long a request waits for the first build of a repository before it is told how far that has come. */
  readonly progressAfterMs: number
  readonly maxQueryChars: number
  readonly maxHookBodyBytes: number
  readonly hooksEnabled: boolean
  readonly hookSecret: string | undefined
  /** What a push does to a repository that is open. */
  readonly hookMode: 'refresh' | 'drop'
}
