/**
 * The only place that makes URLs (`api.md`, "Pages"). What it returns is a path of this server that can stand in an
 * attribute once it is escaped: every part that comes from outside is percent-encoded, and no part can leave its
 * place in the path. It knows nothing of what exists.
 */

/** Where the pages, exports and static files are. `name` is a repository's name, which may contain slashes. */
export interface Links {
  index(options?: { q?: string | undefined; sort?: string | undefined }): string
  /** Without `q` the list's default query. The first page has no number. */
  bugs(name: string, options?: ListOptions): string
  bugsAtom(name: string, q?: string): string
  bugsJson(name: string, q?: string): string
  bugsCsv(name: string, q?: string): string
  bugsText(name: string, q?: string): string
  bugsMbox(name: string, q?: string): string
  bug(name: string, bugId: string): string
  bugAtom(name: string, bugId: string): string
  bugJson(name: string, bugId: string): string
  bugText(name: string, bugId: string): string
  bugMarkdown(name: string, bugId: string): string
  bugMbox(name: string, bugId: string): string
  /** A comment or an event on its bug's page. */
  comment(name: string, bugId: string, combinedId: string): string
  people(name: string): string
  peopleJson(name: string): string
  person(name: string, identityId: string): string
  personJson(name: string, identityId: string): string
  labels(name: string): string
  labelsJson(name: string): string
  problems(name: string): string
  problemsJson(name: string): string
  file(name: string, hash: string): string
  queryHelp(): string
  /** A file of `public/`. */
  staticFile(fileName: string): string
}

export interface ListOptions {
  readonly q?: string | undefined
  /** From 1. */
  readonly page?: number | undefined
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
  const inside = (name: string, rest: string) => `${base}/${encodePath(name)}/-/${rest}`
  const bug = (name: string, id: string) => inside(name, `bugs/${encodeSegment(id)}`)
  const bugsAs = (suffix: string) => (name: string, q?: string) => inside(name, `bugs.${suffix}${search([['q', q]])}`)
  const person = (id: string) => `identities/${encodeSegment(id)}`
  return {
    index: ({ q, sort } = {}) =>
      `${base}/${search([
        ['q', q],
        ['sort', sort],
      ])}`,
    bugs: (name, { q, page } = {}) =>
      inside(
        name,
        `bugs${search([
          ['q', q],
          ['page', page === undefined || page <= 1 ? undefined : String(page)],
        ])}`,
      ),
    bugsAtom: bugsAs('atom'),
    bugsJson: bugsAs('json'),
    bugsCsv: bugsAs('csv'),
    bugsText: bugsAs('txt'),
    bugsMbox: bugsAs('mbox'),
    bug,
    bugAtom: (name, id) => `${bug(name, id)}.atom`,
    bugJson: (name, id) => `${bug(name, id)}.json`,
    bugText: (name, id) => `${bug(name, id)}.txt`,
    bugMarkdown: (name, id) => `${bug(name, id)}.md`,
    bugMbox: (name, id) => `${bug(name, id)}.mbox`,
    comment: (name, id, combinedId) => `${bug(name, id)}#${anchor(combinedId)}`,
    people: name => inside(name, 'identities'),
    peopleJson: name => inside(name, 'identities.json'),
    person: (name, id) => inside(name, person(id)),
    personJson: (name, id) => inside(name, `${person(id)}.json`),
    labels: name => inside(name, 'labels'),
    labelsJson: name => inside(name, 'labels.json'),
    problems: name => inside(name, 'problems'),
    problemsJson: name => inside(name, 'problems.json'),
    file: (name, hash) => inside(name, `files/${encodeSegment(hash)}`),
    queryHelp: () => `${base}/-/help/query`,
    staticFile: fileName => `${base}/-/static/${asset(fileName)}`,
  }
}

/** One path segment. A lone surrogate, which has no bytes, becomes U+FFFD instead of an error. */
function encodeSegment(text: string): string {
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
  return encodeSegment(text).replaceAll('%20', '+').replaceAll('%2F', '/').replaceAll('%3A', ':')
}
