/** One bug: page, feed, and what can be taken away; and the ways that lead to it: prefixes and imported numbers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { type Found, findBug, findImported } from '../../bug/find.ts'
import { type Bug, type BugSummary, humanId } from '../../bug/model.ts'
import { bugJson, writeJson } from '../../pages/api-json.ts'
import { bugMarkdown } from '../../pages/export-markdown.ts'
import { bugMbox } from '../../pages/export-mbox.ts'
import { bugText } from '../../pages/export-text.ts'
import { bugFeed } from '../../pages/feeds.ts'
import { UnfinishedAnswer } from '../answer.ts'
import { bugHtml } from '../bug-html.ts'
import { choicesAnswer } from '../choices.ts'
import { createMentionReader, type MentionReader } from '../mentions.ts'
import { unknownBug } from '../named-bug.ts'
import { siteOrigin } from '../origin.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { splitSuffix } from '../suffix.ts'
import { type RepositoryUse, withRepository } from '../with-repository.ts'

interface BugAddress {
  Params: { name: string; id: string }
}

const bugFormats = ['json', 'atom', 'txt', 'md', 'mbox'] as const
type BugFormat = (typeof bugFormats)[number]

interface BugAt extends RepositoryUse {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** What the address names the bug by, as the visitor wrote it. */
  readonly typed: string
  readonly format: BugFormat | undefined
}

export async function bugPages(app: FastifyInstance, services: PageServices) {
  const mentions = createMentionReader()
  const route = (path: string, find: (at: BugAt) => Promise<FastifyReply>) =>
    app.get<BugAddress>(`${repositoryPrefix}/${path}/:id`, (request, reply) =>
      withRepository(services, { request, reply, name: request.params.name }, use => {
        const { id: typed, format } = splitSuffix(request.params.id, bugFormats)
        return find({ ...use, request, reply, typed, format })
      }),
    )

  route('bugs', async at => {
    const found = findBug(at.lease.tracker, at.typed)
    if (!found) throw unknownBug(at.lease.tracker, at.typed)
    if ('one' in found && found.one.id === at.typed)
      return await answerBug(services, { ...at, mentionReader: mentions }, found.one)
    return await redirectOrChoose(services, at, found)
  })
  route('issues', async at => {
    const found = findImported(at.lease.tracker, at.typed)
    if (!found)
      throw new ViewerError('BUG_UNKNOWN', 'no bug was imported under that number', { data: { subject: at.typed } })
    return await redirectOrChoose(services, at, found)
  })
}

async function answerBug(
  services: PageServices,
  at: BugAt & { mentionReader: MentionReader },
  summary: BugSummary,
): Promise<FastifyReply> {
  const { site } = services
  const { lease, request } = at
  const { tracker } = lease
  const repository = { name: lease.repository.name, tracker }
  const format = at.format ?? 'html'
  // These name the host that they were asked of.
  const hasOrigin = format === 'atom' || format === 'txt' || format === 'md'
  const origin = hasOrigin ? siteOrigin(request, services.options) : ''
  const renderers = {
    json: async (bug: Bug) => writeJson(bugJson(bug, tracker.identities)),
    atom: async (bug: Bug) => bugFeed({ site, repository, origin, bug, markdown: await services.markdown() }),
    txt: async (bug: Bug) => bugText({ site, repository, origin, bug }),
    md: async (bug: Bug) => bugMarkdown({ site, repository, origin, bug }),
    mbox: async (bug: Bug) => bugMbox({ repository, bug }),
    html: async (bug: Bug, stop: AbortSignal) => {
      const mentions = at.mentionReader.read(lease, bug, { patienceMs: services.options.progressAfterMs, stop })
      const html = await bugHtml(services, { lease, bug, mentions, stop })
      if ((await mentions) === undefined) throw new UnfinishedAnswer(html)
      return html
    },
  }
  return await services.answerer.send(request, at.reply, {
    state: tracker.digest,
    ...(hasOrigin ? {} : { repository: repository.name }),
    format,
    ...(format === 'mbox' ? { fileName: `${repository.name}-${humanId(summary.id)}.mbox` } : {}),
    key: JSON.stringify([origin, repository.name, 'bug', summary.id]),
    render: async stop => await renderers[format](await lease.readBug(summary, stop), stop),
  })
}

async function redirectOrChoose(
  services: PageServices,
  at: BugAt,
  found: NonNullable<Found<BugSummary>>,
): Promise<FastifyReply> {
  const { lease, reply, typed, format } = at
  if ('several' in found) return await choicesAnswer(services, { reply, lease, typed, format, matches: found.several })
  const suffix = format === undefined ? '' : `.${format}`
  return reply.redirect(services.site.links.bug(lease.repository.name, found.one.id) + suffix)
}
