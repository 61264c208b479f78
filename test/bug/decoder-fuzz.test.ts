/** Some of what `npm run proof:decoder` does at length. */
import { beforeAll, expect, test } from 'vitest'
import { readCorpus, type Specimen } from '../proof/decoder/corpus.ts'
import { type Outcome, tryInput } from '../proof/decoder/trial.ts'

let corpus: readonly Specimen[]
beforeAll(async () => {
  corpus = await readCorpus()
})

test('2,500 worse copies of entities are read or refused, twice the same, and stored as they are', async () => {
  // Other ones each time, but in continuous integration, where what a run says is to be about the change at hand.
  const first = process.env.CI === 'true' ? 1 : Math.floor(Math.random() * 2 ** 31)
  const outcomes = new Map<Outcome, number>()
  for (let seed = first; seed < first + 2500; seed += 1) {
    const outcome = await tryInput(corpus, seed).catch((error: unknown) => {
      throw new Error(`npm run proof:decoder -- --inputs 1 --seed ${seed}`, { cause: error })
    })
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  // Where nearly all is refused at the door, nothing behind it is tried.
  expect(outcomes.get('readable')).toBeGreaterThan(250)
  expect(outcomes.get('unreadable')).toBeGreaterThan(250)
  expect(outcomes.get('a part')).toBeGreaterThan(100)
})
