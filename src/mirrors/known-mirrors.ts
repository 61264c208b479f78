/**
 * Addresses that visitors have opened, also of mirrors that had to leave the disk since: whoever comes back to one finds
 * it under its name. A file of one line for each, the latest last; what cannot be read of it is forgotten.
 */
import fs from 'node:fs/promises'
import type { Log } from '../base/log.ts'
import { parseRemoteUrl, type RemoteUrl } from '../base/remote-url.ts'

export interface KnownMirrors extends AsyncDisposable {
  find(name: string): RemoteUrl | undefined
  /** Remembers an address. The file follows soon. */
  add(url: RemoteUrl): void
}

/** Beyond it those are forgotten that were opened first. */
const maxKnown = 10_000
const maxFileBytes = 16 * 1024 ** 2

/** Reads the file, where it is there. */
export async function openKnownMirrors(file: string, log: Log): Promise<KnownMirrors> {
  const byName = new Map<string, RemoteUrl>()
  for (const line of await readLines(file)) {
    const url = parseRemoteUrl(line)
    if (!('mistake' in url)) byName.set(url.name, url)
  }
  let isWritten = true
  let writing: Promise<void> | undefined
  const write = async () => {
    while (!isWritten) {
      isWritten = true
      const text = [...byName.values()].map(({ href }) => `${href}\n`).join('')
      try {
        await fs.writeFile(`${file}.new`, text, { mode: 0o600 })
        await fs.rename(`${file}.new`, file)
      } catch (error) {
        log.warn({ err: error }, 'the addresses that visitors have opened cannot be written')
      }
    }
    writing = undefined
  }
  return {
    find: name => byName.get(name),
    add(url) {
      if (byName.get(url.name)?.href === url.href) return
      byName.delete(url.name)
      byName.set(url.name, url)
      const [oldest] = byName.keys()
      if (byName.size > maxKnown && oldest !== undefined) byName.delete(oldest)
      isWritten = false
      writing ??= write()
    },
    async [Symbol.asyncDispose]() {
      await writing
    },
  }
}

async function readLines(file: string): Promise<string[]> {
  const handle = await fs.open(file).catch(() => undefined)
  if (!handle) return []
  try {
    const { size } = await handle.stat()
    return size > maxFileBytes ? [] : (await handle.readFile('utf8')).split('\n').slice(-maxKnown - 1)
  } catch {
    return []
  } finally {
    await handle.close()
  }
}
