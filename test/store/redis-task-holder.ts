/** A process that takes a task key and works for ever: `node redis-task-holder.ts URL PREFIX TASK LEASE_MS`. */
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { noMeasures } from '../../src/base/measures.ts'
import { openRedis } from '../../src/store/redis.ts'

const [url = '', prefix = '', task = '', leaseMs = ''] = process.argv.slice(2)
const tier = { seconds: undefined, maxBytes: 1 }
const redis = openRedis(
  {
    url,
    prefix,
    leaseMs: Number(leaseMs),
    timeoutMs: 5000,
    limits: { permanent: tier, intermediate: tier, result: tier },
  },
  { clock: systemClock, log: silentLog, measures: noMeasures },
)
const held = await redis.taskKeys.tryTake(task)
held?.report({ done: 1, total: 2 })
process.stdout.write(held ? 'held\n' : 'taken\n')
