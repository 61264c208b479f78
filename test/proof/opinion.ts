/**
 * `npm run proof:opinion -- --repositories 1000 --seed N`: the product and the second opinion on many random
 * repositories. Prints each difference with the seed of its repository, which `--repositories 1 --seed …` makes again;
 * exit status 1 where there is one.
 */
import { parseArgs } from 'node:util'
import { compareRepositories } from '../opinion/trial.ts'

const { values } = parseArgs({
  options: { repositories: { type: 'string', default: '1000' }, seed: { type: 'string' } },
})
const repositories = Number(values.repositories)
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
/** So many are served at once. */
const batch = 25

console.log(`seed ${first}`)
const total = { repositories: 0, bugs: 0, events: 0, identities: 0, problems: 0, differences: 0 }
for (let done = 0; done < repositories; done += batch) {
  const seeds = Array.from({ length: Math.min(batch, repositories - done) }, (_, index) => first + done + index)
  const { differences, ...numbers } = await compareRepositories(seeds)
  for (const line of differences) console.log(line)
  for (const [key, count] of Object.entries(numbers)) total[key as keyof typeof numbers] += count
  total.differences += differences.length
  console.log(
    Object.entries(total)
      .map(([key, count]) => `${count} ${key}`)
      .join(', '),
  )
}
process.exitCode = total.differences === 0 ? 0 : 1
