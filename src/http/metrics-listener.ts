/**
 * A listener of its own for `/metrics`: where it may be reached is decided by its address, apart from that of the
 * pages. It answers nothing else, and closing it waits for no client.
 */
import Fastify from 'fastify'
import { ViewerError } from '../base/errors.ts'
import { errorAnswer, sendPlainError } from './error-reply.ts'
import { type MetricsRoute, metricsRoutes } from './routes/metrics.ts'

export interface MetricsListener extends AsyncDisposable {
  /** The address to read, as it is bound. */
  readonly url: string
}

/**
 * Starts listening.
 * @param route.port 0 picks a free one
 * @throws SETTING_INVALID where the address cannot be used
 */
export async function openMetricsListener(
  route: MetricsRoute & { readonly host: string; readonly port: number },
): Promise<MetricsListener> {
  const app = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: 1024 })
  app.setErrorHandler((error, _request, reply) => sendPlainError(reply, errorAnswer(error), error, 'text'))
  app.setNotFoundHandler((_request, reply) => {
    const error = new ViewerError('PAGE_UNKNOWN', 'only /metrics is here')
    return sendPlainError(reply, errorAnswer(error), error, 'text')
  })
  await app.register(metricsRoutes, route)
  const { host, port } = route
  try {
    const url = await app.listen({ host, port })
    return { url: `${url}/metrics`, [Symbol.asyncDispose]: () => app.close() }
  } catch (error) {
    await app.close()
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    const message = `metrics.listen: cannot listen on ${host}, port ${port}: ${reasons.get(code) ?? code}`
    throw new ViewerError('SETTING_INVALID', message, { cause: error })
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'the port is in use'],
  ['EACCES', 'this account may not use the port; choose one above 1023'],
  ['EADDRNOTAVAIL', 'the host is not an address of this machine'],
  ['ENOTFOUND', 'the host is not known'],
])
