/** What a text browser makes of the pages: the words in an order that can be read. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
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

describe.skipIf(!hasProgram('w3m'))('in w3m', () => {
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
      'Read-only · state ',
    ])
  })

  test('the second page of a list goes on counting', async () => {
    expectInOrder(await dump('bugs-page-2'), ['51. Open: ', '62. Open: ', '51–62 of 62', 'Previous'])
  })

  test('the bug reads: title, facts, description, what happened, then what stands beside it', async () => {
    expectInOrder(await dump('bug'), [
      'Firing schedule is lost when the controller restarts ',
      'Open Ada Marsh (ada) opened this on 2026-11-18 · updated 2026-11-20 · 3 replies',
      '1. Ada Marsh (ada) 2026-11-18 09:14 ¶',
      'After a power cut',
      'edited twice',
      'The schedule is gone.',
      '2. Ada Marsh (ada) added kind/bug area/storage priority/high 2026-11-18 09:15',
      '3. tomas',
      'kiln-bot added needs/hardware and removed needs/triage',
      'changed the title from',
      'Zoë Ünal 2026-11-17 22:05 arrived later',
      'closed this 2026-11-20 07:00',
      'opened this again',
      'No text.',
      'Labels',
      '4 participants',
      'git bug bug show ',
    ])
  })

  test('the mistake in a query has a line of carets below the place', async () => {
    expect(await dump('bugs-mistake')).toContain('status:open lable:kind/bug sort:edit\n            ^^^^^\n')
  })
})
