/**
 * Requests of one reader over one connection that stays open, timed from the call to the last byte. Not `fetch`, whose
 * first call costs more than some of the answers that are measured here.
 */
import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly ms: number
}

export interface HttpClient extends Disposable {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  post(path: string, body: string): Promise<Answer>
  /** What a JSON address says. @throws where it does not answer 200 */
  json<T>(path: string): Promise<T>
}

/** @param origin such as `http://127.0.0.1:3000` */
export function createHttpClient(origin: string): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const get: HttpClient['get'] = (path, headers = {}) => ask(`${origin}${path}`, { agent, headers })
  return {
    get,
    post: (path, body) => ask(`${origin}${path}`, { agent, body, headers: { 'content-type': 'text/plain' } }),
    async json<T>(path: string) {
      const answer = await get(path)
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
      return JSON.parse(answer.body.toString()) as T
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

interface Question {
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** One request; also for generators of load with an agent of their own. */
export function ask(url: string, { agent, headers, body }: Question): Promise<Answer> {
  const startMs = performance.now()
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const call = request(url, { agent, method, headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const ms = performance.now() - startMs
        const { statusCode: status = 0, headers, rawHeaders } = response
        resolve({ status, headers, rawHeaders, body: Buffer.concat(chunks), ms })
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}
