/**
 * The only place that makes URLs (`api.md`, "Pages"). What it returns is a path of this server that can stand in an
 * attribute once it is escaped: every part that comes from outside is percent-encoded, and no part can leave its
 * place in the path. It knows nothing of what exists.
 */

/** Where the pages, exports and static files are. `name` is a repository's name, which may contain slashes. */
export interface Links {
  /** The first page has no number. */
  index(options?: { q?: string | undefined; sort?: string | undefined; page?: number | undefined }): string
  /** Without `q` the list's default query. The first page has no number. */
  bugs(name: string, options?: ListOptions): string
  /** What a query that is being typed may mean. */
  suggest(name: string): string
  bugsAtom(name: string, q?: string): string
  bugsJson(name: string, q?: string): string
  bugsCsv(name: string, q?: string): string
  bugsText(name: string, q?: string): string
  bugsMbox(name: string, q?: string): string
  /** Whole bugs, one JSON object a line. */
  bugsNdjson(name: string, q?: string): string
  /** A git bundle of all bugs and people. */
  bundle(name: string): string
  /** What git fetches bugs and people from. */
  git(name: string): string
  bug(name: string, bugId: string): string
  /** The bug as it was at a commit of its graph. */
  bugAt(name: string, bugId: string, commit: string): string
  /** The texts that a comment had. */
  edits(name: string, bugId: string, combinedId: string): string
  /** A comment by its combined id, wherever it is. */
  commentById(name: string, combinedId: string): string
  /** A comment's text as it was written. */
  commentText(name: string, combinedId: string): string
  bugAtom(name: string, bugId: string): string
  bugJson(name: string, bugId: string): string
  bugText(name: string, bugId: string): string
  bugMarkdown(name: string, bugId: string): string
  bugMbox(name: string, bugId: string): string
  /** A comment or an event on its bug's page. */
  comment(name: string, bugId: string, combinedId: string): string
  /** @param q what names, logins or ids of those who are shown contain */
  people(name: string, q?: string): string
  peopleJson(name: string): string
  person(name: string, identityId: string): string
  personJson(name: string, identityId: string): string
  personAtom(name: string, identityId: string): string
  activity(name: string): string
  activityJson(name: string): string
  about(name: string): string
  /** A picture of how many bugs a query finds. */
  badge(name: string, q?: string): string
  /** A bug by the number that it had where it was imported from. */
  issue(name: string, number: string): string
  /** The stream that tells of states that are newer than one. */
  events(name: string, state: string): string
  labels(name: string): string
  labelsJson(name: string): string
  problems(name: string): string
  problemsJson(name: string): string
  file(name: string, hash: string): string
  /** Where an address of a repository elsewhere is sent. */
  open(): string
  queryHelp(): string
  /** @param from the repository at which it goes on */
  search(q?: string, from?: string): string
  searchAtom(q?: string, from?: string): string
  searchJson(q?: string, from?: string): string
  /** Where any id or imported URL is looked for. */
  go(id?: string, from?: string): string
  openSearch(): string
  /** @param part from 1; the first one has no number */
  sitemap(name: string, part?: number): string
  /** A file of `public/`. */
  staticFile(fileName: string): string
}

export interface ListOptions {
  readonly q?: string | undefined
  /** From 1. */
  readonly page?: number | undefined
  /** Bugs on a page, where that is not the usual number. */
  readonly limit?: number | undefined
  /** The scope of labels whose values are the columns of a board. */
  readonly group?: string | undefined
}

/** Digits of a combined id that an anchor shows (`api.md`, "Pages"). */
const anchorDigits = 16

/** The name of the place of a comment or an event on its bug's page, without `#`. */
export function anchor(combinedId: string): string {
  return `c-${combinedId.slice(0, anchorDigits)}`
}

/**
 * @param options.basePath the path under which a proxy shows this server: '' or such as `/tracker`, without an end slash
 * @param options.asset gives a file of `public/` the name under which it is served, such as `viewer.css?v=1f2e3d`
 */
