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

/** What was answered. */
export interface AnsweredRequest {
  /** Pattern of the route; undefined where none fits. */
  readonly route: string | undefined
  readonly method: string
  readonly status: number
}

/** Notes how long an answer took. */
export type NoteRequest = (answered: AnsweredRequest, durationMs: number) => void

/** Makes what measures requests. */
export function createRequestDurations(measures: Measures): NoteRequest {
  const labels = createLabelIndex()
  return ({ route, method, status }, durationMs) => {
    measures.observe('gitbugviewer_http_request_duration_seconds', durationMs / 1000, labels(route, method, status))
  }
}

/** Measures every answer that Fastify gives, errors and unknown addresses included. Call it before routes are added. */
export function addRequestDurations(app: FastifyInstance, note: NoteRequest) {
  app.addHook('onResponse', ({ routeOptions, method }, { statusCode, elapsedTime }, done) => {
    note({ route: routeOptions.url, method, status: statusCode }, elapsedTime)
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
