/**
 * How long requests take, by the pattern of their route: never by their address, of which there are as many as bugs.
 * It runs after the answer has gone out, and costs each request well below a microsecond.
 */
import type { FastifyInstance } from 'fastify'
import type { LabelsOf, Measures } from '../base/measures.ts'
import { shownPattern } from './repository-url.ts'

type RequestLabels = LabelsOf<'gitbugviewer_http_request_duration_seconds'>

const methods: readonly RequestLabels['method'][] = ['GET', 'HEAD', 'POST', 'OPTIONS']
const statusClasses: readonly RequestLabels['status'][] = ['1xx', '2xx', '3xx', '4xx', '5xx']

/** Measures every answer of the server, errors and unknown addresses included. Call it before routes are added. */
export function addRequestDurations(app: FastifyInstance, measures: Measures) {
  const labels = createLabelIndex()
  app.addHook('onResponse', (request, reply, done) => {
    const seconds = reply.elapsedTime / 1000
    const found = labels(request.routeOptions.url, request.method, reply.statusCode)
    measures.observe('gitbugviewer_http_request_duration_seconds', seconds, found)
    done()
  })
}

/** Labels are made once for each route, method and class of status; there are few of these. */
function createLabelIndex() {
  const routes = new Map<string | undefined, Map<string, RequestLabels[]>>()
  const newRoute = (pattern: string | undefined) => {
    const byMethod = new Map<string, RequestLabels[]>()
    const route = pattern === undefined ? 'unknown' : shownPattern(pattern)
    for (const method of [...methods, 'other'] as const) {
      byMethod.set(
        method,
        statusClasses.map(status => ({ route, method, status })),
      )
    }
    routes.set(pattern, byMethod)
    return byMethod
  }
  const other: RequestLabels = { route: 'unknown', method: 'other', status: '4xx' }
  return (pattern: string | undefined, method: string, status: number): RequestLabels => {
    const byMethod = routes.get(pattern) ?? newRoute(pattern)
    const byStatus = byMethod.get(method) ?? byMethod.get('other')
    return byStatus?.[Math.trunc(status / 100) - 1] ?? other
  }
}