export function createLinks({ basePath, asset }: { basePath: string; asset: (fileName: string) => string }): Links {
  const base = basePath.replace(/\/$/, '')
  let last = { name: '', path: '' }
  const inside = (name: string, rest: string) => {
    // Nearly all links of a page are to one repository.
    if (last.name !== name) last = { name, path: encodePath(name) }
    return `${base}/${last.path}/-/${rest}`
  }
  const bug = (name: string, id: string) => inside(name, `bugs/${encodeSegment(id)}`)
  const bugsAs = (suffix: string) => (name: string, q?: string) => inside(name, `bugs.${suffix}${search([['q', q]])}`)
  const person = (id: string) => `identities/${encodeSegment(id)}`
  const searchAs = (suffix: string) => (q?: string, from?: string) =>
    `${base}/-/search${suffix}${search([
      ['q', q],
      ['from', from],
    ])}`
  return {
    index: ({ q, sort, page } = {}) =>
      `${base}/${search([
        ['q', q],
        ['sort', sort],
        ['page', page === undefined || page <= 1 ? undefined : String(page)],
      ])}`,
    bugs: (name, { q, page, limit, group } = {}) =>
      inside(
        name,
        `bugs${search([
          ['q', q],
          ['page', page === undefined || page <= 1 ? undefined : String(page)],
          ['limit', limit === undefined ? undefined : String(limit)],
          ['group', group],
        ])}`,
      ),
    suggest: name => inside(name, 'suggest'),
    bugsAtom: bugsAs('atom'),
    bugsJson: bugsAs('json'),
    bugsCsv: bugsAs('csv'),
    bugsText: bugsAs('txt'),
    bugsMbox: bugsAs('mbox'),
    bugsNdjson: bugsAs('ndjson'),
    bundle: name => inside(name, 'bugs.bundle'),
    git: name => `${base}/${encodePath(name)}.git`,
    bug,
    bugAt: (name, id, commit) => `${bug(name, id)}/at/${encodeSegment(commit)}`,
    edits: (name, id, combinedId) => `${bug(name, id)}/edits/${encodeSegment(combinedId)}`,
    commentById: (name, combinedId) => inside(name, `c/${encodeSegment(combinedId)}`),
    commentText: (name, combinedId) => inside(name, `c/${encodeSegment(combinedId)}.txt`),
    bugAtom: (name, id) => `${bug(name, id)}.atom`,
    bugJson: (name, id) => `${bug(name, id)}.json`,
    bugText: (name, id) => `${bug(name, id)}.txt`,
    bugMarkdown: (name, id) => `${bug(name, id)}.md`,
    bugMbox: (name, id) => `${bug(name, id)}.mbox`,
    comment: (name, id, combinedId) => `${bug(name, id)}#${anchor(combinedId)}`,
    people: (name, q) => inside(name, `identities${search([['q', q]])}`),
    peopleJson: name => inside(name, 'identities.json'),
    person: (name, id) => inside(name, person(id)),
    personJson: (name, id) => inside(name, `${person(id)}.json`),
    personAtom: (name, id) => inside(name, `${person(id)}.atom`),
    activity: name => inside(name, 'activity'),
    activityJson: name => inside(name, 'activity.json'),
    about: name => inside(name, 'about'),
    badge: (name, q) => inside(name, `badge.svg${search([['q', q]])}`),
    issue: (name, number) => inside(name, `issues/${encodeSegment(number)}`),
    events: (name, state) => inside(name, `events${search([['state', state]])}`),
    labels: name => inside(name, 'labels'),
    labelsJson: name => inside(name, 'labels.json'),
    problems: name => inside(name, 'problems'),
    problemsJson: name => inside(name, 'problems.json'),
    file: (name, hash) => inside(name, `files/${encodeSegment(hash)}`),
    open: () => `${base}/-/open`,
    queryHelp: () => `${base}/-/help/query`,
    search: searchAs(''),
    searchAtom: searchAs('.atom'),
    searchJson: searchAs('.json'),
    go: (id, from) =>
      `${base}/-/go${search([
        ['id', id],
        ['from', from],
      ])}`,
    openSearch: () => `${base}/-/opensearch.xml`,
    sitemap: (name, part = 1) => inside(name, part <= 1 ? 'sitemap.xml' : `sitemap-${part}.xml`),
    staticFile: fileName => `${base}/-/static/${asset(fileName)}`,
  }
}

/** One path segment. A lone surrogate, which has no bytes, becomes U+FFFD instead of an error. */
function encodeSegment(text: string): string {
  // Most ids and names: a page has hundreds of links, and this is most of what they cost.
  if (/^[\w.~-]*$/.test(text)) return text
  return encodeURIComponent(text.toWellFormed())
}

/** A repository's name: slashes stay, everything between them is encoded. */
function encodePath(name: string): string {
  return name.split('/').map(encodeSegment).join('/')
}

/** A query string of the parameters that are given; empty without any. What may stay readable stays so. */
function search(parameters: readonly (readonly [string, string | undefined])[]): string {
  const given = parameters.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encodeValue(value)}`]))
  return given.length === 0 ? '' : `?${given.join('&')}`
}

function encodeValue(text: string): string {
  if (/^[\w.~:/ -]*$/.test(text)) return text.replaceAll(' ', '+')
  return encodeSegment(text).replaceAll('%20', '+').replaceAll('%2F', '/').replaceAll('%3A', ':')
}
