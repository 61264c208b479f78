/**
 * What pushes the soak makes and how soon they show: every few seconds one bug of one repository gets a new title, as a
 * real commit; half of the pushes tell the hook. Whoever asks for the list then has to see the title in time.
 */
import { Agent } from 'node:http'
import { setTimeout as later } from 'node:timers/promises'
import { type BugChanges, prepareBugChanges } from './bug-changes.ts'
import { ask, type HttpClient } from './http-client.ts'
import type { Random } from './random.ts'
import { addresses } from './repository.ts'
import type { Tally } from './soak-tally.ts'
import type { SoakSite } from './soak-visitors.ts'

export interface PushOrder {
  readonly origin: string
  readonly client: HttpClient
  readonly site: SoakSite
  readonly secret: string
  readonly random: Random
  readonly tally: Tally
  readonly signal: AbortSignal
}

export interface PushReport {
  readonly pushes: number
  readonly hooks: number
  /** From the end of the push to the page with the title, in milliseconds. */
  readonly shownMs: readonly number[]
}

/** A push that does not show by then is a failure, on any machine. */
const givenUpMs = 60_000
const betweenMs = 3000
const askAgainMs = 20

/** Pushes until the signal. */
export async function makePushes(order: PushOrder): Promise<PushReport> {
  const { origin, client, site, secret, random, tally, signal } = order
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const changes = new Map<string, BugChanges>()
  const shownMs: number[] = []
  let hooks = 0
  while (!signal.aborted) {
    const repository = random.pick(site)
    const known = changes.get(repository.name) ?? (await prepareBugChanges(repository, client))
    changes.set(repository.name, known)
    const change = await known.write()
    const startMs = performance.now()
    if (random.chance(0.5)) {
      hooks++
      const headers = { 'content-type': 'text/plain', authorization: `Bearer ${secret}` }
      const url = `${origin}/hooks/post-receive?repo=${repository.name}`
      const { status } = await ask(url, { agent, headers, body: change.hookBody })
      if (status !== 202) tally.failed('pushes', `the hook answered ${status}`)
    }
    const path = addresses(repository).list
    const isShown = async () => (await client.get(path)).body.includes(change.title)
    while (!(await isShown()) && performance.now() - startMs < givenUpMs) await later(askAgainMs)
    const ms = performance.now() - startMs
    shownMs.push(ms)
    if (ms >= givenUpMs) tally.failed('pushes', `${path} did not show one within ${givenUpMs} ms`)
    await later(betweenMs, undefined, { signal }).catch(() => {})
  }
  agent.destroy()
  return { pushes: shownMs.length, hooks, shownMs }
}
