/** Comments and events by their combined ids: the way to their places, and the texts of comments as they were written. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { isEntityId } from '../../bug/ids.ts'
import type { BugSummary, TimelineEvent } from '../../bug/model.ts'
import { isComment } from '../../pages/comment-view.ts'
import { choicesAnswer } from '../choices.ts'
import { type CombinedTarget, findByCombinedId } from '../combined-ids.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { splitSuffix } from '../suffix.ts'
import { type RepositoryUse, withRepository } from '../with-repository.ts'

interface CommentAddress {
  Params: { name: string; id: string }
}

interface CommentAt extends RepositoryUse {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The id or a prefix of it, as the visitor wrote it. */
  readonly typed: string
  readonly format: 'txt' | undefined
}

export async function commentRoutes(app: FastifyInstance, services: PageServices) {
  const { links } = services.site
  app.get<CommentAddress>(`${repositoryPrefix}/c/:id`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, async use => {
      const { id: typed, format } = splitSuffix(request.params.id, ['txt'])
      const at = { ...use, request, reply, typed, format }
      const { name } = use.lease.repository
      const targets = await findTargets(at)
      if ('tooMany' in targets) return await choicesAnswer(services, { ...at, matches: targets.tooMany })
      const [target, ...others] = targets
      if (!target) throw new ViewerError('COMMENT_UNKNOWN', 'no comment has that id', { data: { subject: typed } })
      if (others.length > 0) {
        return await choicesAnswer(services, { ...at, matches: [...new Set(targets.map(({ bug }) => bug))] })
      }
      if (format === undefined) return reply.redirect(links.comment(name, target.bug.id, target.event.id))
      if (target.event.id !== typed) return reply.redirect(links.commentText(name, target.event.id))
      return await answerText(services, at, target.event)
    }),
  )
}

/** Bugs that a prefix of a combined id may mean, and that are read to find out; more than these are not. */
const maxCandidates = 64

/** What the id means; or the bugs that may have such a thing, where they are too many to be read. */
async function findTargets({
  lease,
  signal,
  typed,
}: CommentAt): Promise<readonly CombinedTarget[] | { readonly tooMany: readonly BugSummary[] }> {
  const prefix = typed.toLowerCase()
  if (!/^[0-9a-f]{4,64}$/.test(prefix)) return []
  const found = await findByCombinedId(lease, prefix, { maxBugs: maxCandidates, signal: signal() })
  if ('tooMany' in found) return found
  // Operations of equal bytes have equal ids, and the first one counts.
  return isEntityId(prefix) ? found.targets.slice(0, 1) : found.targets
}

async function answerText(services: PageServices, at: CommentAt, event: TimelineEvent): Promise<FastifyReply> {
  const { name } = at.lease.repository
  if (!isComment(event)) {
    throw new ViewerError('COMMENT_UNKNOWN', 'what has that id has no text', { data: { subject: at.typed } })
  }
  return await services.answerer.send(at.request, at.reply, {
    state: at.lease.tracker.digest,
    repository: name,
    format: 'txt',
    key: JSON.stringify([name, 'comment', event.id]),
    render: async () => event.message,
  })
}
