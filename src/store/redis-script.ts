/** Small Lua scripts that the server runs as one step. They are sent by their digest, and in full where it is unknown. */
import { createHash } from 'node:crypto'
import { accepted, type RedisConnection, RedisRefusal, type RedisReply } from './redis-connection.ts'

export interface RedisScript {
  readonly source: string
  readonly sha1: string
}

export function createRedisScript(source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}

/**
 * Runs a script on one key.
 * @throws RedisUnavailable, RedisRefusal
 */
export async function runRedisScript(
  connection: RedisConnection,
  script: RedisScript,
  { key, args }: { readonly key: string; readonly args: readonly string[] },
): Promise<RedisReply> {
  const [reply] = await connection.send([['EVALSHA', script.sha1, '1', key, ...args]])
  // The server was restarted, or its scripts were flushed.
  if (!(reply instanceof RedisRefusal && reply.code === 'NOSCRIPT')) return accepted(reply)
  const [again] = await connection.send([['EVAL', script.source, '1', key, ...args]])
  return accepted(again)
}
