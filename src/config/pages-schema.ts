/** Settings of what readers see: how pages look, what becomes of texts and people, what a repository's pages offer. */
import { group, optional, required, setting } from './define-setting.ts'
import * as type from './setting-type.ts'

/** `look`. */
export function lookGroup() {
  return group('How pages look. The viewer reads these files when it starts, and with the settings on SIGHUP.', {
    theme: setting(type.oneOf(['system', 'light', 'dark']), 'system', {
      description: 'Colours of a visitor who has not chosen: those of the system, light or dark.',
    }),
    css: optional(type.path('file'), {
      description: "A stylesheet that comes after the viewer's own.",
      example: '/etc/git-bug-viewer/site.css',
    }),
    logo: optional(type.path('file'), {
      description: 'A picture (SVG, PNG, WebP or JPEG) that stands before the name of the site.',
      example: '/etc/git-bug-viewer/logo.svg',
    }),
    header: optional(type.path('file'), {
      description: 'HTML that stands above every page, as it is: for a notice, or the bar of a larger site.',
      example: '/etc/git-bug-viewer/header.html',
    }),
    footer: optional(type.path('file'), {
      description: 'HTML that stands below every page, as it is.',
      example: '/etc/git-bug-viewer/footer.html',
    }),
    textFont: optional(type.fontFamilies(), {
      description: 'Fonts of texts, as in CSS; only those that visitors have.',
      example: 'Inter, system-ui, sans-serif',
    }),
    codeFont: optional(type.fontFamilies(), {
      description: 'Fonts of code and ids, as in CSS; only those that visitors have.',
      example: 'Fira Code, ui-monospace, monospace',
    }),
    labelColors: setting(type.groupsOf(labelColor()), [], {
      description:
        'Colours of labels, where the one that git-bug gives them is not wanted. The first that matches counts.',
      example: [{ label: 'priority/*', color: '#c2185b' }],
    }),
  })
}

function labelColor() {
  return group('', {
    label: required(type.line(200), { description: 'The label, or a pattern: * is any text.' }),
    color: required(type.color(), { description: 'Its colour.' }),
  })
}

/** `text`. */
export function textGroup() {
  return group('What becomes of what people wrote.', {
    images: setting(type.oneOf(['link', 'click', 'always']), 'link', {
      description:
        'Pictures from other hosts: link shows a link with the name of the host, click loads one when the visitor asks for it (with the script of the pages; without it, link), always loads them with the page, and so tells those hosts who reads it.',
    }),
    commitUrl: optional(type.urlTemplate(['hash', 'repository']), {
      description:
        'Where a commit can be seen: {hash} and {repository} are filled in. Hashes in texts then lead there.',
      example: 'https://git.example.org/{repository}/commit/{hash}',
    }),
    autolinks: setting(type.groupsOf(autolink()), [], {
      description: 'Words of texts that become links.',
      example: [{ pattern: 'TICKET-(\\d+)', url: 'https://tickets.example.org/{1}' }],
    }),
  })
}

function autolink() {
  return group('', {
    pattern: required(type.wordPattern(), {
      description: 'A regular expression; what it matches becomes the link. It is tried only at the start of words.',
    }),
    url: required(type.urlTemplate(['0', '1', '2', '3', 'repository']), {
      description: 'Where the link leads: {0} is what was matched, {1} to {3} are its groups.',
    }),
  })
}

/** `people`. */
export function peopleGroup() {
  return group('What is shown of people.', {
    showEmail: setting(type.flag(), false, { description: 'Show e-mail addresses on the pages of people.' }),
    avatars: setting(type.oneOf(['initials', 'remote']), 'initials', {
      description:
        'Their pictures: initials draws them here; remote loads the pictures that identities name, and so tells their hosts who reads what.',
    }),
  })
}

/** `crawlers`. */
export function crawlersGroup() {
  return group('Programs that visit every page.', {
    allow: setting(type.flag(), true, {
      description: 'Whether search engines may list the site: false asks them all to stay away.',
    }),
    requestsPerMinute: setting(type.wholeNumber(0, 1_000_000), 0, {
      description:
        'Answers that have to be made for one network (/24, or /48 of IPv6) within a minute; more are refused for a while. Answers that are there already do not count, but searches always do. 0 is no bound.',
    }),
  })
}

/** `live`. */
export function liveGroup() {
  return group('Pages that are open learn that there is a newer version.', {
    enabled: setting(type.flag(), true, { description: 'Whether they do.' }),
    maxListeners: setting(type.wholeNumber(1, 100_000), 1000, {
      description: 'Pages that are told at the same time; what is more asks again later.',
    }),
  })
}

/** An entry of `repositories.pages`. */
export function shownRepository() {
  return group('', {
    match: required(type.namePattern(), {
      description: 'Names of repositories: * stays within a segment, ** crosses segments.',
    }),
    queries: setting(type.groupsOf(namedQuery()), [], { description: 'Queries that the list offers by name.' }),
    columns: setting(type.labels(), [], {
      description:
        'Labels whose columns come first on boards, in this order; the others follow by name. On a board of a scope only its own count.',
    }),
    commitUrl: optional(type.urlTemplate(['hash', 'repository']), { description: 'As text.commitUrl.' }),
    autolinks: setting(type.groupsOf(autolink()), [], { description: 'As text.autolinks, and before those.' }),
    report: optional(type.line(2000), {
      description: 'How bugs are reported, for the page about the repository; Markdown.',
    }),
  })
}

function namedQuery() {
  return group('', {
    name: required(type.line(80), { description: 'What the link says.' }),
    query: required(type.line(1000), { description: 'The query.' }),
  })
}
