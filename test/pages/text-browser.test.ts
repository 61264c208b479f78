/** What a text browser makes of the pages: the words in an order that can be read. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { pageKinds } from '../support/page-kinds.ts'
import { createRenderer, previewPages } from '../support/preview.ts'
import { hasProgram, programPath } from '../support/required-programs.ts'

const render = createRenderer()
const pages = previewPages('')

/** The page as w3m prints it, 100 columns wide. */
async function dump(name: string): Promise<string> {
  const html = render(pages.find(page => page.name === name)!)
  const run = promisify(execFile)(programPath('w3m')!, [
    '-dump',
    '-T',
    'text/html',
    '-I',
    'UTF-8',
    '-O',
    'UTF-8',
    '-cols',
    '100',
  ])
  run.child.stdin?.end(html)
  return (await run).stdout
}

/** Fails unless all of these are there, one after the other. */
function expectInOrder(text: string, parts: readonly string[]): void {
  let from = 0
  for (const part of parts) {
    const place = text.indexOf(part, from)
    expect(place, `"${part}" after\n${text.slice(0, from)}`).toBeGreaterThanOrEqual(0)
    from = place + part.length
  }
}

/** What the body of each kind of page says, by the name of its preview; some have tests of their own below. */
const readings: Record<string, readonly string[]> = {
  index: [
    'Repositories',
    'Find a repository[',
    ']Search',
    '6 repositories · 71 open bugs',
    'Sort by',
    'Last activity',
    'Repository',
    'Open Closed',
    'glaze Recipes',
    'tools/kiln Controller of the two kilns',
    '70   1,141  2026-11-20',
  ],
  'index-unmatched': ['Find a repository[nothing such', '0 repositories', 'No repository has', 'Show all repositories'],
  bugs: ['Open bugs of tools/kiln', 'Query[', 'Skip to the bugs\n', 'Open 62', 'Filter\n', '1. Open: ', '1–50 of 62'],
  'bugs-page-2': ['51. Open: ', '62. Open: ', '51–62 of 62', 'Previous', 'Page 1'],
  'bugs-filtered': [
    'Bugs of tools/kiln',
    'Query[label:kind/bug autho',
    'All 0',
    'And label[',
    'Author[tomas',
    '[schedule',
    'Apply',
    'Remove label:kind/bug',
    'Remove -label:wontfix',
    'Clear all',
    'No bug matches this query.',
    'Show all bugs of this repository',
  ],
  'bugs-mistake': [
    'Query[status:open lable:ki',
    'This query cannot be read',
    'Unknown qualifier "lable"; did you mean "label"?',
    '^^^^^',
    'Everything that a query can say · Back to the open bugs',
    'Open 62',
  ],
  'bugs-unmatched': ['Query[', 'Open 0', 'Remove label:"no such label"', 'No bug matches this query.'],
  board: ['Bugs of tools/kiln by kind', 'Skip to the bugs\n', 'Open 62', 'bug 25', '• Open: ', 'No kind 13'],
  bug: [
    'Firing schedule is lost',
    'Comments and changes',
    '1. Ada Marsh (ada)',
    'To answer, in a clone: git bug bug comment new',
    'Labels',
    '4 participants',
    'Provenance',
  ],
  'bug-noisy': ['Cone 6', 'Comments and changes', '1. Zoë Ünal', '2. 3 label changes by', 'Provenance', 'signed'],
  'bug-as-of': ['Cone 6 is taken for cone 06', 'As of ', 'the bug as it is', 'Comments and changes'],
  edits: ['Edits of the description', 'of Zoë Ünal in Cone 6', 'where it stands', 'Edit 1', 'removed: ', 'First text'],
  choices: [
    'Which one?',
    'More than one id starts with f. A few more digits tell them apart:',
    '• Open: Firing schedule is lost when the controller restarts\n    ba131a8',
    '• Ada Marsh (ada)\n    c39db93',
  ],
  labels: [
    '13 labels',
    'Label',
    'Open All',
    'area\n',
    'area/firmware',
    '12   12',
    'without a scope',
    '12 bugs without a label',
  ],
  'labels-none': ['0 labels', 'No bug carries a label.', 'git bug bug label new <bug> <label>'],
  people: [
    '6 people',
    'Name, login or id[',
    'Name',
    'Id    Opened Commented Changed',
    'Zoë Ünal',
    'a5bbb07 18     23        0',
    'kiln-bot bot',
  ],
  person: ['Ada Marsh (ada)', 'Activity', 'Opened 19 bugs 19 open', '1. Open: ', 'Login', 'Keys', 'Whole id'],
  activity: ['Activity', '62 bugs open, 12 closed.', 'Opened and closed', 'Open bugs', 'Most discussed', 'Labels'],
  about: [
    'About tools/kiln',
    'How to report a bug',
    '1. Install git-bug',
    '2. Get what others have written',
    'git bug pull\n    git bug bug new\n    git bug push',
    'How to take the bugs along',
    "'refs/identities/*:refs/identities/*'",
    'A badge for your README',
    'Here\n',
    '62 open bugs',
    'Feeds and exports',
    'All bugs as JSON',
  ],
  problems: [
    '2 entities could not be read',
    'Everything else of this repository is shown.',
    'Ref',
    'Reason',
    'refs/bugs/0f3c',
    'not an id',
  ],
  'problems-none': ['Everything could be read', 'Every bug and every person of this repository is shown.'],
  search: ['Search all repositories', 'Query[', 'Words are looked up', 'Looking for one bug by its id'],
  'search-found': [
    'Search all repositories',
    'Query[card relay status:op',
    '18 bugs in 2 repositories. 12 repositories were searched.',
    'tools/kiln 9 bugs',
    '1. Open: Firing schedule is lost when the controller restarts 3 replies',
    'the log on the card',
    'Read on in Firing schedule is lost',
    '4 more bugs in tools/kiln',
    'glaze 9 bugs',
  ],
  go: [
    'Go to a bug',
    'Id, number or address[',
    ']Go',
    '4f3a9c1\n    an id of a bug or a person',
    'Look for words instead',
  ],
  'go-several': [
    'Which one?',
    'Id, number or address[4f3a',
    '4 things fit.',
    '• Open: Firing schedule is lost when the controller restarts\n    ba131a8 in tools/kiln',
    '• In: ',
    '• Person: Ada Marsh (ada)',
  ],
  'query-help': [
    'How to ask for bugs',
    'Words\n',
    'crash decoder\n    bugs that say both',
    'Status\n',
    'Order\n',
    'sort:edit\n',
  ],
  'error-404': ['404', 'No such bug', 'deadbeef', 'is known by this id', 'Bugs of tools/kiln', 'All repositories'],
  'error-404-page': ['404', 'No such page', 'There is no page at this address.', 'All repositories'],
  'index-open': [
    'Repositories',
    'codeberg.org/group/tools not here now: fetched when it is opened',
    'Show the bugs of another repository',
    'Its address',
    ']Show',
    'May be opened: https://codeberg.org/…',
  ],
  'index-open-mistake': [
    'Show the bugs of another repository',
    'Its address',
    'are not opened here',
    '[https://git.example.',
    'May be opened: https://codeberg.org/…',
    'Find a repository[',
  ],
  'bugs-mirror-failing': [
    'What you see is the state of 2026-11-21 18:59 UTC.',
    'https://codeberg.org/group/tool.git: no server answers there.',
    'Open bugs of codeberg.org/group/tool',
    'A copy of https://codeberg.org/group/tool.git as of 2026-11-21 18:59 UTC',
  ],
  'about-mirror-failing': [
    'About codeberg.org/group/tool',
    'git clone https://codeberg.org/group/tool.git',
    'Copied from',
    'last fetched 2026-11-21 18:59 UTC',
    'once in 5 minutes at most',
    '3.2 MB on disk here',
  ],
  'progress-clone': [
    'Fetching codeberg.org/group/tool…',
    'Step 3 of 5: receiving 1,234 of 5,678 objects · 3.2 MB',
    'loads itself again',
    'Load it now',
  ],
  'error-507': ['507', 'No room on disk', 'https://codeberg.org/group/tool.git', 'limited room on disk', 'Try again'],
  progress: [
    'Reading tools/kiln…',
    'for the first time',
    '1,234 of 10,000 bugs and people read',
    'loads itself again',
    'Load it now',
  ],
}

