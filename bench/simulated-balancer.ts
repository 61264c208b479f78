/**
 * Load balancers: which instance a request goes to, of those that are up.
 *
 *     spread    each in turn
 *     hash      by the repository's name, consistently: when one is down, only its repositories move
 *     bounded   the same, but past those that have more than their share of the requests under way
 */

export const balancerKinds = ['spread', 'hash', 'bounded'] as const
export type BalancerKind = (typeof balancerKinds)[number]

/** What a balancer knows of an instance. */
export interface Balanced {
  readonly number: number
  readonly isUp: boolean
  /** Requests under way. */
  readonly load: number
}

/** What an instance may have of the mean, as `hash-balance-factor 125` of HAProxy. */
const boundedShare = 1.25

/** @returns undefined where none is up */
export function createBalancer<I extends Balanced>(
  kind: BalancerKind,
  instances: readonly I[],
): (repository: number) => I | undefined {
  let turn = 0
  if (kind === 'spread') {
    return () => {
      const up = instances.filter(({ isUp }) => isUp)
      return up[turn++ % up.length]
    }
  }
  return repository => {
    const up = instances.filter(({ isUp }) => isUp)
    if (kind === 'hash') return chooseHighest(up, repository)
    const load = up.reduce((sum, one) => sum + one.load, 0)
    const most = Math.ceil((boundedShare * (load + 1)) / up.length)
    return chooseHighest(
      up.filter(one => one.load < most),
      repository,
    )
  }
}

/** Each repository has an order of its own over the instances, so one that is gone changes nothing for the others. */
function chooseHighest<I extends Balanced>(instances: readonly I[], repository: number): I | undefined {
  let chosen: I | undefined
  let highest = -1
  for (const one of instances) {
    const weight = mix(repository, one.number)
    if (weight <= highest) continue
    chosen = one
    highest = weight
  }
  return chosen
}

function mix(repository: number, instance: number): number {
  let mixed = Math.imul(repository + 1, 0x9e3779b1) ^ Math.imul(instance + 1, 0x85ebca77)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
