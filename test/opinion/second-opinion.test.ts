import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openGolden } from '../support/tracker-builder.ts'
import { openViewer } from '../support/viewer.ts'
import { clientStatement, type GoldenAnswers } from './client-answers.ts'
import { differences, statementOf, statementOfProduct } from './comparison.ts'
import { readOpinion } from './reading.ts'
import { compareRepositories } from './trial.ts'

const fixtures = join(import.meta.dirname, '../fixtures')

test.each(['made', 'concurrent'])('the second opinion of the tracker "%s" is what the real client says', async name => {
  await using repository = (await openGolden(name))!
  const answers = JSON.parse(gunzipSync(readFileSync(join(fixtures, `${name}.json.gz`))).toString()) as GoldenAnswers
  const opinion = statementOf(readOpinion(repository.path))
  expect(opinion.problems).toEqual([])
  const { bugs, identities, labels } = clientStatement(answers)
  const known = { bugs, identities, labels, summaries: {}, problems: [] }
  expect(differences({ ...opinion, summaries: {} }, known)).toEqual([])
})

test.each(['made', 'concurrent', 'signed'])(
  'the product and the second opinion agree on the tracker "%s"',
  async name => {
    await using repository = (await openGolden(name))!
    await using viewer = await openViewer({ paths: [repository.path] })
    const opinion = statementOf(readOpinion(repository.path))
    expect(Object.keys(opinion.bugs).length).toBeGreaterThan(1)
    expect(differences(await statementOfProduct(viewer, name), opinion)).toEqual([])
  },
)

test('the product and the second opinion agree on 50 random repositories with concurrent writers', async () => {
  // Other ones each time, but in continuous integration, where what a run says is to be about the change at hand.
  const first = process.env.CI === 'true' ? 1 : Math.floor(Math.random() * 2 ** 31)
  const trial = await compareRepositories(Array.from({ length: 50 }, (_, index) => first + index))
  expect(trial.differences).toEqual([])
  expect(trial.bugs).toBeGreaterThan(50)
  expect(trial.events).toBeGreaterThan(500)
  expect(trial.problems).toBeGreaterThan(5)
})

test('a difference is told with its place and what each says', () => {
  const statement = (title: string) => ({
    problems: [],
    identities: {},
    labels: {},
    summaries: {},
    bugs: { b: { title } },
  })
  expect(differences(statement('one'), statement('one'))).toEqual([])
  expect(differences(statement('one'), statement('two'))).toEqual(['bugs.b.title: product "one", second opinion "two"'])
  expect(differences({ ...statement('one'), labels: { bug: {} } }, statement('one'))).toEqual([
    'labels.bug: only the product has it',
  ])
})
