/** Waits for the clock with which the file system stamps its files, and for nothing else. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Writes files until one has a later time than the first: what is changed then has other times than what was before. */
export async function nextTick(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tick-'))
  const file = join(folder, 'file')
  const touch = async () => {
    await writeFile(file, '')
    return (await stat(file, { bigint: true })).ctimeNs
  }
  const first = await touch()
  while ((await touch()) === first);
  await rm(folder, { recursive: true })
}
