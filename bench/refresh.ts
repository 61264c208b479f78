/**
 * How long a change takes to be seen: one bug of an open repository gets a new title, its ref moves (not measured), the
 * hook is told, and the list page is asked for. From the first byte of the hook's request to the last byte of a list
 * page with the new title, against `git for-each-ref` over the same refs, which nobody can do without. Both are measured
 * in turn, with another bug each round. With `--no-hook` nobody is told: the page is asked for at once and again until
 * it has the title; a viewer may then take the time longer that it lets pass between two looks.
 *
 *   node bench/refresh.ts [--bugs 10000] [--rounds 21] [--no-hook] [--keep DIR]
 *
 * The repository is copied, so that the one in DIR stays as it is.
 */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openBenchFolder } from './bench-folder.ts'
import { type BugChange, prepareBugChanges } from './bug-changes.ts'
import { runSilently } from './git-reading.ts'
import type { HttpClient } from './http-client.ts'
import { addresses, existingRepository, keepOption, prepareRepository } from './repository.ts'
import { median, percentile, printMs, printVerdict } from './statistics.ts'
import { openViewer, waitForPage } from './viewer-process.ts'

const listRefs = ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/bugs', 'refs/identities']
const wantedFactor = 2
const wantedMs = 10
/** How seldom a viewer that nobody tells looks by itself (`cache.lookMilliseconds`). */
const lookMs = 100
const warmUpRounds = 3
const noticeLimitMs = 10_000
const askAgainMs = 5

interface Reader {
  readonly client: HttpClient
  readonly repository: { readonly name: string }
  readonly list: string
}

/** Tells the hook and asks for the page, which must be new at once. */
async function seeByHook({ client, repository, list }: Reader, change: BugChange): Promise<number> {
  const startMs = performance.now()
  const hook = await client.post(`/hooks/post-receive?repo=${encodeURIComponent(repository.name)}`, change.hookBody)
  const { answer } = await waitForPage(client, list)
  const ms = performance.now() - startMs
  if (hook.status !== 202) throw new Error(`the hook answered ${hook.status}`)
  if (!answer.body.includes(change.title)) throw new Error('the page after the hook is not the new one')
  return ms
}

/** Asks for the page until it is new. */
async function seeWithoutHook({ client, list }: Reader, change: BugChange): Promise<number> {
  const startMs = performance.now()
  while (performance.now() - startMs < noticeLimitMs) {
    const { answer } = await waitForPage(client, list)
    if (answer.body.includes(change.title)) return performance.now() - startMs
    await new Promise(resolve => setTimeout(resolve, askAgainMs))
  }
  throw new Error(`without a hook the change was not seen within ${noticeLimitMs} ms`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bugs: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '21' },
      'no-hook': { type: 'boolean', default: false },
    },
  })
  await using folder = await openBenchFolder()
  const made = await prepareRepository(values.keep ?? folder.path, { bugs: Number(values.bugs) })
  const repository = existingRepository(join(folder.path, 'changing.git'))
  await cp(made.path, repository.path, { recursive: true })
  await using viewer = await openViewer({ paths: [repository.path] })
  const { client } = viewer
  const reader = { client, repository, list: addresses(repository).list }
  await waitForPage(client, reader.list)
  const changes = await prepareBugChanges(repository, client)

  const rounds: { gitMs: number; freshMs: number; againMs: number }[] = []
  for (let round = 0; round < Number(values.rounds) + warmUpRounds; round++) {
    const change = await changes.write()
    const gitMs = await runSilently(repository.path, listRefs)
    const freshMs = await (values['no-hook'] ? seeWithoutHook : seeByHook)(reader, change)
    const { ms: againMs } = (await waitForPage(client, reader.list)).answer
    if (round >= warmUpRounds) rounds.push({ gitMs, freshMs, againMs })
  }
  const all = (key: 'gitMs' | 'freshMs' | 'againMs') => rounds.map(round => round[key])
  const fresh = median(all('freshMs'))
  const slackMs = wantedMs + (values['no-hook'] ? lookMs : 0)
  const bound = wantedFactor * median(all('gitMs')) + slackMs
  const way = values['no-hook'] ? 'change to fresh list page, nobody told' : 'hook to fresh list page'
  console.log(`${values.bugs} bugs, one of them changed, medians of ${rounds.length} rounds`)
  console.log(`git for-each-ref             ${printMs(median(all('gitMs')))}`)
  console.log(`the same page asked again    ${printMs(median(all('againMs')))}`)
  console.log(`${way}: worst ${printMs(percentile(all('freshMs'), 1))}`)
  printVerdict(way, `${printMs(fresh)} = ${(fresh / median(all('gitMs'))).toFixed(2)} x git`, {
    text: `at most ${wantedFactor} x git + ${slackMs} ms = ${printMs(bound)}`,
    met: fresh <= bound,
  })
}

await main()
