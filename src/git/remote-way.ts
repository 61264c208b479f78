/**
 * How git gets to a remote: the address that it is given, and what else it has to know. Whatever the host's name means
 * by now, the connection goes to the address that was looked at before; and nothing in an address can be an option, a
 * program or another way than the one its scheme names.
 */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import tls, { type SecureContext } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { ViewerError } from '../base/errors.ts'
import type { RemoteUrl } from '../base/remote-url.ts'
import type { GitSettings } from './environment.ts'
import type { SeenFailure } from './remote-failure.ts'
import { openHttpRelay } from './remote-relay.ts'

/** A remote, and how to get in. */
export interface RemoteAccess {
  readonly url: RemoteUrl
  /** Where to connect, whatever the name says. */
  readonly address: string
  /** Only for http and https. */
  readonly credentials?: { readonly user: string; readonly password: string } | undefined
  /** Certificates in PEM that vouch for servers; without it those that Node and the system know. */
  readonly caFile?: string | undefined
  readonly ssh?: { readonly keyFile?: string | undefined; readonly knownHostsFile?: string | undefined } | undefined
}

export interface RemoteWay extends AsyncDisposable {
  /** What to give to git. */
  readonly url: string
  readonly variables: Readonly<Record<string, string>>
  readonly settings: GitSettings
  /** What must not be printed. */
  readonly secrets: readonly string[]
  /** What has gone wrong on the way, where that is known better than git knows it. */
  failure(): SeenFailure | undefined
}

export interface WayTools {
  readonly clock: Clock
  /** Whom to believe, where nothing is said; made once, for it takes a while. */
  trusted(): SecureContext
}

/** Whom this machine believes. */
export function trustedBySystem(): SecureContext {
  return tls.createSecureContext({ ca: [...tls.getCACertificates('default'), ...tls.getCACertificates('system')] })
}

/**
 * Opens the way to a remote.
 * @throws REMOTE_REFUSED for an address that none may use, SETTING_INVALID for a file that cannot be read
 */
export async function openRemoteWay(remote: RemoteAccess, tools: WayTools): Promise<RemoteWay> {
  const { url, address } = remote
  checkAddress(url, address)
  const { scheme } = url
  const plain = { variables: { GIT_ALLOW_PROTOCOL: scheme }, settings: [], secrets: [], failure: () => undefined }
  const dispose = { [Symbol.asyncDispose]: async () => {} }
  if (scheme === 'git') {
    const variables = { ...plain.variables, GIT_OVERRIDE_VIRTUAL_HOST: hostAndPort(url.host, url.port) }
    return { ...plain, ...dispose, variables, url: `git://${hostAndPort(address, url.port)}${url.path}` }
  }
  if (scheme === 'ssh') {
    const user = url.user === undefined ? '' : `${url.user}@`
    const variables = { ...plain.variables, GIT_SSH_COMMAND: sshCommand(remote), GIT_SSH_VARIANT: 'ssh' }
    return { ...plain, ...dispose, variables, url: `ssh://${user}${hostAndPort(url.host, url.port)}${url.path}` }
  }
  const { host, port, path } = url
  const { credentials } = remote
  const secureContext = scheme === 'https' ? await readTrust(remote, tools) : undefined
  const relay = await openHttpRelay({ scheme, host, port, path, address, credentials, secureContext }, tools.clock)
  return {
    url: relay.url,
    variables: { GIT_ALLOW_PROTOCOL: 'http' },
    settings: relay.settings,
    secrets: credentials ? secretsOf(credentials) : [],
    failure: relay.failure,
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  }
}

async function readTrust({ caFile }: RemoteAccess, tools: WayTools): Promise<SecureContext> {
  if (caFile === undefined) return tools.trusted()
  try {
    return tls.createSecureContext({ ca: await readFile(caFile) })
  } catch (cause) {
    throw new ViewerError('SETTING_INVALID', `the certificates in ${caFile} cannot be read`, { cause })
  }
}

/** A password as the remote may repeat it. */
function secretsOf({ user, password }: { readonly user: string; readonly password: string }): string[] {
  const token = Buffer.from(`${user}:${password}`).toString('base64')
  return [password, encodeURIComponent(password), token]
}

/**
 * Addresses were checked when they were read; what is handed to git is checked again where that happens.
 * @throws REMOTE_REFUSED
 */
function checkAddress({ scheme, host, user, path, port }: RemoteUrl, address: string) {
  const isSound =
    ['https', 'http', 'ssh', 'git'].includes(scheme) &&
    (isIP(host) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)) &&
    (user === undefined || /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(user)) &&
    /^\/[!-~]+$/.test(path) &&
    !path.startsWith('/-') &&
    (port === undefined || (Number.isInteger(port) && port > 0 && port < 65_536)) &&
    isIP(address) !== 0 &&
    // An address is itself, and nothing else.
    (isIP(host) === 0 || host === address)
  if (!isSound) throw new ViewerError('REMOTE_REFUSED', 'the address of the remote cannot be used')
}

function hostAndPort(host: string, port: number | undefined): string {
  const name = isIP(host) === 6 ? `[${host}]` : host
  return port === undefined ? name : `${name}:${port}`
}

/** Nobody is asked anything, nothing but this one connection is made, and no file is read but those named here. */
const sshOptions = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'GlobalKnownHostsFile=/dev/null',
  'UpdateHostKeys=no',
  'CheckHostIP=no',
  'VerifyHostKeyDNS=no',
  'CanonicalizeHostname=no',
  'IdentitiesOnly=yes',
  'IdentityAgent=none',
  'AddKeysToAgent=no',
  'PKCS11Provider=none',
  'PreferredAuthentications=publickey',
  'GSSAPIAuthentication=no',
  'ProxyCommand=none',
  'ProxyJump=none',
  'PermitLocalCommand=no',
  'ControlMaster=no',
  'ControlPath=none',
  'ForwardAgent=no',
  'ForwardX11=no',
  'ClearAllForwardings=yes',
  'Tunnel=no',
  'RequestTTY=no',
  'EscapeChar=none',
  'ConnectTimeout=20',
  'ConnectionAttempts=1',
  'ServerAliveInterval=15',
  'ServerAliveCountMax=4',
  'LogLevel=ERROR',
]

/** For a shell, which git takes it to. */
function sshCommand({ url, address, ssh }: RemoteAccess): string {
  const { host, port } = url
  // Under this name the server's key is looked up, as if the connection went to the name itself.
  const alias = port === undefined || port === 22 ? host : `[${host}]:${port}`
  const options = [
    ...sshOptions,
    `HostName=${address}`,
    `HostKeyAlias=${alias}`,
    `UserKnownHostsFile=${ssh?.knownHostsFile === undefined ? '/dev/null' : sshPath(ssh.knownHostsFile)}`,
    `IdentityFile=${ssh?.keyFile === undefined ? 'none' : sshPath(ssh.keyFile)}`,
  ]
  const words = ['ssh', '-F', '/dev/null', ...options.flatMap(option => ['-o', option])]
  return words.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}

/** A path in ssh's own spelling, in which blanks part words and a percent sign begins something. */
function sshPath(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`
}
