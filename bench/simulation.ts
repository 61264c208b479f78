/**
 * Many repositories behind several instances, in virtual time: where requests are answered, what git has to do, how long
 * visitors wait, what Redis holds and carries, and what a restart costs. The rules are those of the program, the costs
 * were measured on this project, who asks for what is assumed. `docs/scaling.md` says what it shows and what it does not.
 *
 *   node bench/simulation.ts [--repositories 100000] [--instances 1,2,4,8,16] [--hours 2] [--requests 40]
 *                            [--zipf 1] [--crawlers 0.1] [--pushes 0.5] [--day-curve 0] [--redis-gib 16] [--seed 1]
 *
 * Prints tables in Markdown. The first third of the time fills empty stores and is not counted; --requests and --pushes
 * are for each second, over all instances.
 */
import { parseArgs } from 'node:util'
import { createAccessTrace, standardAccess } from './access.ts'
import { balancerKinds } from './simulated-balancer.ts'
import { printTable, type Row, restartRow, sharingRow, sizesRow } from './simulation-report.ts'
import { runSimulation, type SimulationOptions, standardSimulation } from './simulation-run.ts'

const minuteMs = 60_000
const gibibyte = 1024 ** 3
const windowMs = 10 * minuteMs
const downMs = 10_000
/** Of all tables but the first. */
const someInstances = 4

const number = (standard: number) => ({ type: 'string', default: String(standard) }) as const

function main() {
  const { values } = parseArgs({
    options: {
      repositories: number(standardAccess.repositories),
      instances: { type: 'string', default: '1,2,4,8,16' },
      hours: number(standardAccess.hours),
      requests: number(standardAccess.requestsPerSecond),
      zipf: number(standardAccess.zipfExponent),
      crawlers: number(standardAccess.crawlerShare),
      pushes: number(standardAccess.pushesPerSecond),
      'day-curve': number(standardAccess.dayCurve),
      'redis-gib': number(standardSimulation.redisMaxBytes / gibibyte),
      seed: number(standardAccess.seed),
    },
  })
  const trace = createAccessTrace({
    ...standardAccess,
    seed: Number(values.seed),
    repositories: Number(values.repositories),
    hours: Number(values.hours),
    requestsPerSecond: Number(values.requests),
    zipfExponent: Number(values.zipf),
    crawlerShare: Number(values.crawlers),
    pushesPerSecond: Number(values.pushes),
    dayCurve: Number(values['day-curve']),
  })
  const bugs = trace.bugs.reduce((sum, one) => sum + one, 0)
  const asked = new Set(trace.requests.map(({ repository }) => repository)).size
  console.log(
    `${trace.bugs.length} repositories with ${bugs} bugs, ${trace.requests.length} requests for ${asked} of them in ` +
      `${values.hours} h, ${trace.pushes.length} pushes; seed ${values.seed}\n`,
  )
  const redisMaxBytes = Number(values['redis-gib']) * gibibyte
  const common = { ...standardSimulation, trace, redisMaxBytes }
  const countedFromMs = trace.endMs / 3
  const run = (options: Partial<SimulationOptions> & Pick<SimulationOptions, 'instances' | 'balancer'>) =>
    runSimulation({ ...common, marksMs: [countedFromMs], ...options })

  const sizes: Row[] = []
  for (const instances of values.instances.split(',').map(Number)) {
    for (const balancer of instances === 1 ? (['spread'] as const) : balancerKinds) {
      sizes.push(sizesRow({ instances, balancer }, run({ instances, balancer })))
    }
  }
  printTable('Instances that share Redis and task keys', sizes)

  const [sharing, beginning]: [Row[], Row[]] = [[], []]
  for (const balancer of ['spread', 'hash'] as const) {
    for (const [shared, options] of [
      ['nothing', { redisMaxBytes: 0 }],
      ['Redis, no task keys', { hasTaskKeys: false }],
      ['Redis and task keys', {}],
    ] as const) {
      const marksMs = [0, windowMs, countedFromMs]
      const result = run({ instances: someInstances, balancer, marksMs, ...options })
      beginning.push(sharingRow({ balancer, shared }, result, 0))
      sharing.push(sharingRow({ balancer, shared }, result, 2))
    }
  }
  printTable(`What sharing is worth, ${someInstances} instances`, sharing)
  printTable('The same in the first ten minutes, when nothing is there yet', beginning)
  printTable(`One of ${someInstances} instances restarts: the ten minutes after that`, measureRestarts(common))
}

function measureRestarts(common: Omit<SimulationOptions, 'instances' | 'balancer'>): Row[] {
  const { trace } = common
  const atMs = Math.round((trace.endMs * 2) / 3)
  const endMs = Math.min(atMs + windowMs, trace.endMs)
  // What comes later changes nothing.
  const until = { ...trace, endMs, requests: trace.requests.filter(request => request.atMs < endMs) }
  const rows: Row[] = []
  for (const balancer of ['spread', 'hash'] as const) {
    for (const [shared, options] of [
      ['nothing', { redisMaxBytes: 0 }],
      ['Redis', {}],
    ] as const) {
      // The same without a restart, for comparison.
      for (const store of ['no restart', 'kept', 'lost'] as const) {
        const outage = { instance: 1, atMs, downMs, isKilled: false, losesStore: store === 'lost' }
        const outages = store === 'no restart' ? [] : [outage]
        const more = { instances: someInstances, balancer, marksMs: [atMs], outages, ...options }
        rows.push(
          restartRow({ balancer, shared, 'local store': store }, runSimulation({ ...common, ...more, trace: until })),
        )
      }
    }
  }
  return rows
}

main()
