/**
 * How long a reader waits for the first page after the process was started, nothing stored: process start to the last
 * byte of the list page. It is set against what nobody can do without, measured in the same run: Node's own start, and
 * git reading the same objects (`git log`, then every tree and every `ops` blob through `git cat-file --batch`).
 *
 *   node bench/cold-start.ts [REPOSITORY.git] [--runs 7]     (without a repository: 421 generated bugs)
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildBenchRepository } from './repository.ts'

const program = resolve(import.meta.dirname, '../bin/git-bug-viewer.js')
const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '7' } },
  allowPositionals: true,
})
const home = await mkdtemp(join(tmpdir(), 'bench-cold-'))
const repository = resolve(positionals[0] ?? buildBenchRepository(home, 421))
const name = basename(repository).replace(/\.git$/, '')

const git = (args: string[], input?: string) =>
  execFileSync('git', args, { cwd: repository, maxBuffer: 1 << 30, ...(input === undefined ? {} : { input }) })

/** Milliseconds that git needs for the same objects. */
function measureGit(): number {
  const start = performance.now()
  const log = git(['log', '--format=%T', '--glob=refs/bugs', '--glob=refs/identities']).toString()
  git(['cat-file', '--batch'], log)
  const trees = log.trim().split('\n')
  git(['cat-file', '--batch'], trees.map(tree => `${tree}:${opsOf.get(tree)}\n`).join(''))
  return performance.now() - start
}

/** Which entry of a tree holds the data; found beforehand, since finding it is not what is measured. */
const opsOf = new Map<string, string>()
for (const kind of ['bugs', 'identities']) {
  const entry = kind === 'bugs' ? 'ops' : 'version'
  for (const tree of git(['log', '--format=%T', `--glob=refs/${kind}`])
    .toString()
    .trim()
    .split('\n'))
    opsOf.set(tree, entry)
}

/** Milliseconds of Node's own start. */
function measureNode(): number {
  const start = performance.now()
  execFileSync(process.execPath, ['-e', '0'])
  return performance.now() - start
}

/** Milliseconds until the ready line, and until the first list page was there. */
async function measureViewer(): Promise<{ ready: number; page: number }> {
  const start = performance.now()
  const child = spawn(
    process.execPath,
    [...(process.env.BENCH_NODE_FLAGS?.split(' ') ?? []), program, '--port', '0', '--data-dir', home, repository],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  let output = ''
  child.stdout.setEncoding('utf8')
  for await (const text of child.stdout) {
    output += text
    if (output.includes('\n')) break
  }
  const ready = performance.now() - start
  const url = /(http:\S+)\/\n/.exec(output)?.[1]
  const answer = await fetch(`${url}/${name}/-/bugs`)
  await answer.text()
  const page = performance.now() - start
  if (answer.status !== 200) throw new Error(`the list page answered ${answer.status}`)
  child.kill('SIGTERM')
  await once(child, 'close')
  return { ready, page }
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const rows: { git: number; node: number; ready: number; page: number }[] = []
for (let run = 0; run <= Number(values.runs); run++) {
  const row = { git: measureGit(), node: measureNode(), ...(await measureViewer()) }
  // The first run warms the disk's cache.
  if (run > 0) rows.push(row)
}
const of = (key: 'git' | 'node' | 'ready' | 'page') => median(rows.map(row => row[key]))
const ratio = median(rows.map(row => row.page / (row.git + row.node)))
console.log(`git log + cat-file over the same objects  ${of('git').toFixed(0)} ms`)
console.log(`Node's own start                          ${of('node').toFixed(0)} ms`)
console.log(`viewer: process start to ready            ${of('ready').toFixed(0)} ms`)
console.log(`viewer: process start to first list page  ${of('page').toFixed(0)} ms`)
console.log(`ratio page / (git + Node)                 ${ratio.toFixed(2)}   (wanted: at most 3)`)
await rm(home, { recursive: true, force: true })
