/** Mirrors without git: a folder with files of which each says what it must hold, so that a missing byte is noticed. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MirrorFolder, UnfinishedMirror } from '../../src/mirrors/mirror-folder.ts'
import type { MirrorRecord } from '../../src/mirrors/mirror-record.ts'

/** Begins what could be a repository. @param files how many it has */
export async function fillMirror(gitDir: string, files: number, wrote: (file: string) => void = () => {}) {
  await mkdir(gitDir)
  await writeFile(join(gitDir, 'count'), `${files}`)
  for (let n = 0; n < files; n++) {
    const file = `file-${n}`
    await writeFile(join(gitDir, file), contentOf(file))
    wrote(file)
  }
}

function contentOf(file: string): string {
  return `${file}\n`.repeat(1000)
}

/** Whether all is there that `fillMirror` writes. */
export async function isWhole(gitDir: string): Promise<boolean> {
  const files = Number(await readFile(join(gitDir, 'count'), 'utf8'))
  const names = (await readdir(gitDir)).filter(name => name !== 'count')
  const texts = await Promise.all(
    names.map(async name => (await readFile(join(gitDir, name), 'utf8')) === contentOf(name)),
  )
  return files > 0 && names.length === files && texts.every(isRight => isRight)
}

export function hrefOf(name: string): string {
  return `https://${name}.git`
}

/** Makes a whole mirror. */
export async function addMirror(
  folder: MirrorFolder,
  name: string,
  fill: (gitDir: string) => Promise<unknown> = gitDir => fillMirror(gitDir, 3),
): Promise<MirrorRecord> {
  await using place: UnfinishedMirror = await folder.begin(name)
  await fill(place.gitDir)
  return await place.finish({ href: hrefOf(name), fetchedMs: 1_700_000_000_000 })
}
