/**
 * How a Redis server is reached, and what the client package is told of it. The file with certificates is read at each
 * attempt, so one that appears late or is replaced needs no restart. No password is in any text that is made here.
 */
import { readFile } from 'node:fs/promises'
import type { RedisClientOptions } from '@redis/client'

/** The settings of `store.redis`, where it has a URL. */
export interface RedisAddress {
  /** `redis://host:port/database`, or `rediss://` with TLS; without user and password. */
  readonly url: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Certificates in PEM that vouch for the server; without it those that Node knows. */
  readonly caFile?: string | undefined
  /** An answer that takes longer counts as none. */
  readonly timeoutMs: number
}

/** The server's part of the URL, for logs: `host:port/database`. */
export function describeAddress({ url }: RedisAddress): string {
  return url.replace(/^rediss?:\/\//, '').replace(/^.*@/s, '')
}

/** Commands that wait to be written or answered, over which further ones are refused. */
const maxCommands = 20_000

/** What the client package needs. Reconnecting and waiting without a connection are not left to it. */
export async function readClientOptions(address: RedisAddress, connectMs: number) {
  const { protocol, hostname, port, pathname } = new URL(address.url)
  const common = {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port === '' ? 6379 : port),
    connectTimeout: connectMs,
    reconnectStrategy: false,
  } as const
  const { caFile, user, password } = address
  const ca = caFile === undefined ? {} : { ca: await readFile(caFile) }
  return {
    socket: protocol === 'rediss:' ? { ...common, ...ca, tls: true } : { ...common, tls: false },
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    database: Number(pathname.slice(1)),
    disableOfflineQueue: true,
    commandsQueueMaxLength: maxCommands,
    // Both say things that nobody asked for, and older servers and Valkey do not know them.
    maintNotifications: 'disabled',
    disableClientInfo: true,
  } satisfies RedisClientOptions
}

/** Why something failed, in one word that a log may show: a code of the system, of TLS, or of the server. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  // The first word of a server's error is its code, as in "WRONGPASS invalid username-password pair".
  const word = /^([A-Z][A-Z0-9_]{1,40})(?: |$)/.exec(error.message)?.[1]
  return code ?? word ?? error.constructor.name
}
