/**
 * Requests a second that one server process answers: the list page and a 304 of it, each against a bare Fastify route
 * that sends the same. The load comes from this process, which needs the other core; rounds alternate, so that a
 * machine whose speed drifts slows both.
 *
 *   node bench/requests.ts [REPOSITORY.git] [--seconds 4] [--rounds 3]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { buildBenchRepository } from './repository.ts'

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, rounds: { type: 'string', default: '3' } },
  allowPositionals: true,
})
const home = await mkdtemp(join(tmpdir(), 'bench-requests-'))
const repository = resolve(positionals[0] ?? buildBenchRepository(home, 421))

async function start(args: readonly string[]) {
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  for await (const text of child.stdout.setEncoding('utf8')) {
    output += text
    if (output.includes('\n')) break
  }
  return { child, url: /(http:\S+)\/\n/.exec(output)?.[1] ?? '' }
}

const program = resolve(import.meta.dirname, '../bin/git-bug-viewer.js')
const viewer = await start([program, '--port', '0', '--data-dir', home, repository])
const listUrl = `${viewer.url}/${basename(repository).replace(/\.git$/, '')}/-/bugs`
const first = await fetch(listUrl, { headers: { 'accept-encoding': 'identity' } })
const page = Buffer.from(await first.arrayBuffer())
const etag = first.headers.get('etag') ?? ''
await writeFile(join(home, 'page.html'), page)
const bare = await start([join(import.meta.dirname, 'bare-fastify.ts'), join(home, 'page.html')])

async function rate(url: string, status: number, headers: Record<string, string> = {}): Promise<number> {
  const result = await autocannon({ url, connections: 20, duration: Number(values.seconds), headers })
  const right = status === 304 ? result['3xx'] : result['2xx']
  if (right === 0 || result.non2xx !== (status === 304 ? right : 0) || result.errors > 0) {
    throw new Error(`${url}: not every answer was a ${status}`)
  }
  return result.requests.average
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const cases = [
  { name: 'list page', ours: () => rate(listUrl, 200), theirs: () => rate(`${bare.url}/same`, 200), wanted: 0.8 },
  {
    name: '304',
    ours: () => rate(listUrl, 304, { 'if-none-match': etag }),
    theirs: () => rate(`${bare.url}/unchanged`, 304),
    wanted: 0.9,
  },
]
console.log(`list page of ${page.length} bytes, uncompressed; 20 connections`)
for (const { name, ours, theirs, wanted } of cases) {
  const pairs: { ours: number; theirs: number }[] = []
  for (let round = 0; round < Number(values.rounds); round++) pairs.push({ ours: await ours(), theirs: await theirs() })
  const ratio = median(pairs.map(pair => pair.ours / pair.theirs))
  const figures = `${median(pairs.map(pair => pair.ours)).toFixed(0)} requests/s, bare Fastify ${median(pairs.map(pair => pair.theirs)).toFixed(0)}`
  console.log(`${name.padEnd(10)} ${figures}, ratio ${ratio.toFixed(2)}   (wanted: at least ${wanted})`)
}
for (const { child } of [viewer, bare]) {
  child.kill('SIGTERM')
  await once(child, 'close')
}
await rm(home, { recursive: true, force: true })
