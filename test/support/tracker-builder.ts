/**
 * Real git repositories for tests, made at run time from what a tracker writer says. It promises a private temporary
 * folder that goes away on disposal, and a git that reads no configuration of the machine. Nothing here checks data:
 * broken repositories are what it is for.
 *
 *   await using repository = await buildRepository(t)
 *   bug.comment(ada, { … }); await applyTo(repository.path, t)      // as after a push
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { deflateSync } from 'node:zlib'
import type { TrackerWriter } from '../../src/demo/writer.ts'

export interface BuildOptions {
  /** Where to make it; a new folder inside a new temporary folder where it is not given. Ends in `.git` or not. */
  readonly dir?: string
  /** Default true. */
  readonly bare?: boolean
  /** Needs a git that knows the format; the default is git's own. */
  readonly refFormat?: 'files' | 'reftable'
  /** Keeps every object in a file of its own, so that `removeObject` and `damageObject` can reach it. */
  readonly loose?: boolean
}

export interface BuiltRepository extends AsyncDisposable {
  /** The git folder of a bare repository, the folder around `.git` of another. */
  readonly path: string
}

/** A repository with everything that the tracker has so far, in the tracker's object format. */
export async function buildRepository(t: TrackerWriter, options: BuildOptions = {}): Promise<BuiltRepository> {
  const home = options.dir ?? (await mkdtemp(join(tmpdir(), 'tracker-')))
  const path = options.dir ?? join(home, 'tracker.git')
  return orRemove(home, async () => {
    await mkdir(path, { recursive: true })
    await runGit(path, [
      'init',
      '--quiet',
      '--initial-branch=main',
      `--object-format=${t.objectFormat}`,
      ...(options.refFormat === undefined ? [] : [`--ref-format=${options.refFormat}`]),
      ...(options.bare === false ? [] : ['--bare']),
      '.',
    ])
    await applyTo(path, t, options)
    return path
  })
}

/**
 * Brings a repository to what the tracker says now. Refs that were deleted or moved by the functions below and that
 * the tracker still has come back; say `t.ref(name, …)` for a change that is to last.
 */
export async function applyTo(
  path: string,
  t: TrackerWriter,
  options: Pick<BuildOptions, 'loose'> = {},
): Promise<void> {
  for (const object of t.log.otherObjects) await writeObject(path, object)
  await importInto(path, t.stream(), options)
  const updates = [...t.log.otherRefs].map(([name, hash]) => `update ${name} ${hash}\n`)
  if (updates.length > 0) await runGit(path, ['update-ref', '--stdin'], { input: updates.join('') })
}

/** Feeds a stream to `git fast-import`; refs may go backwards. */
export async function importInto(
  path: string,
  stream: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: Pick<BuildOptions, 'loose'> = {},
): Promise<void> {
  const unpackLimit = `fastimport.unpackLimit=${options.loose === true ? 1_000_000_000 : 0}`
  const input = stream instanceof Uint8Array ? [stream] : stream
  await runGit(path, ['-c', unpackLimit, 'fast-import', '--quiet', '--force'], { input })
}

/** Deletes a ref behind the tracker's back. */
export async function deleteRef(path: string, name: string): Promise<void> {
  await runGit(path, ['update-ref', '-d', name])
}

/** Points a ref at another object that exists, forwards or backwards, behind the tracker's back. */
export async function moveRef(path: string, name: string, hash: string): Promise<void> {
  await runGit(path, ['update-ref', name, hash])
}

/** Writes the file of a ref as it is, so that it can name an object that is not there, or nothing sensible at all. */
export async function writeLooseRef(path: string, name: string, text: string): Promise<void> {
  const file = join(await gitFolder(path), name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/** Takes one loose object away (build with `loose`). */
export async function removeObject(path: string, hash: string): Promise<void> {
  await unlink(await objectFile(path, hash))
}

/** Overwrites one loose object with bytes that no git can read (build with `loose`). */
export async function damageObject(path: string, hash: string): Promise<void> {
  const file = await objectFile(path, hash)
  await chmod(file, 0o644)
  await writeFile(file, 'this was an object once')
}

/** Writes an object file, sound or not. */
async function writeObject(
  path: string,
  object: { readonly type: string; readonly hash: string; readonly bytes: Uint8Array },
): Promise<void> {
  const file = await objectFile(path, object.hash)
  await mkdir(dirname(file), { recursive: true })
  if (existsSync(file)) return
  await writeFile(
    file,
    deflateSync(Buffer.concat([Buffer.from(`${object.type} ${object.bytes.length}\0`), object.bytes])),
  )
}

/**
 * A bare repository from `<name>.bundle`: of `GOLDEN_DIR`, of the folder `shared/golden` beside the project, or of
 * `test/fixtures`. Undefined where there is none, which is how tests learn that they have to be skipped.
 */
export async function openGolden(name: string): Promise<BuiltRepository | undefined> {
  const bundle = goldenFile(`${name}.bundle`)
  if (bundle === undefined) return undefined
  const home = await mkdtemp(join(tmpdir(), 'golden-'))
  const path = join(home, `${name}.git`)
  return orRemove(home, async () => {
    await mkdir(path)
    await runGit(path, ['init', '--quiet', '--bare', '--initial-branch=main', '.'])
    await runGit(path, ['fetch', '--quiet', bundle, 'refs/*:refs/*'])
    return path
  })
}

/** A repository that takes its folder with it, and a folder that goes where the repository does not come about. */
async function orRemove(home: string, make: () => Promise<string>): Promise<BuiltRepository> {
  const remove = () => rm(home, { recursive: true, force: true })
  try {
    return { path: await make(), [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** The path of a golden file such as `made.json.gz`; undefined where it is nowhere. */
function goldenFile(name: string): string | undefined {
  const root = resolve(import.meta.dirname, '../..')
  const folders = [process.env.GOLDEN_DIR, join(root, '../shared/golden'), join(root, 'test/fixtures')]
  return folders.flatMap(folder => (folder ? [join(folder, name)] : [])).find(path => existsSync(path))
}

/** Runs the real git inside a folder and returns what it printed; rejects with what it said on standard error. */
export async function runGit(
  folder: string,
  args: readonly string[],
  options: { input?: string | Iterable<Uint8Array> | AsyncIterable<Uint8Array> } = {},
): Promise<string> {
  const child = spawn('git', args, { cwd: folder, env: hermeticEnvironment(), stdio: 'pipe' })
  const output: Buffer[] = []
  let complaint = ''
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  // A git that stopped reading says why by its exit status.
  child.stdin.on('error', () => {})
  const ended = new Promise<number | null>((done, fail) => {
    child.on('close', done)
    child.on('error', fail)
  })
  const input = options.input ?? ''
  Readable.from(typeof input === 'string' ? [Buffer.from(input)] : input, { objectMode: true }).pipe(child.stdin)
  const status = await ended
  if (status !== 0) throw new Error(`git ${args.join(' ')} ended with ${status}: ${complaint}`)
  return Buffer.concat(output).toString()
}

function hermeticEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    LC_ALL: 'C',
  }
}

async function gitFolder(path: string): Promise<string> {
  const answer = await runGit(path, ['rev-parse', '--absolute-git-dir'])
  return answer.trimEnd()
}

async function objectFile(path: string, hash: string): Promise<string> {
  return join(await gitFolder(path), 'objects', hash.slice(0, 2), hash.slice(2))
}
