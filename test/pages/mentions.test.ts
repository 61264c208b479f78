import { describe, expect, test } from 'vitest'
import { importedNumber, mentionRule, namesInText } from '../../src/pages/mentions.ts'
import { inventBug } from '../support/invented-tracker.ts'

const bug = inventBug(1, {
  title: 'It smokes',
  metadata: { 'github-url': 'https://github.com/kiln/kiln.fw/issues/12' },
  events: [
    ['ada', 1, { type: 'create', text: 'A lot.' }],
    ['ada', 2, { type: 'comment', text: 'Less now.' }],
  ],
})
const [description, comment] = bug.timeline
const rule = mentionRule(bug)

describe('a text mentions a bug', () => {
  test.each([
    ['its id', bug.id],
    ['seven digits of its id', `see ${bug.id.slice(0, 7)}, please`],
    ['more digits, in capitals', `(${bug.id.slice(0, 12).toUpperCase()})`],
    ['the combined id of the description', `as in ${description!.id.slice(0, 10)}`],
    ['the combined id of a comment', `as in ${comment!.id}`],
    ['its number', 'fixes #12.'],
    ['its number with the project', 'see kiln/kiln.fw#12'],
    ['its number after others', '#1, #2, and kiln/kiln.fw#12'],
    ['its address', 'https://github.com/kiln/kiln.fw/issues/12'],
    ['the address of a comment', 'http://GitHub.com/kiln/kiln.fw/issues/12#issuecomment-3'],
  ])('by %s', (_what, text) => {
    expect(rule.isAmong(namesInText(text))).toBe(true)
  })

  test.each([
    ['six digits', bug.id.slice(0, 6)],
    ['digits that go on otherwise', `${bug.id.slice(0, 7)}${bug.id[7] === '0' ? '1' : '0'}`],
    ['digits inside a longer word', `x${bug.id.slice(0, 7)}`],
    ['another number', '#123 and #1'],
    ['the number in another project', 'other/kiln.fw#12 and kiln/other#12 and sub/kiln/kiln.fw#12'],
    ['a character reference', '&#12;'],
    ['an address that goes on', 'https://github.com/kiln/kiln.fw/issues/120'],
    ['another host', 'https://github.org/kiln/kiln.fw/issues/12'],
    ['a dot that stands for any character', 'kiln/kilnxfw#12'],
    ['nothing', ''],
  ])('not by %s', (_what, text) => {
    expect(rule.isAmong(namesInText(text))).toBe(false)
  })

  test('with one of a few terms, which can be searched for', () => {
    expect(rule.terms).toEqual([
      bug.id.slice(0, 7),
      description!.id.slice(0, 7),
      comment!.id.slice(0, 7),
      '#12',
      'github.com/kiln/kiln.fw/issues/12',
    ])
    const events = Array.from({ length: 500 }, () => ['ada', 1, { type: 'create', text: '' }] as const)
    expect(mentionRule(inventBug(2, { title: 'x', events })).terms).toHaveLength(4)
  })
})

test.each([
  ['https://github.com/o/r/issues/12', '12', 'o/r'],
  ['https://gitlab.com/group/sub/r/-/issues/7', '7', 'group/sub/r'],
  ['https://forge.example.org/r/pulls/3', '3', 'r'],
  ['https://forge.example.org/issues/3', undefined, undefined],
  ['https://forge.example.org/o/r/issues/3#x', undefined, undefined],
  ['javascript:/x/issues/3', undefined, undefined],
])('the number that %s was imported under is %s', (url, number, project) => {
  const found = importedNumber(new Map([['forge-url', url]]))
  expect([found?.number, found?.project]).toEqual([number, project])
  expect(importedNumber(new Map([['forge', url]]))).toBeUndefined()
})
