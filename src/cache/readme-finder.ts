/**
 * Finds the README of an open repository anew for whoever asks, since no ref of bugs tells that it has changed; for all
 * who ask at the same time once, since each time takes a process of git.
 */
import { createSingleFlight } from '../base/single-flight.ts'
import type { Git } from '../git/git.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import type { ReadmeFile } from '../git/readme.ts'

export interface ReadmeFinder {
  /** @returns undefined where there is none. @param signal ends this caller's waiting */
  find(signal?: AbortSignal): Promise<ReadmeFile | undefined>
  /** Ends what is under way. */
  stopAll(reason: unknown): Promise<void>
}

/** Makes the finder of one repository. */
export function createReadmeFinder(
  git: Pick<Git, 'findReadme'>,
  { folder, reader }: { readonly folder: string; readonly reader: ObjectReader },
): ReadmeFinder {
  const flight = createSingleFlight<'readme', ReadmeFile | undefined>()
  return {
    find: signal => flight.run('readme', stop => git.findReadme(folder, reader, stop), signal),
    stopAll: reason => flight.stopAll(reason),
  }
}
