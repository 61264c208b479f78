import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DemoAction, type DemoBug, type DemoStep, parseDemoContent } from '../../src/demo/content.ts'
import { readDemoFiles } from '../../src/demo/demo.ts'
import { buildDemoTracker } from '../../src/demo/demo-tracker.ts'

const people = `
people:
  - { key: ada, since: 2025-01-01 08:00, name: Ada }
  - { key: zoe, since: 2025-02-01 08:00, name: Zoë, changes: [{ at: 2025-03-01 08:00, name: Zoë Ünal }] }
`
const bug = `
title: It smokes
by: ada
at: 2025-01-02 09:00
text: A lot.
`

/** Builds a tracker from one bug, and what else the test gives. */
function build(yaml: string, more: Record<string, string> = {}) {
  const files = { 'people.yaml': people, 'kiln-readme.md': '# kiln', 'bugs/01-smoke.yaml': yaml, ...more }
  return buildDemoTracker(
    parseDemoContent(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]))),
  )
}

/** All that the tracker says, as text; enough to look for what was written. */
function said(t: ReturnType<typeof build>): string {
  return Buffer.concat([...t.stream()]).toString()
}

interface StoryState {
  labels: Set<string>
  status: string
  title: string
}

/** Plays one action; false where it says what is so already. */
function changes(state: StoryState, action: DemoAction): boolean {
  const before = { ...state }
  switch (action.verb) {
    case 'status':
      state.status = action.status
      return before.status !== state.status
    case 'title':
      state.title = action.title
      return before.title !== state.title
    case 'labels':
      state.labels = before.labels.difference(new Set(action.removed)).union(new Set(action.added))
      return (
        action.removed.every(label => before.labels.has(label)) && !action.added.some(label => before.labels.has(label))
      )
    default:
      return true
  }
}

describe('a mistake is told with the file and the place', () => {
  const step = (text: string) => `${bug}history:\n${text}`
  test.each([
    ['bugs/01-smoke.yaml: title must be a text', bug.replace('It smokes', '')],
    ['bugs/01-smoke.yaml: at is missing', bug.replace(/at: .*/, '')],
    ['"tomorrow" is not a time', bug.replace('2025-01-02 09:00', 'tomorrow')],
    ['"2025-13-02 09:00" is not a time', bug.replace('2025-01-02', '2025-13-02')],
    ['"2025-02-30 09:00" is not a time', bug.replace('2025-01-02', '2025-02-30')],
    ['unknown or misplaced key lables', `${bug}lables: [x]\n`],
    ['must be one line', bug.replace('It smokes', '"It\\nsmokes"')],
    ['nobody is called "tomas"', bug.replace('by: ada', 'by: tomas')],
    ['nobody is called "zoe" at that time', bug.replace('by: ada', 'by: zoe')],
    ['no bug before it is called "fire"', bug.replace('A lot.', 'See [[fire]].')],
    ['no file is called "x.log"', `${bug}files: [x.log]\n`],
    ['history 1: one step does one thing, this one 0', step('  - { by: ada, at: 2025-01-03 09:00 }')],
    [
      'history 1: one step does one thing, this one 2',
      step('  - { by: ada, at: 2025-01-03 09:00, title: x, status: open }'),
    ],
    ['history 1: status is open or closed', step('  - { by: ada, at: 2025-01-03 09:00, status: shut }')],
    ['history 1: it arrives before the step above', step('  - { by: ada, at: 2025-01-01 09:00, comment: x }')],
    ['no comment before it is named "nope"', step('  - { by: ada, at: 2025-01-03 09:00, edit: nope, text: x }')],
    ['history 1: both lines of a merge need steps', step('  - { by: ada, at: 2025-01-03 09:00, merge: { here: [] } }')],
    ['history 1: expected keys with values', step('  - comment')],
  ])('%s', (message, yaml) => {
    expect(() => build(yaml)).toThrow(message)
  })

  test('two bugs cannot have the same name', () => {
    expect(() => build(bug, { 'bugs/02-smoke.yaml': bug })).toThrow(
      'bugs/02-smoke.yaml: another file has the same name',
    )
  })

  test('the list of people has to be there', () => {
    expect(() => parseDemoContent(new Map())).toThrow('people.yaml: the file is missing')
  })
})

