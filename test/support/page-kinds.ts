/**
 * Every kind of page, once: what it is called, which template makes it, where the server has it and which preview
 * shows it. Whatever is to hold for every page (axe, the keyboard, text browsers, valid HTML, widths) goes through this
 * list, and `templates.test.ts` refuses a template of a page that is not in it.
 */
import type { PagePlaces } from './page-scene.ts'

export interface PageKind {
  readonly name: string
  /** File in `views/`, without its ending. */
  readonly template: string
  /** Name of one of `previewPages`. */
  readonly preview: string
  /** Its address below the root of the site; undefined where a page is there for moments, or with other settings only. */
  readonly path: ((places: PagePlaces) => string) | undefined
  /** What the server answers it with; 200 where it is not given. */
  readonly status?: number
}

/** Templates that stand inside others and make no page by themselves. */
export const partials: readonly string[] = ['board', 'bug-rows', 'filter-form', 'icons', 'layout', 'pager']

export const pageKinds: readonly PageKind[] = [
  { name: 'the repositories', template: 'index', preview: 'index', path: () => '' },
  {
    name: 'no repository of a name',
    template: 'index',
    preview: 'index-unmatched',
    path: () => '?q=nothing+such',
  },
  { name: 'the list', template: 'bugs', preview: 'bugs', path: () => 'tracker/-/bugs' },
  { name: 'the end of a list', template: 'bugs', preview: 'bugs-page-2', path: () => 'tracker/-/bugs?q=&page=2' },
  {
    name: 'a list that was filtered',
    template: 'bugs',
    preview: 'bugs-filtered',
    path: () => 'tracker/-/bugs?q=label:kind/bug+author:bob',
  },
  {
    name: 'a list with a mistake',
    template: 'bugs',
    preview: 'bugs-mistake',
    path: () => 'tracker/-/bugs?q=status:open+lable:x',
    status: 400,
  },
  {
    name: 'a list without bugs',
    template: 'bugs',
    preview: 'bugs-unmatched',
    path: () => 'tracker/-/bugs?q=nothing+such',
  },
  { name: 'a board', template: 'bugs', preview: 'board', path: () => 'kiln/-/bugs?q=&group=priority' },
  { name: 'a bug', template: 'bug', preview: 'bug', path: ({ demoBug }) => `kiln/-/bugs/${demoBug}` },
  { name: 'a long bug', template: 'bug', preview: 'bug-noisy', path: ({ rich }) => `tracker/-/bugs/${rich}` },
  {
    name: 'a bug with signatures',
    template: 'bug',
    preview: 'bug-noisy',
    path: ({ signedBug }) => `signed/-/bugs/${signedBug}`,
  },
  {
    name: 'a bug as it was',
    template: 'bug',
    preview: 'bug-as-of',
    path: ({ demoBug, commit }) => `kiln/-/bugs/${demoBug}/at/${commit}`,
  },
  {
    name: 'edits',
    template: 'edits',
    preview: 'edits',
    path: ({ demoBug, editedComment }) => `kiln/-/bugs/${demoBug}/edits/${editedComment}`,
  },
  {
    name: 'the choices of a prefix',
    template: 'choices',
    preview: 'choices',
    path: ({ prefix }) => `many/-/bugs/${prefix}`,
    status: 300,
  },
  { name: 'labels', template: 'labels', preview: 'labels', path: () => 'kiln/-/labels' },
  { name: 'no labels', template: 'labels', preview: 'labels-none', path: () => 'many/-/labels' },
  { name: 'people', template: 'people', preview: 'people', path: () => 'kiln/-/identities' },
  { name: 'a person', template: 'person', preview: 'person', path: ({ person }) => `kiln/-/identities/${person}` },
  { name: 'activity', template: 'activity', preview: 'activity', path: () => 'kiln/-/activity' },
  { name: 'about', template: 'about', preview: 'about', path: () => 'kiln/-/about' },
  { name: 'problems', template: 'problems', preview: 'problems', path: () => 'many/-/problems' },
  { name: 'no problems', template: 'problems', preview: 'problems-none', path: () => 'kiln/-/problems' },
  { name: 'search', template: 'search', preview: 'search', path: () => '-/search' },
  {
    name: 'what a search found',
    template: 'search',
    preview: 'search-found',
    path: () => '-/search?q=schedule',
  },
  { name: 'the way to an id', template: 'go', preview: 'go', path: () => '-/go' },
  {
    name: 'ways to several things',
    template: 'go',
    preview: 'go-several',
    path: ({ prefix }) => `-/go?id=${prefix}`,
    status: 300,
  },
  { name: 'query help', template: 'query-help', preview: 'query-help', path: () => '-/help/query' },
  {
    name: 'no such bug',
    template: 'error',
    preview: 'error-404',
    path: () => 'tracker/-/bugs/ffffffff',
    status: 404,
  },
  { name: 'no such page', template: 'error', preview: 'error-404-page', path: () => 'tracker/-/nothing', status: 404 },
  { name: 'how far reading has come', template: 'progress', preview: 'progress', path: undefined },
  {
    name: 'the repositories, and the way to others',
    template: 'index',
    preview: 'index-open',
    path: undefined,
  },
  {
    name: 'an address that may not be opened',
    template: 'index',
    preview: 'index-open-mistake',
    path: undefined,
  },
  { name: 'the list of a copy', template: 'bugs', preview: 'bugs-mirror-failing', path: undefined },
  { name: 'about a copy', template: 'about', preview: 'about-mirror-failing', path: undefined },
  { name: 'how far copying has come', template: 'progress', preview: 'progress-clone', path: undefined },
  { name: 'no room for a copy', template: 'error', preview: 'error-507', path: undefined },
]
