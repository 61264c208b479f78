/**
 * A bare Fastify with two routes that send what they were given at the start: what no user of the framework can be faster
 * than. For bench/requests.ts, which gives it answers of the viewer, so that both send the same bytes.
 *
 *   node bench/bare-fastify.ts ANSWERS.json
 */
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'

export interface BareAnswers {
  /** With status 200 at `/same`. */
  readonly page: { readonly headers: Readonly<Record<string, string>>; readonly base64: string }
  /** With status 304 at `/unchanged`. */
  readonly unchanged: { readonly headers: Readonly<Record<string, string>> }
}

const [file = ''] = process.argv.slice(2)
const { page, unchanged } = JSON.parse(readFileSync(file, 'utf8')) as BareAnswers
const body = Buffer.from(page.base64, 'base64')
const app = Fastify({ logger: false })
app.get('/same', (_request, reply) => reply.headers(page.headers).send(body))
app.get('/unchanged', (_request, reply) => reply.code(304).headers(unchanged.headers).send())
await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`ready: http://127.0.0.1:${(app.server.address() as { port: number }).port}/\n`)
process.on('SIGTERM', () => process.exit(0))
