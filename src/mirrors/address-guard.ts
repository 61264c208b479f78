/**
 * Where a remote may lead: to public addresses, and to what the settings allow besides. A name is looked up once, every
 * address that it has must be allowed, and the one that comes out is the one to connect to: a name that leads elsewhere
 * a moment later changes nothing. Who is refused is not told the address, since that would tell strangers what is
 * inside; it is in the error's cause, for the log.
 */
import { lookup as systemLookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { ViewerError } from '../base/errors.ts'

export interface AddressGuard {
  /**
   * The address to connect to, without brackets; an address itself is its own.
   * @param host a name or an IP address, as in `RemoteUrl`
   * @throws REMOTE_REFUSED (private, special, not allowed), REMOTE_UNREACHABLE with `data.reason` (no such host), and
   * the signal's reason
   */
  resolve(host: string, signal: AbortSignal): Promise<string>
}

export interface AddressGuardOptions {
  /** Addresses and networks, such as `10.1.2.0/24`, that are allowed although they are special. */
  readonly allow: readonly string[]
  /** All addresses of a name, the one to try first at the start. */
  lookup?(host: string): Promise<readonly { readonly address: string }[]>
}

/**
 * IANA's registry of special IPv4 addresses (RFC 6890 and what was added since), multicast, and one more: 168.63.129.16
 * looks public, and is where every machine of a large cloud finds the services of its host.
 */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const

/** All that is routed in public (RFC 4291, 2.4). Outside of it are loopback, ULA, link-local, multicast and the rest. */
const public6 = ['2000::/3'] as const

/** The same registry for IPv6, within that: protocol assignments with Teredo, documentation, 6to4, AS112. */
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'] as const

/** IPv4 addresses behind a translator (RFC 6052), how networks without IPv4 see the rest: the last four bytes count. */
const translated6 = ['64:ff9b::/96'] as const

/** Makes a guard. @param options.allow networks as the settings hold them */
export function createAddressGuard(options: AddressGuardOptions): AddressGuard {
  const lookup = options.lookup ?? (host => systemLookup(host, { all: true }))
  const isAllowed = createAddressCheck(options.allow)
  return {
    async resolve(host, signal) {
      signal.throwIfAborted()
      const found = isIP(host) === 0 ? await unlessAborted(lookUp(host, lookup), signal) : [host]
      const wrong = found.find(address => !isAllowed(address))
      if (wrong !== undefined) {
        const cause = new Error(`${host} leads to ${wrong}, which mirrors.allowAddresses does not allow`)
        throw new ViewerError('REMOTE_REFUSED', `${host} leads to an address that may not be used`, { cause })
      }
      const [first] = found
      if (first === undefined) throw unknownHost(host)
      return first
    },
  }
}

async function lookUp(host: string, lookup: NonNullable<AddressGuardOptions['lookup']>): Promise<string[]> {
  try {
    return (await lookup(host)).map(({ address }) => address)
  } catch (cause) {
    throw unknownHost(host, cause)
  }
}

function unknownHost(host: string, cause?: unknown): ViewerError {
  return new ViewerError('REMOTE_UNREACHABLE', `no address of ${host} is known`, {
    data: { reason: 'unreachable' },
    cause,
  })
}

/** The system's lookup cannot be stopped; nobody has to wait for it. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function createAddressCheck(allow: readonly string[]): (address: string) => boolean {
  const allowed = toBlockList(allow)
  const special = toBlockList([...special4, ...special6])
  const open = toBlockList(public6)
  const translated = toBlockList(translated6)
  const isAllowed4 = (address: string) => allowed.check(address, 'ipv4') || !special.check(address, 'ipv4')
  return text => {
    const address = plainAddress(text)
    // An interface's name after it: whatever that is, it is not public.
    if (isIP(address) === 0 || address.includes('%')) return false
    if (isIP(address) === 4) return isAllowed4(address)
    if (allowed.check(address, 'ipv6')) return true
    if (translated.check(address, 'ipv6')) return isAllowed4(lastFourBytes(address))
    return open.check(address, 'ipv6') && !special.check(address, 'ipv6')
  }
}

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', length] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return list
}

/** An IPv4 address in the clothes of IPv6 (`::ffff:127.0.0.1`) without them, since that is where it leads; else as it is. */
function plainAddress(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) return address
  return /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(inOneSpelling(address)) ? lastFourBytes(address) : address
}

/** `64:ff9b::102:304` is 1.2.3.4; what `::` leaves out is 0. */
function lastFourBytes(address: string): string {
  const words = inOneSpelling(address).split(':').slice(-2)
  return words.flatMap(word => [Number(`0x0${word}`) >> 8, Number(`0x0${word}`) & 255]).join('.')
}

/** As RFC 5952 has it, and without an IPv4 address at its end. */
function inOneSpelling(address: string): string {
  return URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? ''
}
