/**
 * What a forge's webhook says: whether something was pushed, and to which repository. It reads no refs: forges name
 * branches and tags only, so that a push is a reason to look again, whatever it names. A payload that says too little
 * is a result; only one that is no JSON is refused.
 */
import { ViewerError } from '../../base/errors.ts'
import type { ForgeEvent } from './source.ts'

/** Something was pushed. */
export interface ForgePush {
  /** What the repository may be called here, the likeliest first; empty where the payload names none. */
  readonly repositories: readonly string[]
  /** Where it can be cloned from or seen. */
  readonly addresses: readonly string[]
}

type Group = Readonly<Record<string, unknown>>

/** Where forges say under which addresses a repository can be cloned or seen. */
const addressKeys = ['clone_url', 'ssh_url', 'git_http_url', 'git_ssh_url', 'html_url', 'web_url']
const maxNameChars = 255
const maxAddressChars = 4096

/**
 * Reads a payload.
 * @returns undefined where it is not about a push
 * @throws PARAMETER_INVALID where it is no JSON
 */
export function parseForgePayload({ forge, event }: ForgeEvent, text: string): ForgePush | undefined {
  if (forge !== 'gitlab') return event === 'push' ? readPush(parse(text)) : undefined
  if (event === 'Push Hook' || event === 'Tag Push Hook') return readPush(parse(text))
  if (event !== 'System Hook') return undefined
  // One header for all events of a GitLab instance; the payload says which.
  const payload = parse(text)
  const isPush = ['push', 'tag_push', 'repository_update'].includes(String(payload.event_name))
  return isPush ? readPush(payload) : undefined
}

function parse(text: string): Group {
  try {
    return asGroup(JSON.parse(text))
  } catch (cause) {
    throw new ViewerError('PARAMETER_INVALID', 'the payload is not valid JSON', { cause })
  }
}

function asGroup(value: unknown): Group {
  return typeof value === 'object' && value !== null ? (value as Group) : {}
}

function readPush(payload: Group): ForgePush {
  // GitLab has a `repository` as well, with less in it.
  const groups = [asGroup(payload.project), asGroup(payload.repository)]
  const addresses = groups.flatMap(group =>
    addressKeys.flatMap(key => {
      const address = group[key]
      return typeof address === 'string' && address.length <= maxAddressChars ? [address] : []
    }),
  )
  const names = [groups[0]?.path_with_namespace, groups[1]?.full_name, ...addresses.map(pathOf)]
  const usable = names.filter(
    name => typeof name === 'string' && name !== '' && name.length <= maxNameChars,
  ) as string[]
  return { repositories: [...new Set(usable)], addresses: [...new Set(addresses)] }
}

/** The path of a URL, or of an address such as `git@host:group/tool.git`, without the slash before and `.git` behind. */
function pathOf(address: string): string | undefined {
  const url = URL.parse(address)
  const path = url === null ? address.slice(address.indexOf(':') + 1) : decode(url.pathname)
  return path?.replace(/^\//, '').replace(/\.git$/, '')
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
