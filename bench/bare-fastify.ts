/** A bare Fastify route that sends the bytes of a file: what no framework's user can be faster than. For bench/requests.ts. */
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'

const [file = '', type = 'text/html; charset=utf-8'] = process.argv.slice(2)
const body = readFileSync(file)
const app = Fastify({ logger: false })
app.get('/same', (_request, reply) => reply.type(type).send(body))
app.get('/unchanged', (_request, reply) => reply.code(304).header('etag', 'W/"same"').send())
await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`ready: http://127.0.0.1:${(app.server.address() as { port: number }).port}/\n`)
process.on('SIGTERM', () => process.exit(0))
