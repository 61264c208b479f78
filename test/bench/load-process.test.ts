import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openLoad } from '../../bench/load-process.ts'

const held = 20
const perSecond = 200

test('requests that come while a server stands still are sent all the same, and charged with the wait', async () => {
  const waiting: ServerResponse[] = []
  const server = createServer((_request, response) => {
    waiting.push(response)
    // A load that waited for answers would never bring so many.
    if (waiting.length === held) server.emit('held')
    if (waiting.length >= held) for (const one of waiting.splice(0)) one.end('late')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const enough = once(server, 'held')
  {
    await using load = openLoad({ urls: [`http://127.0.0.1:${port}/`], perSecond })
    await enough
    server.removeAllListeners('request').on('request', (_request, response: ServerResponse) => response.end('at once'))
    const samples = await load.finish()
    const first = samples.slice(0, held).toSorted((a, b) => a.atMs - b.atMs)
    expect(samples.length).toBeGreaterThanOrEqual(held)
    expect(new Set(samples.map(({ status }) => status))).toEqual(new Set([200]))
    const stepMs = 1000 / perSecond
    expect(first.at(0)?.latencyMs).toBeGreaterThan((held - 1) * stepMs)
    expect((first.at(1)?.atMs ?? 0) - (first.at(0)?.atMs ?? 0)).toBeCloseTo(stepMs, 3)
  }
  server.close()
  server.closeAllConnections()
})
