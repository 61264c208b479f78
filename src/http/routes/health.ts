/** For those who watch the server: is the process up, can it serve. */
import type { FastifyInstance } from 'fastify'

export async function healthRoutes(app: FastifyInstance, options: { isReady(): boolean }) {
  const noStore = { 'cache-control': 'no-store' }
  app.get('/healthz', (_request, reply) => reply.headers(noStore).send({ status: 'up' }))
  app.get('/readyz', (_request, reply) => {
    const ready = options.isReady()
    return reply
      .code(ready ? 200 : 503)
      .headers(noStore)
      .send({ status: ready ? 'ready' : 'not ready' })
  })
}
