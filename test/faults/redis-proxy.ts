/** Stands between an instance and its Redis server, and can be a network that is slow, or that breaks off. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface RedisProxy extends AsyncDisposable {
  readonly url: string
  /** Every piece of an answer comes so much later. */
  delay(ms: number): void
  /** Of each answer half of the first piece comes, and then the end of the connection. */
  cut(isOn: boolean): void
}

/** @param port of the server, on this machine */
export async function openRedisProxy(port: number): Promise<RedisProxy> {
  let delayMs = 0
  let cuts = false
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(port, '127.0.0.1')
    const timers = new Set<NodeJS.Timeout>()
    const end = () => {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of [client, upstream]) socket.destroy()
      sockets.delete(client)
    }
    sockets.add(client)
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    client.on('data', bytes => void upstream.write(bytes))
    const forward = (bytes: Buffer) => {
      if (!cuts) return void client.write(bytes)
      client.write(bytes.subarray(0, Math.floor(bytes.length / 2)), end)
    }
    upstream.on('data', (bytes: Buffer) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        forward(bytes)
      }, delayMs)
      timers.add(timer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`,
    delay: ms => {
      delayMs = ms
    },
    cut: isOn => {
      cuts = isOn
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
