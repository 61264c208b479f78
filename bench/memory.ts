/**
 * What open repositories cost the real process in resident memory (`VmRSS`), and whether closing them gives it back.
 *
 *   node bench/memory.ts [--bugs 1000,10000] [--repositories 1000] [--passes 4] [--rounds 5] [--keep DIR]
 *
 * 1. For each number of bugs, a fresh process: with nothing open, with a repository of that many open, closed after idle
 *    time, and opened again: what Node keeps for later use after closing must do for that. It is waited until the memory
 *    is steady. 0 leaves this out.
 * 2. Many small repositories, opened in turn and closed after little idle time, and all of that again in further passes.
 *    Open files and children after the last pass must be what they were after the first, memory what it was after the
 *    pass before: Node lets garbage lie while there is room, so the first passes only show how much it lets lie.
 * 3. Start-up with all of these against start-up with one of them, in turn.
 *
 * The caches of pages and of full bugs have a fixed size and are made small here, so that they hide nothing.
 */
import { access, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { forEachConcurrently } from '../src/base/concurrency.ts'
import { openBenchFolder } from './bench-folder.ts'
import { type ProcessFigures, readProcess, waitUntilSteady } from './process-memory.ts'
import { addresses, type BenchRepository, existingRepository, keepOption, prepareRepository } from './repository.ts'
import { median, printMs, printVerdict } from './statistics.ts'
import { openViewer, waitForPage } from './viewer-process.ts'

const megabyte = 1_000_000
const wantedBase = 100 * megabyte
const wantedPerBug = 1500
const smallCaches = { CACHE_PAGES_MAX_BYTES: '1 MiB', CACHE_FULL_BUGS_MAX_BYTES: '1 MiB' }
const idleOfOneMs = 6000
const idleOfManyMs = 1200
/** Beyond idle time, until git processes have ended too. */
const closingMs = 2000
const smallBugs = 5
const smallPeople = 4
const wantedGrowth = 1.1
const startSlackMs = 10

const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const minutes = (ms: number) => String(ms / 60_000)
const printBytes = (bytes: number) => `${(bytes / megabyte).toFixed(1)} MB`
const printFigures = ({ rss, files, children }: ProcessFigures) =>
  `${printBytes(rss)}, ${files} open files, ${children} children`

async function measureOne(repository: BenchRepository, bugs: number): Promise<void> {
  await using viewer = await openViewer({
    paths: [repository.path],
    settings: { ...smallCaches, CACHE_IDLE_MINUTES: minutes(idleOfOneMs) },
  })
  const { pid, client } = viewer
  const { list, bugs: all } = addresses(repository)
  const before = await waitUntilSteady(pid, () => client.get('/healthz'))
  await waitForPage(client, list)
  const { total } = await client.json<{ total: number }>(`${all}?limit=1`)
  if (total !== bugs) throw new Error(`${total} bugs where there are ${bugs}`)
  // The search texts are part of what an open repository is.
  await waitForPage(client, `${list}?q=kiln`)
  // Asking keeps it open.
  const open = await waitUntilSteady(pid, () => client.get(list))
  await wait(idleOfOneMs + closingMs)
  const closed = await waitUntilSteady(pid, () => client.get('/healthz'))
  await waitForPage(client, `${list}?q=kiln`)
  const again = await waitUntilSteady(pid, () => client.get(list))
  console.log(`${bugs} bugs`)
  console.log(`  nothing open   ${printFigures(before)}`)
  console.log(`  open           ${printFigures(open)}; at most ${printBytes(open.peak)} while it was opened`)
  console.log(`  closed         ${printFigures(closed)}`)
  console.log(`  opened again   ${printFigures(again)}`)
  console.log(`  each bug       ${((open.rss - before.rss) / bugs).toFixed(0)} bytes over nothing open`)
  const bound = wantedBase + wantedPerBug * bugs
  printVerdict('  open', printBytes(open.rss), { text: `at most ${printBytes(bound)}`, met: open.rss <= bound })
}

/** Small repositories, each another, in a folder for themselves. @returns the folder */
async function prepareMany(home: string, count: number): Promise<string> {
  const folder = join(home, `many-${count}`)
  await mkdir(folder, { recursive: true })
  const seeds = Array.from({ length: count }, (_, index) => index + 1)
  const make = async (seed: number) =>
    void (await prepareRepository(folder, { bugs: smallBugs, people: smallPeople, seed }))
  await forEachConcurrently(seeds, 2, make)
  return folder
}

async function measureMany(folder: string, passes: number): Promise<void> {
  await using viewer = await openViewer({
    paths: [folder],
    settings: { ...smallCaches, CACHE_IDLE_MINUTES: minutes(idleOfManyMs) },
  })
  const { pid, client } = viewer
  const repositories = (await readdir(folder)).map(name => existingRepository(join(folder, name)))
  console.log(`${repositories.length} repositories of ${smallBugs} bugs, opened and closed in turn`)
  console.log(`  nothing open   ${printFigures(await readProcess(pid))}`)
  const after: ProcessFigures[] = []
  for (let pass = 1; pass <= passes; pass++) {
    for (const repository of repositories) {
      const { total } = await readTotal(client, repository)
      if (total !== smallBugs) throw new Error(`${repository.name} has ${total} bugs instead of ${smallBugs}`)
    }
    const busy = await readProcess(pid)
    await wait(idleOfManyMs + closingMs)
    const figures = await waitUntilSteady(pid, () => client.get('/healthz'))
    after.push(figures)
    console.log(`  pass ${pass}         at its end ${printFigures(busy)}; all closed ${printFigures(figures)}`)
  }
  const [first, before, last] = [after.at(0), after.at(-2), after.at(-1)]
  if (first === undefined || before === undefined || last === undefined) throw new Error('it takes two passes or more')
  const growth = last.rss / before.rss
  const same = last.files <= first.files && last.children <= first.children
  printVerdict('  last pass / the one before, all closed', growth.toFixed(2), {
    text: `at most ${wantedGrowth}, no more files or children`,
    met: growth <= wantedGrowth && same,
  })
}

async function readTotal(client: Parameters<typeof waitForPage>[0], repository: BenchRepository) {
  const { list } = addresses(repository)
  await waitForPage(client, list)
  return await client.json<{ total: number }>(`${addresses(repository).bugs}?limit=1`)
}

async function measureStart(folder: string, rounds: number): Promise<void> {
  const names = await readdir(folder)
  const one = join(folder, names[0] ?? '')
  const times: { one: number; many: number; listing: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    const row = { one: await readyMs(one), many: await readyMs(folder), listing: await listAll(folder) }
    // The first round warms the disk's cache.
    if (round > 0) times.push(row)
  }
  const of = (key: 'one' | 'many' | 'listing') => median(times.map(row => row[key]))
  const bound = of('one') + of('listing') + startSlackMs
  console.log(`start until ready, medians of ${rounds} rounds`)
  console.log(`  one repository       ${printMs(of('one'))}`)
  console.log(`  looking into ${names.length}    ${printMs(of('listing'))}`)
  printVerdict(`  ${names.length} repositories`, printMs(of('many')), {
    text: `at most one + looking + ${startSlackMs} ms = ${printMs(bound)}`,
    met: of('many') <= bound,
  })
}

async function readyMs(path: string): Promise<number> {
  await using viewer = await openViewer({ paths: [path] })
  return viewer.readyMs
}

/** The least that a search of a folder costs: its listing, and whether each entry is a repository. */
async function listAll(folder: string): Promise<number> {
  const startMs = performance.now()
  const names = await readdir(folder)
  await Promise.all(names.map(name => access(join(folder, name, 'HEAD'))))
  return performance.now() - startMs
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...keepOption,
      bugs: { type: 'string', default: '1000,10000' },
      repositories: { type: 'string', default: '1000' },
      passes: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '5' },
    },
  })
  await using folder = await openBenchFolder()
  const home = values.keep ?? folder.path
  for (const bugs of values.bugs.split(',').map(Number)) {
    if (bugs > 0) await measureOne(await prepareRepository(home, { bugs }), bugs)
  }
  const repositories = Number(values.repositories)
  if (repositories === 0) return
  const many = await prepareMany(home, repositories)
  await measureMany(many, Number(values.passes))
  await measureStart(many, Number(values.rounds))
}

await main()
