/** Chooses how long answers are kept: in files, or not at all. */

import { type FileStreamsTools, openFileStreams } from './file-streams.ts'
import type { StreamCache } from './stream-cache.ts'
import { createStreamFiles } from './stream-files.ts'
import { createUncachedStreams } from './uncached-streams.ts'

export interface StreamsOptions {
  readonly enabled: boolean
  /** For the files; made when the first one is. */
  readonly folder: string
  readonly maxBytes: number
  readonly maxAgeSeconds: number
  readonly aheadBytes: number
  readonly runOnBytes: number
}

/** A writer of a long answer, or the turn that it waits for, may be silent for this long. */
const quietMs = 5 * 60_000

export function openStreams(options: StreamsOptions, tools: Omit<FileStreamsTools, 'files'>): StreamCache {
  const { enabled, folder, maxBytes, maxAgeSeconds, aheadBytes, runOnBytes } = options
  const limits = { aheadBytes, runOnBytes, quietMs }
  if (!enabled) return createUncachedStreams(limits, tools.clock)
  const files = createStreamFiles(folder)
  return openFileStreams({ ...limits, maxBytes, maxAgeMs: maxAgeSeconds * 1000 }, { ...tools, files })
}
