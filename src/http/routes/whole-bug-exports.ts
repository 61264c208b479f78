/**
 * The bugs that a query finds, each whole with all its comments, as lines of JSON and as a mailbox. They are written as
 * they are read, a few at a time, so that a whole repository takes no more memory than one bug. One that cannot be read
 * any more is left out, as in lists.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readAhead } from '../../base/read-ahead.ts'
import type { Bug, Tracker } from '../../bug/model.ts'
import { bugJson, writeJson } from '../../pages/api-json.ts'
import { bugMbox } from '../../pages/export-mbox.ts'
import { defaultListQuery } from '../../pages/list-address.ts'
import { parseQuery } from '../../query/parser.ts'
import { selectBugs } from '../../query/select.ts'
import { type LongAnswer, type Making, sendLongAnswer, writeTexts } from '../long-answer.ts'
import { queryError, querySource, readQuery } from '../query-use.ts'
import { readablePassingBug } from '../readable-bug.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { HttpServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

interface ExportRequest {
  Params: { name: string }
  Querystring: { q?: unknown }
}

/** How a bug is written. */
interface WholeBugFormat {
  readonly format: Extract<LongAnswer['format'], 'ndjson' | 'mbox'>
  /** @param repository.name of the repository that the bug is in */
  write(bug: Bug, repository: { readonly name: string; readonly tracker: Tracker }): string
}

const formats: readonly WholeBugFormat[] = [
  { format: 'ndjson', write: (bug, { tracker }) => `${writeJson(bugJson(bug, tracker.identities))}\n` },
  { format: 'mbox', write: (bug, repository) => bugMbox({ repository, bug }) },
]

/** Bugs that are read at the same time for one answer. */
const readsAhead = 4

export async function wholeBugExports(app: FastifyInstance, services: HttpServices) {
  for (const format of formats) {
    app.get<ExportRequest>(`${repositoryPrefix}/bugs.${format.format}`, (request, reply) =>
      answerExport(services, { request, reply }, format),
    )
  }
}

async function answerExport(
  services: HttpServices,
  at: { readonly request: FastifyRequest<ExportRequest>; readonly reply: FastifyReply },
  { format, write }: WholeBugFormat,
): Promise<FastifyReply> {
  const { params, query } = at.request
  return await withRepository(services, { ...at, name: params.name, isLong: true }, async ({ lease }) => {
    const { name } = lease.repository
    const text = readQuery(query.q, services.options.maxQueryChars) ?? defaultListQuery
    return await sendLongAnswer(services, at, {
      lease,
      state: lease.tracker.digest,
      format,
      key: JSON.stringify([name, text]),
      fileName: `${name}-bugs.${format}`,
      isText: true,
      check: () => void readParsed(text),
      make: making => writeTexts(textsOf(text, making, write), making),
    })
  })
}

/** @throws QUERY_INVALID */
function readParsed(text: string) {
  const parsed = parseQuery(text)
  if ('error' in parsed) throw queryError(parsed.error)
  return parsed.query
}

async function* textsOf(
  text: string,
  { lease, signal }: Making,
  write: WholeBugFormat['write'],
): AsyncGenerator<string, void> {
  const query = readParsed(text)
  const repository = { name: lease.repository.name, tracker: lease.tracker }
  const found = selectBugs(query, await querySource(lease, query, signal))
  for await (const bug of readAhead(found, readsAhead, summary => readablePassingBug(lease, summary, signal))) {
    signal.throwIfAborted()
    if (bug) yield write(bug, repository)
  }
}