test('a name in double brackets becomes the short id of an older bug', () => {
  const later = bug.replace('2025-01-02', '2025-01-05').replace('A lot.', 'Since [[smoke]].')
  const t = build(bug, { 'bugs/02-later.yaml': later })
  const ids = [...t.log.refs.keys()]
    .filter(ref => ref.startsWith('refs/bugs/'))
    .map(ref => ref.slice('refs/bugs/'.length))
  expect(ids).toHaveLength(2)
  expect(said(t)).toContain(`Since ${ids[0]!.slice(0, 7)}.`)
})

test('an attachment in base64 is decoded and named without that ending', () => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff])
  const t = build(`${bug}files: [x.png]\n`, { 'files/x.png.base64': `${png.toString('base64')}\n` })
  expect(Buffer.concat([...t.stream()]).includes(png)).toBe(true)
})

test('things happen in the order in which they arrived, over all bugs', () => {
  const late = `${bug}history:\n  - { by: ada, at: 2025-01-03 09:00, arrived: 2025-01-09 09:00, comment: late }\n`
  const t = build(late, { 'bugs/02-other.yaml': bug.replace('2025-01-02', '2025-01-05') })
  expect(t.clocks.edit.time).toBe(4)
  const text = said(t)
  expect(text.indexOf('"message":"late"')).toBeGreaterThan(text.lastIndexOf('"type":1,'))
})

describe('the content that comes with the project', async () => {
  const content = parseDemoContent(await readDemoFiles(resolve(import.meta.dirname, '../../demo')))
  const packs = (steps: readonly DemoStep[]): DemoStep[] =>
    steps.flatMap(step => (step.kind === 'merge' ? packs([...step.here, ...step.elsewhere]) : [step]))
  const actionsOf = (story: DemoBug) => packs(story.history).flatMap(step => (step.kind === 'pack' ? step.actions : []))

  test('every step of every bug changes something', () => {
    const idle = content.bugs.flatMap(story => {
      const state: StoryState = { labels: new Set(story.labels), status: 'open', title: story.title }
      return actionsOf(story).flatMap(action => (changes(state, action) ? [] : [action.where]))
    })
    expect(idle).toEqual([])
  })

  test('it shows what there is to show', () => {
    const actions = content.bugs.flatMap(actionsOf)
    expect(new Set(actions.map(action => action.verb))).toEqual(
      new Set(['comment', 'edit', 'title', 'status', 'labels', 'metadata', 'noop']),
    )
    expect(content.bugs.length).toBeGreaterThanOrEqual(30)
    expect(content.people).toHaveLength(8)
    expect(content.people.some(({ versions }) => versions.every(version => version.name === undefined))).toBe(true)
    expect(content.people.some(({ versions }) => versions.length > 1)).toBe(true)
    expect(content.bugs.some(story => story.history.some(step => step.kind === 'merge'))).toBe(true)
    const comments = content.bugs.map(story => actionsOf(story).filter(action => action.verb === 'comment').length)
    expect(Math.max(...comments)).toBeGreaterThan(25)
    expect(content.files.size).toBe(3)
  })

  test('nothing in it leads to a host that may exist', () => {
    const texts = content.bugs.flatMap(story => [
      story.message,
      ...actionsOf(story).map(action => JSON.stringify(action)),
    ])
    const hosts = texts.join(' ').matchAll(/(?:https?:\/\/|@)([a-z0-9.-]+\.[a-z]+)/g)
    expect([...new Set([...hosts].map(([, host]) => host?.split('.').slice(-2).join('.')))]).toEqual(['example.org'])
  })
})
