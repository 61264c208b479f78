/**
 * The list of bugs of a repository in every other format that needs no more than a list does: JSON, feed, table and text
 * of any query.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { mapInTurns } from '../../base/turns.ts'
import type { BugSummary } from '../../bug/model.ts'
import type { Lease } from '../../cache/lease.ts'
import { bugSummaryJson, writeJson } from '../../pages/api-json.ts'
import { type BugListExportInput, bugListCsv, bugsPerTurn } from '../../pages/export-csv.ts'
import { bugListText } from '../../pages/export-text.ts'
import { bugListFeed } from '../../pages/feeds.ts'
import { defaultListQuery } from '../../pages/list-address.ts'
import { parseQuery } from '../../query/parser.ts'
import { selectBugs } from '../../query/select.ts'
import type { StateAnswer } from '../answer.ts'
import { siteOrigin } from '../origin.ts'
import { queryError, querySource, readQuery } from '../query-use.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

interface ExportRequest {
  Params: { name: string }
  Querystring: { q?: unknown }
}

export async function bugListExports(app: FastifyInstance, services: PageServices) {
  const handle =
    (answer: (at: ListAt, services: PageServices) => Promise<FastifyReply>) =>
    (request: FastifyRequest<ExportRequest>, reply: FastifyReply) =>
      withRepository(services, { request, reply, name: request.params.name }, ({ lease }) => {
        const text = readQuery(request.query.q, services.options.maxQueryChars)
        return answer({ request, reply, lease, text }, services)
      })
  app.get<ExportRequest>(`${repositoryPrefix}/bugs.json`, handle(answerJson))
  app.get<ExportRequest>(`${repositoryPrefix}/bugs.atom`, handle(answerAtom))
  app.get<ExportRequest>(`${repositoryPrefix}/bugs.csv`, handle(answerCsv))
  app.get<ExportRequest>(`${repositoryPrefix}/bugs.txt`, handle(answerText))
}

interface ListAt {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly lease: Lease
  /** The query as it came; undefined without one. */
  readonly text: string | undefined
}

async function findAll(at: ListAt, stop: AbortSignal): Promise<readonly BugSummary[]> {
  const parsed = parseQuery(at.text ?? defaultListQuery)
  if ('error' in parsed) throw queryError(parsed.error)
  return selectBugs(parsed.query, await querySource(at.lease, parsed.query, stop))
}

async function answerJson(at: ListAt, services: PageServices): Promise<FastifyReply> {
  const { tracker, repository } = at.lease
  return await services.answerer.send(at.request, at.reply, {
    state: tracker.digest,
    repository: repository.name,
    format: 'json',
    key: JSON.stringify([repository.name, 'bugs', at.text]),
    async render(stop) {
      const bugs = await findAll(at, stop)
      const items = await mapInTurns(bugs, bugsPerTurn, bug => writeJson(bugSummaryJson(bug, tracker.identities)))
      stop.throwIfAborted()
      return `{"total":${bugs.length},"items":[${items.join(',')}]}`
    },
  })
}

async function answerAtom(at: ListAt, services: PageServices): Promise<FastifyReply> {
  const make = (shown: BugListExportInput) => bugListFeed({ ...shown, text: at.text })
  return await answerWithAddresses({ ...at, format: 'atom', make }, services)
}

async function answerCsv(at: ListAt, services: PageServices): Promise<FastifyReply> {
  const fileName = `${at.lease.repository.name}-bugs.csv`
  return await answerWithAddresses({ ...at, format: 'csv', fileName, make: bugListCsv }, services)
}

async function answerText(at: ListAt, services: PageServices): Promise<FastifyReply> {
  const make = (shown: BugListExportInput) => bugListText({ ...shown, query: at.text ?? defaultListQuery })
  return await answerWithAddresses({ ...at, format: 'txt', make }, services)
}

interface AddressedAnswer extends ListAt, Pick<StateAnswer, 'format' | 'fileName'> {
  make(shown: BugListExportInput): string | Promise<string>
}

/** A format that names the host that it was asked of: it is another one for each. */
async function answerWithAddresses(at: AddressedAnswer, services: PageServices): Promise<FastifyReply> {
  const { tracker, repository } = at.lease
  const origin = siteOrigin(at.request, services.options)
  const shown = { site: services.site, repository: { name: repository.name, tracker }, origin }
  return await services.answerer.send(at.request, at.reply, {
    state: tracker.digest,
    format: at.format,
    ...(at.fileName === undefined ? {} : { fileName: at.fileName }),
    key: JSON.stringify([origin, repository.name, 'bugs', at.text]),
    render: async stop => await at.make({ ...shown, bugs: await findAll(at, stop) }),
  })
}
