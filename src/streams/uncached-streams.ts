/** No cache: every caller's stream is made for that caller alone, goes through memory, and leaves nothing behind. */
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import { farewell } from './farewell.ts'
import { StreamPipe } from './pipe.ts'
import type { StreamCache, StreamLimits } from './stream-cache.ts'

/** What stands where the cache is off. */
export function createUncachedStreams(limits: StreamLimits, clock: Clock): StreamCache {
  const pipes = new Set<StreamPipe>()
  let isClosed = false
  return {
    async findOrCreate(_key, create) {
      if (isClosed) throw new ViewerError('SHUTTING_DOWN', 'the server is shutting down')
      const pipe = new StreamPipe(create, {
        openFile: undefined,
        limits,
        clock,
        events: { grew() {}, ended() {}, unread() {}, spoiled() {}, makeRoom: async () => false },
      })
      pipes.add(pipe)
      void pipe.gone.then(() => pipes.delete(pipe))
      const reader = pipe.openReader()
      await pipe.begun
      return { reader, isFound: false }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      const reason = new ViewerError('SHUTTING_DOWN', 'the server is shutting down')
      const leaving = [...pipes].map(pipe => {
        pipe.stop(reason)
        return pipe.gone
      })
      await farewell(clock, leaving)
    },
  }
}
