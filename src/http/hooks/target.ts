/**
 * Which repositories a delivery is about. The address of the hook says more than the body, since it was written for this
 * viewer; of a body, names come before addresses, and paths of addresses last. A copy of a repository elsewhere is meant
 * by whoever gives its address, and never by a part of it.
 */
import { ViewerError } from '../../base/errors.ts'
import { parseRemoteUrl } from '../../base/remote-url.ts'
import type { RegisteredRepository, Registry } from '../../cache/registry.ts'
import type { HookDelivery } from './delivery.ts'

/** Parameters of the hook's address, as they came. */
export interface HookParameters {
  readonly repo?: unknown
  readonly url?: unknown
}

/**
 * Finds them; at least one.
 * @param isForge whether the sender can be told to name it in the address only
 * @throws PARAMETER_INVALID, REPOSITORY_UNKNOWN
 */
export async function findTargets(
  registry: Pick<Registry, 'all' | 'find'>,
  parameters: HookParameters,
  told: { readonly delivery: HookDelivery; readonly isForge: boolean },
): Promise<readonly RegisteredRepository[]> {
  const { names, places } = wanted(parameters, told.delivery)
  const advice = told.isForge ? '; name it in the address of the webhook, as ?repo=<name>' : ''
  const [first] = [...names, ...places]
  if (first === undefined) {
    const missing = told.isForge ? 'the payload names no repository' : 'the parameter repo must name a repository, once'
    throw new ViewerError('PARAMETER_INVALID', `${missing}${advice}`)
  }
  const copies = copiesOf(new Set(places), registry)
  const named = await findFirst(names, registry)
  const found = new Set(named ? [named, ...copies] : copies)
  if (found.size > 0) return [...found]
  throw new ViewerError('REPOSITORY_UNKNOWN', `no repository of that name is served here${advice}`, {
    data: { subject: first },
  })
}

interface Wanted {
  /** What it may be called here, the likeliest first. */
  readonly names: readonly string[]
  /** Host and path of what it may be a copy of. */
  readonly places: readonly string[]
}

function wanted({ repo, url }: HookParameters, { repositories, addresses }: HookDelivery): Wanted {
  if (repo !== undefined && url !== undefined) {
    throw new ViewerError('PARAMETER_INVALID', 'the parameters repo and url name a repository each: give one of them')
  }
  if (repo !== undefined) return { names: [single('repo', repo)], places: [] }
  if (url === undefined) return { names: repositories, places: addresses.flatMap(address => placeOf(address) ?? []) }
  const place = placeOf(single('url', url))
  if (place !== undefined) return { names: [], places: [place] }
  throw new ViewerError('PARAMETER_INVALID', 'the parameter url must be the address of a repository')
}

function single(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new ViewerError('PARAMETER_INVALID', `the parameter ${name} must name a repository, once`)
}

async function findFirst(names: readonly string[], registry: Pick<Registry, 'find'>) {
  for (const name of names) {
    const found = await registry.find(name)
    if (found) return found
  }
  return undefined
}

/** Those that are copied from there. */
function copiesOf(places: ReadonlySet<string>, registry: Pick<Registry, 'all'>): RegisteredRepository[] {
  if (places.size === 0) return []
  return registry.all().filter(({ mirror }) => mirror && places.has(placeOf(mirror.href) ?? ''))
}

/** Host and path: the same whatever scheme, user or ending an address is written with. */
function placeOf(address: string): string | undefined {
  const url = parseRemoteUrl(address)
  return 'mistake' in url ? undefined : url.name
}
