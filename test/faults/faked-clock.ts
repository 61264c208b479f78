/**
 * The clock of a process, set while it runs: a library before the system's own answers what time it is. The time that
 * passes stays the machine's, as it does when somebody sets a real clock.
 */
import { globSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface FakedClock extends AsyncDisposable {
  /** For the environment of the process. */
  readonly env: Readonly<Record<string, string>>
  /** From now on it goes wrong by so much, such as `-1h` or `+1d`; or it stands still at a time of day in UTC. */
  set(offset: string): Promise<void>
}

/** Where packages put the library. */
function libraryPath(): string {
  const [path] = globSync('/usr/lib/{,*/}faketime/libfaketimeMT.so.1')
  if (path === undefined) throw new Error('libfaketimeMT.so.1 is not where packages put it')
  return path
}

/** A clock that is right until it is set. */
export async function openFakedClock(): Promise<FakedClock> {
  const folder = await mkdtemp(join(tmpdir(), 'clock-'))
  const file = join(folder, 'time')
  const set = async (offset: string) => {
    await writeFile(`${file}.new`, `${offset}\n`)
    await rename(`${file}.new`, file)
  }
  await set('+0')
  return {
    env: {
      LD_PRELOAD: libraryPath(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      TZ: 'UTC',
    },
    set,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