describe.skipIf(!hasProgram('w3m'))('in w3m', () => {
  test.each(pageKinds)('the page of the kind "$name" reads from where it is to what else there is', async kind => {
    expectInOrder(await dump(kind.preview), [
      'Skip to content',
      'bugs.example.org',
      ...readings[kind.preview]!,
      'Read-only',
      'Query help',
    ])
  })

  test('the list reads: where, box, tabs, filters, bugs with their facts, pages, state', async () => {
    expectInOrder(await dump('bugs'), [
      'bugs.example.org / tools/kiln',
      '• Bugs',
      'Open bugs of tools/kiln',
      'Query[status:open',
      'Open 62',
      'Closed 12',
      'All 74',
      'Filter by Label',
      'kind/bug 25',
      '1. Open: Firing schedule is lost when the controller restarts 3 replies',
      'opened 2026-11-18 by Ada Marsh (ada) updated 2026-11-20 area/storage',
      '+2 more labels',
      '2. Open: ',
      '50. Open: ',
      '1–50 of 62',
      'Next',
      'Read-only: how to report · state ',
    ])
  })

  test('the second page of a list goes on counting', async () => {
    expectInOrder(await dump('bugs-page-2'), ['51. Open: ', '62. Open: ', '51–62 of 62', 'Previous'])
  })

  test('the board reads as lists under headings, each with what it is and how many there are', async () => {
    expectInOrder(await dump('board'), [
      'Bugs of tools/kiln by kind',
      'Query[',
      'Skip to the bugs',
      'Filter by Label',
      'area/ui',
      'bug 25',
      '• Open: Firing schedule is lost when the controller restarts',
      'docs 12',
      'feature 24',
      'No kind 13',
      'Read-only',
    ])
  })

  test('the form reads: each field behind its name', async () => {
    expectInOrder(await dump('bugs'), [
      'Status[Open',
      'Label[',
      'Author[',
      'Words[',
      'Order[Recently recorded',
      'Apply',
    ])
  })

  test('the bug reads: title, facts, description, what happened, then what stands beside it', async () => {
    expectInOrder(await dump('bug'), [
      'Firing schedule is lost when the controller restarts ',
      'Open #212 Ada Marsh (ada) opened this on 2026-11-18 · updated 2026-11-20 · 3 replies',
      '1. Ada Marsh (ada) 2026-11-18 09:14',
      'edited twice',
      '2026-11-18 11:14',
      'What changed',
      '¶ ',
      ' raw at ',
      'After a power cut',
      '2. Ada Marsh (ada) added kind/bug area/storage priority/high 2026-11-18 09:15',
      '3. tomas',
      'kiln-bot added needs/hardware and removed needs/triage',
      'changed the title from',
      'Zoë Ünal 2026-11-17 22:05',
      'arrived later',
      'Same here',
      'closed this 2026-11-20 07:00',
      'opened this again',
      'No text.',
      'Labels',
      '4 participants',
      'Mentioned by',
      'Open: Sensor readings below 0 °C',
      'Imported from',
      'git bug bug show ',
      "'refs/identities/*:refs/identities/*'",
      'Provenance',
      'refs/bugs/',
    ])
  })

  test('what is folded on the page is all there, behind the line that says what it is', async () => {
    expectInOrder(await dump('bug-noisy'), [
      '2. 3 label changes by kiln-bot and Ada Marsh (ada)',
      '1. kiln-bot added needs/triage 2026-03-01 08:01 signed at ',
      '3. Ada Marsh (ada) removed needs/triage',
      '3. kiln-bot 2026-03-01 09:00',
      'Build 812 failed.',
      'menu.js: 1 of 40 failed',
      'impossible clock signed ¶',
      '1 label change, closed and opened again by Ada Marsh (ada)',
      'bad signature ¶',
      'closed this 2026-03-04 10:00',
    ])
  })

  test('an earlier state says so before anything of it', async () => {
    expectInOrder(await dump('bug-as-of'), [
      'Cone 6 is taken for cone 06',
      'As of ',
      '5 later changes were known on 2026-11-20 16:02: the bug as it is',
      'The menu shows both as 6.',
    ])
  })

  test('the edits of a comment read: what it is, each edit with its date, what went and what came', async () => {
    expectInOrder(await dump('edits'), [
      'Edits of the description',
      'Edit 1',
      '2026-03-01 09:00 by Zoë Ünal · 6 words added, 3 removed',
      'removed: Menu is wrong',
      'added: The menu shows both as 6',
      'First text',
      'Menu is wrong.',
    ])
  })

  test('what happened reads as tables of numbers, without the labels of the pictures', async () => {
    const text = await dump('activity')
    expectInOrder(text, [
      'Activity',
      'bugs open,',
      'Opened and closed',
      '▲ ',
      '▼ ',
      'Numbers by week',
      'Left open',
      'Open bugs',
      'Most discussed',
      '1. Open: ',
      '10. ',
      'Labels',
      'kind/bug',
      'Who opened them',
    ])
    expect(text).not.toMatch(/^\s*\d+\s*$/m)
  })

  test('the mistake in a query has a line of carets below the place', async () => {
    expect(await dump('bugs-mistake')).toContain('status:open lable:kind/bug sort:edit\n            ^^^^^\n')
  })

  test('a person reads: name, what they did, their bugs, then who they are and were', async () => {
    expectInOrder(await dump('person'), [
      'Ada Marsh (ada)',
      'opened',
      'Activity',
      'Opened',
      '1. Open: ',
      'Login',
      'Names, the latest first',
      'A. Marsh (ada) since 2026-01-05, 1 new key',
      'Keys',
      'A key that cannot be read in force since 2026-01-05',
      'In your clone',
      'Take away',
      'Whole id',
    ])
  })
})
