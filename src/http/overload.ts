/**
 * What happens when the server has more to do than it can (`overload` in the settings): whoever asks for what would have
 * to be made is told to come back, so that those who are being answered get their answers. What is ready goes out all
 * the same, and hooks, measures and whoever watches the server are always answered: a push that was not heard of would
 * be a mistake, and not a delay.
 *
 * @fastify/under-pressure measures, once a second; here is decided whom that concerns, and that one second is none: any
 * machine stands still for a moment now and then.
 */
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Measures } from '../base/measures.ts'
import type { RepeatedAnswers } from './repeated-answers.ts'
import { unboundedRoutes } from './unbounded-routes.ts'

/** From where on it is too much; 0 is never. */
export interface OverloadLimits {
  /** How long each step waits for its turn, on average of a second. */
  readonly delayMs: number
  /** Part of a second in which the processor works. */
  readonly utilization: number
  readonly maxHeapBytes: number
  readonly maxResidentBytes: number
}

export interface Overload {
  /** Whether it is too much now. */
  isOver(): boolean
}

export interface OverloadParts {
  readonly repeated: RepeatedAnswers
  readonly measures: Measures | undefined
  readonly clock: Clock
  readonly log: Pick<Log, 'warn' | 'info'>
}

const sampleMs = 1000
/** So many samples, one after the other, are no mere moment. */
const lastingSamples = 2

const reasons = {
  [underPressure.TYPE_EVENT_LOOP_DELAY]: 'delay',
  [underPressure.TYPE_EVENT_LOOP_UTILIZATION]: 'utilization',
  [underPressure.TYPE_HEAP_USED_BYTES]: 'heap',
  [underPressure.TYPE_RSS_BYTES]: 'resident',
} as const

/** Refuses what there is no time for. Call it before routes are added. */
export async function addOverload(
  app: FastifyInstance,
  limits: OverloadLimits,
  { repeated, measures, clock, log }: OverloadParts,
): Promise<Overload> {
  const { delayMs, utilization, maxHeapBytes, maxResidentBytes } = limits
  if (delayMs === 0 && utilization === 0 && maxHeapBytes === 0 && maxResidentBytes === 0) return { isOver: () => false }
  let samples = 0
  const isOver = () => samples >= lastingSamples
  const look = () => {
    const wasOver = isOver()
    samples = app.isUnderPressure() ? samples + 1 : 0
    // One line when it begins and one when it is over, however many are refused meanwhile.
    if (isOver() && !wasOver) log.warn(app.memoryUsage(), 'more is asked for than this server can do')
    if (wasOver && !isOver()) log.info({}, 'this server can do again what it is asked for')
    timer = clock.startTimer(sampleMs, look)
  }
  let timer = clock.startTimer(sampleMs, look)
  app.addHook('onClose', async () => timer.cancel())
  await app.register(underPressure, {
    sampleInterval: sampleMs,
    maxEventLoopDelay: delayMs,
    maxEventLoopUtilization: utilization,
    eventLoopUtilizationMode: 'interval',
    maxHeapUsedBytes: maxHeapBytes,
    maxRssBytes: maxResidentBytes,
    pressureHandler: (request, _reply, type) => {
      if (!isOver() || isAnswered(request, repeated)) return
      const reason = reasons[type as keyof typeof reasons]
      measures?.count('gitbugviewer_overload_refusals_total', { reason })
      // What it returns would be sent; only a promise can fail.
      return Promise.reject(new ViewerError('OVERLOADED', 'the server has more to do than it can'))
    },
  })
  return { isOver }
}

function isAnswered(request: FastifyRequest, repeated: RepeatedAnswers): boolean {
  return unboundedRoutes.has(request.routeOptions.url ?? '') || repeated.isKept(request.originalUrl)
}
