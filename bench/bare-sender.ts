/**
 * What nobody who sends this much to this many can do without: a bare server of Node that sends content (`big-content.ts`)
 * out of memory to whoever asks, at whatever address.
 *
 *   node bench/bare-sender.ts BYTES
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { createBigContent } from './big-content.ts'

const content = createBigContent(Number(process.argv[2]))

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-length': content.bytes })
  // Whoever leaves early is nobody's failure.
  pipeline(Readable.from(content.pieces()), response, () => {})
})
server.listen(0, '127.0.0.1', () => {
  console.log(`ready: http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
