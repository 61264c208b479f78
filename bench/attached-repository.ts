/**
 * A repository with one bug to which one large file is attached. The file goes through `git fast-import` piece by piece
 * and is nowhere whole. It is random bytes, so git's own part (unpacking) is as short as it can be: the hard case for
 * whoever is measured against it.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fastImportStream } from '../src/demo/import-log.ts'
import { encodeOperation, encodePack } from '../src/demo/operation.ts'
import { createTrackerWriter } from '../src/demo/writer.ts'
import { importInto, runGit } from '../test/support/tracker-builder.ts'
import { type BigContent, createBigContent } from './big-content.ts'
import { type BenchRepository, existingRepository } from './repository.ts'

export interface AttachedRepository extends BenchRepository {
  readonly bugId: string
  /** Of the file. */
  readonly hash: string
}

const start = 1_700_000_000
const treePath = 'extra/file0'

/** Finds it in a folder or writes it there. @param bytes of the file */
export async function prepareAttached(folder: string, bytes: number): Promise<AttachedRepository> {
  await mkdir(folder, { recursive: true })
  const repository = existingRepository(join(folder, `attached-${bytes}.git`))
  if (!existsSync(repository.path)) {
    const unfinished = `${repository.path}.${process.pid}`
    try {
      await writeRepository(unfinished, createBigContent(bytes))
      await rename(unfinished, repository.path)
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  }
  const refs = await runGit(repository.path, ['for-each-ref', '--format=%(refname)', 'refs/bugs'])
  const ref = refs.trim()
  const hash = await runGit(repository.path, ['rev-parse', '--verify', `${ref}:${treePath}`])
  return { ...repository, bugId: ref.slice('refs/bugs/'.length), hash: hash.trim() }
}

async function writeRepository(path: string, content: BigContent): Promise<void> {
  await mkdir(path)
  await runGit(path, ['init', '--quiet', '--bare', '.'])
  // What cannot be made shorter is not tried: the bytes on disk are the same but for some headers.
  await runGit(path, ['config', 'pack.compression', '0'])
  const sum = createHash('sha1').update(`blob ${content.bytes}\0`)
  await importInto(path, fastImportStream(blobCommands(content, sum)))
  await importInto(path, trackerStream(sum.digest('hex')))
}

function* blobCommands(content: BigContent, sum: ReturnType<typeof createHash>): Generator<Uint8Array> {
  yield Buffer.from(`blob\ndata ${content.bytes}\n`)
  for (const piece of content.pieces()) {
    sum.update(piece)
    yield piece
  }
  yield Buffer.from('\n')
}

/** The bug, whose second pack has the file in its tree as the client writes it. */
function trackerStream(file: string): Generator<Uint8Array> {
  const t = createTrackerWriter({ seed: 'attached' })
  const ada = t.identity({ name: 'Ada', at: start })
  const bug = t.bug(ada, { title: 'It smokes', message: 'The recording comes next.', at: start })
  const comment = encodeOperation(
    { type: 'comment', message: 'Here it is.', files: [file], at: start + 1 },
    { nonce: Buffer.alloc(20, 'attached').toString('base64') },
  )
  t.packCommit({
    ops: encodePack(ada.id, [comment]),
    editClocks: [t.clocks.edit.increment()],
    entries: [{ path: treePath, hash: file }],
    parents: [bug.tip],
    at: start + 1,
    ref: bug.ref,
  })
  return t.stream()
}
