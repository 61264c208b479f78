/**
 * The end of a server that waits for answers under way, and not for ever: a download may take days, and a client that
 * never reads would take as long as it likes. Whoever has not got all by then is cut off, and can tell. Nor is a
 * connection kept whose answer had begun before, with a head that says that more may be asked on it.
 */
import { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Clock, Timer } from '../base/clock.ts'

export interface EndInTimeOptions {
  /** Answers under way have this long when the server ends. */
  readonly answersMs: number
  readonly clock: Clock
}

/** Bounds how long `app.close()` takes. */
export function endInTime(app: FastifyInstance, { answersMs, clock }: EndInTimeOptions) {
  let timer: Timer | undefined
  app.addHook('preClose', async () => {
    timer = clock.startTimer(answersMs, () => {
      app.log.warn('answers that were still under way are cut off')
      app.server.closeAllConnections()
    })
  })
  app.addHook('onResponse', (request, _reply, done) => {
    if (timer && request.socket instanceof Socket) request.socket.destroySoon()
    done()
  })
  // All connections are closed by then.
  app.addHook('onClose', async () => timer?.cancel())
}
