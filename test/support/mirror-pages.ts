/** What is shown of repositories elsewhere, in every state that looks different. */
import type { Tracker, TrackerOrigin } from '../../src/bug/model.ts'
import { aboutPage } from '../../src/pages/about-page.ts'
import { type ErrorInput, errorPage } from '../../src/pages/error-page.ts'
import { indexPage, type RepositoryEntry } from '../../src/pages/index-page.ts'
import type { RepositoryInput } from '../../src/pages/layout.ts'
import type { OpenAttempt } from '../../src/pages/open-form.ts'
import { type CloneProgress, progressPage } from '../../src/pages/progress-page.ts'
import type { Site } from '../../src/pages/site.ts'
import { strings } from '../../src/strings/strings.ts'
import { hostileText } from './kiln.ts'

interface MirrorPagesInput {
  readonly site: Site
  readonly tracker: Tracker
  readonly repositories: readonly RepositoryEntry[]
  listPage(input: { site: Site; repository: RepositoryInput }): object
}

const name = 'codeberg.org/group/tool'
const href = 'https://codeberg.org/group/tool.git'
const fetchedMs = Date.UTC(2026, 10, 21, 18, 59)
const sinceMs = Date.UTC(2026, 10, 21, 21)

/** A state as one that was copied. */
export function copied(tracker: Tracker, origin: Partial<TrackerOrigin> = {}): Tracker {
  const usual = { href, fetchedMs, failure: undefined, bytes: 3_200_000, refsDigest: tracker.digest }
  return { ...tracker, digest: tracker.digest.replaceAll('a', 'b'), origin: { ...usual, ...origin } }
}

/** The pages, each with its name and its template. */
export function mirrorPages({ site, tracker, repositories, listPage }: MirrorPagesInput) {
  const open = ['https://codeberg.org/**', 'https://*.example.org/bugs/*', '*://git.example.com:8443/**']
  const opening = { ...site, remotes: { open, refreshSeconds: 300 } }
  const page = (page: string, template: string, view: object) => ({ name: page, template, view })
  const index = (
    title: string,
    attempt?: OpenAttempt,
    entries = [...repositories, { name: `${name}s`, isAway: true }],
  ) => page(title, 'index', indexPage({ site: opening, repositories: entries, attempt }))
  const error = (title: string, input: Omit<ErrorInput, 'site' | 'requestId'>) =>
    page(title, 'error', errorPage({ site, requestId: 'req-3f', ...input }))
  const clone = (title: string, progress: CloneProgress, repository = name) =>
    page(
      title,
      'progress',
      progressPage({
        site,
        name: repository,
        progress: { done: 0, total: 0, clone: progress },
        url: site.links.bugs(repository),
      }),
    )
  const details = { description: undefined, owner: undefined, cloneUrl: undefined }
  const about = (title: string, state: Tracker) =>
    page(
      title,
      'about',
      aboutPage({ site, repository: { name, tracker: state }, details, readme: undefined, reportHtml: undefined }),
    )
  const failing = copied(tracker, { failure: { reason: 'unreachable', sinceMs } })
  return [
    index('index-open'),
    index('index-open-none', undefined, []),
    index('index-open-link', { address: 'https://codeberg.org/group/other' }),
    index('index-open-mistake', {
      address: 'https://git.example.net/group/tool',
      mistake: strings.mirror.mistakes.notAllowed,
    }),
    index('index-open-hostile', { address: hostileText, mistake: strings.mirror.mistakes.none }),
    page('bugs-mirror', 'bugs', listPage({ site, repository: { name, tracker: copied(tracker) } })),
    page('bugs-mirror-failing', 'bugs', listPage({ site, repository: { name, tracker: failing } })),
    page(
      'bugs-mirror-hostile',
      'bugs',
      listPage({ site, repository: { name, tracker: copied(tracker, { href: `ssh://git@${hostileText}/` }) } }),
    ),
    about('about-mirror', copied(tracker)),
    about('about-mirror-failing', failing),
    clone('progress-clone', { step: 'receiving', done: 1234, total: 5678, bytes: 3_200_000 }),
    clone('progress-clone-waiting', { step: 'waiting', done: 0, total: 0, bytes: 0 }),
    clone('progress-clone-hostile', { step: 'storing', done: 0, total: 0, bytes: 0 }, hostileText),
    error('error-502', {
      status: 502,
      code: 'REMOTE_UNREACHABLE',
      remote: { href, reason: 'gone' },
      retryAfterSeconds: 230,
    }),
    error('error-507', { status: 507, code: 'MIRROR_NO_ROOM', remote: { href }, retryAfterSeconds: 30 }),
    error('error-empty-mirror', {
      status: 404,
      code: 'REPOSITORY_EMPTY',
      remote: { href },
      retryAfterSeconds: 570,
    }),
  ]
}
