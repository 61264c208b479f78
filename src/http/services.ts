/** What routes are given: each is an option of the plugin that needs it. */
import type { SharedGate } from '../base/gate.ts'
import type { Measures } from '../base/measures.ts'
import type { CacheManager } from '../cache/cache-manager.ts'
import type { Overview } from '../cache/overview.ts'
import type { Survey } from '../cache/survey.ts'
import type { PageView, RepositoryInput } from '../pages/layout.ts'
import type { Site } from '../pages/site.ts'
import type { StreamCache } from '../streams/stream-cache.ts'
import type { CommentTexts, TextSource } from '../text/comment-texts.ts'
import type { Markdown } from '../text/markdown.ts'
import type { Answerer } from './answer.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Works } from './works.ts'

export interface HttpServices {
  readonly manager: CacheManager
  readonly overview: Overview
  /** Looks into all repositories for one request. */
  readonly survey: Survey
  readonly rateLimit: RateLimit
  /** Opens repositories elsewhere; undefined where there is none to be had. */
  readonly mirrors?: MirrorsFront | undefined
  readonly site: Site
  /** Loaded with the first bug page: lists do not need it, and it takes a while. */
  markdown(): Promise<Markdown>
  /** The rendered texts of a page. @param signal ends the wait */
  commentTexts(wanted: WantedTexts, signal?: AbortSignal): Promise<CommentTexts>
  readonly answerer: Answerer
  /** Long answers. */
  readonly streams: StreamCache
  /** Bounds the fetches and exports that are made at the same time. */
  readonly longWork: SharedGate
  /** Bounds the pages of one repository that are made at the same time. */
  readonly works: Works
  readonly measures: Measures
  readonly options: HttpOptions
}

/** What visitors may do about repositories elsewhere. */
export interface MirrorsFront {
  /** Whether any address may be opened. */
  readonly isOpen: boolean
  /**
   * Lets a repository be found by its name, and has it fetched where it is not on disk.
   * @param text the address as a visitor wrote it
   * @throws PARAMETER_INVALID with what is wrong with the address; REMOTE_NOT_ALLOWED, REMOTE_REFUSED,
   *   REMOTE_UNREACHABLE, TOO_BUSY
   */
  open(text: string, signal: AbortSignal): Promise<{ readonly name: string }>
}

/** Texts that a page shows, and where. */
export interface WantedTexts {
  readonly repository: RepositoryInput
  readonly texts: readonly TextSource[]
}

/** What routes that make pages are given besides. */
export interface PageServices extends HttpServices {
  /** Fills a template of `views/`. */
  render(template: string, view: PageView): Promise<string>
}

/** Bounds of a fetch. */
export interface FetchOptions {
  /** Decompressed. */
  readonly maxRequestBytes: number
  readonly maxPackBytes: number
  /** For the request to come. */
  readonly requestMs: number
  /** For git to work, without waiting for readers. */
  readonly packMs: number
}

export interface HttpOptions {
  /** Path under which a proxy shows the server: '' or such as `/tracker`. */
  readonly basePath: string
  /** Scheme and host of the site as visitors see it; else those of the request. */
  readonly publicOrigin: string | undefined
  /**
   * How long a request waits for the first build of a repository before it is told how far that has come, and for the
   * texts that come with it.
   */
  readonly progressAfterMs: number
  /** How long a page may take; undefined as long as it likes. */
  readonly requestMs: number | undefined
  readonly maxQueryChars: number
  readonly maxHookBodyBytes: number
  /** Whether search engines may list the site. */
  readonly allowsCrawlers: boolean
  /** Pages that are told of newer states at the same time. */
  readonly maxListeners: number
  /** A reader of a long answer that takes nothing for this long is cut off. */
  readonly stallMs: number
  /** Pictures up to this size are shown where they are attached. */
  readonly previewMaxBytes: number
  /** Undefined where nothing can be fetched. */
  readonly fetch: FetchOptions | undefined
  readonly hooksEnabled: boolean
  readonly hookSecret: string | undefined
  /** What a push does to a repository that is open. */
  readonly hookMode: 'refresh' | 'drop'
}
