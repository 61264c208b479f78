/**
 * Requests a second that one server process answers: the list page, uncompressed, and a 304 of it, each against a bare
 * Fastify route. What is compared: the same bytes on the wire. The bare route sends the body and every header of the
 * viewer's answer, from a table that it was given; the bench asks both and refuses to go on if the answers differ in more
 * than the date. What the viewer does and the bare route does not: find the repository, see that it did not change, read
 * the query, find the finished page, compare ETags. A second bare server sends the body with nothing but its type, which
 * is said but not judged.
 *
 * The load comes from a process of its own (`closed-loop.ts`, 20 connections) on another core; the bench only waits. Each
 * server was warm before. Rounds take turns, so that a machine whose speed drifts slows all; medians count.
 *
 *   node bench/requests.ts [REPOSITORY.git] [--seconds 4] [--rounds 5] [--keep DIR]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { BareAnswers } from './bare-fastify.ts'
import { openBenchFolder } from './bench-folder.ts'
import type { RateOrder, RateResult } from './closed-loop.ts'
import type { Answer } from './http-client.ts'
import { addresses, existingRepository, keepOption, prepareRepository } from './repository.ts'
import { median, printVerdict } from './statistics.ts'
import { openServer, openViewer, type ServerProcess, waitForPage } from './viewer-process.ts'

const connections = 20
const warmUpSeconds = 2

/** Requests a second. @throws where an answer was not the wanted one */
async function measureRate(order: Omit<RateOrder, 'connections'>): Promise<number> {
  const child = fork(join(import.meta.dirname, 'closed-loop.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  try {
    const answered = once(child, 'message') as Promise<[RateResult]>
    child.send({ ...order, connections } satisfies RateOrder)
    const message = await Promise.race([answered, ended.then(() => undefined)])
    const result = message?.[0] ?? { error: 'the load process ended before it had told' }
    if ('error' in result) throw new Error(result.error)
    return result.rate
  } finally {
    if (child.connected) child.disconnect()
    await ended
  }
}

/** Headers that the server itself adds to every answer. */
const ownHeaders = ['date', 'connection', 'keep-alive', 'content-length']

function givenHeaders(answer: Answer): Record<string, string> {
  const kept = Object.entries(answer.headers).filter(([name]) => !ownHeaders.includes(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
}

/** Status, headers and body, but for the order of the headers and the date. */
function fingerprint({ status, headers, body }: Answer): string {
  const lines = Object.entries(headers).map(([name, value]) => (name === 'date' ? name : `${name}: ${String(value)}`))
  return [status, ...lines.toSorted(), body.toString('latin1')].join('\n')
}

async function openBare(file: string, answers: BareAnswers): Promise<ServerProcess> {
  await writeFile(file, JSON.stringify(answers))
  return await openServer([join(import.meta.dirname, 'bare-fastify.ts'), file])
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      ...keepOption,
      seconds: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '5' },
    },
    allowPositionals: true,
  })
  await using folder = await openBenchFolder()
  const given = positionals[0]
  const repository =
    given === undefined ? await prepareRepository(values.keep ?? folder.path, { bugs: 421 }) : existingRepository(given)
  await using viewer = await openViewer({ paths: [repository.path] })
  const { list } = addresses(repository)
  const { answer: page } = await waitForPage(viewer.client, list)
  const ifUnchanged = { 'if-none-match': String(page.headers.etag) }
  const unchanged = await viewer.client.get(list, ifUnchanged)

  const base64 = page.body.toString('base64')
  await using bare = await openBare(join(folder.path, 'same.json'), {
    page: { headers: givenHeaders(page), base64 },
    unchanged: { headers: givenHeaders(unchanged) },
  })
  await using plain = await openBare(join(folder.path, 'plain.json'), {
    page: { headers: { 'content-type': String(page.headers['content-type']) }, base64 },
    unchanged: { headers: { etag: String(page.headers.etag) } },
  })
  for (const [ours, theirs] of [
    [page, await bare.client.get('/same')],
    [unchanged, await bare.client.get('/unchanged')],
  ] as const) {
    if (fingerprint(ours) !== fingerprint(theirs)) throw new Error('the bare route does not send what the viewer sends')
  }

  const listUrl = `${viewer.url}${list}`
  const cases = [
    { name: 'list page', status: 200, headers: {}, path: '/same', wanted: 0.8 },
    { name: '304', status: 304, headers: ifUnchanged, path: '/unchanged', wanted: 0.9 },
  ] as const
  console.log(`list page of ${page.body.length} bytes, uncompressed; ${connections} connections`)
  for (const { name, status, headers, path, wanted } of cases) {
    const run = async (seconds: number) => ({
      ours: await measureRate({ url: listUrl, status, headers, seconds }),
      bare: await measureRate({ url: `${bare.url}${path}`, status, headers, seconds }),
      plain: await measureRate({ url: `${plain.url}${path}`, status, headers, seconds }),
    })
    await run(warmUpSeconds)
    const rounds: Awaited<ReturnType<typeof run>>[] = []
    for (let round = 0; round < Number(values.rounds); round++) rounds.push(await run(Number(values.seconds)))
    const of = (key: 'ours' | 'bare' | 'plain') => median(rounds.map(round => round[key])).toFixed(0)
    const ratio = median(rounds.map(round => round.ours / round.bare))
    const plainRatio = median(rounds.map(round => round.ours / round.plain))
    console.log(
      `${name}: ${of('ours')} requests/s, bare Fastify ${of('bare')}, bare and without our headers ${of('plain')} (ratio ${plainRatio.toFixed(2)})`,
    )
    printVerdict(`${name} / bare Fastify`, ratio.toFixed(2), { text: `at least ${wanted}`, met: ratio >= wanted })
  }
}

await main()
