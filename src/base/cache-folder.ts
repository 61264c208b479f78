/** Folders that the program keeps for itself, and that need not be backed up. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is in a folder with this file need not be backed up (the Cache Directory Tagging convention). */
const cacheTag =
  'Signature: 8a477f597d28d172789f06886806bc55\n# Made from git repositories, and made anew when it is missing.\n'

/** Makes the folder where it is missing, for its owner only. */
export function makeCacheFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const tag = join(folder, 'CACHEDIR.TAG')
  if (!existsSync(tag)) writeFileSync(tag, cacheTag, { mode: 0o600 })
}
