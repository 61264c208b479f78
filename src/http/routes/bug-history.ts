/** What a bug was: as of a commit of its graph, and the texts that its comments had. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { findBug } from '../../bug/find.ts'
import type { Bug, BugSummary, CommentEvent } from '../../bug/model.ts'
import { isComment } from '../../pages/comment-view.ts'
import { editsPage } from '../../pages/edits-page.ts'
import { bugHtml } from '../bug-html.ts'
import { choicesAnswer } from '../choices.ts'
import { unknownBug } from '../named-bug.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { type RepositoryUse, withRepository } from '../with-repository.ts'

interface HistoryAddress {
  Params: { name: string; id: string; part: string }
}

interface HistoryAt extends RepositoryUse {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly name: string
  readonly summary: BugSummary
  readonly bug: Bug
}

/** What part of a bug's history an address means, where it is and what shows it. */
interface HistoryPart {
  readonly url: string
  readonly key: readonly string[]
  readonly isImmutable?: boolean
  render(stop: AbortSignal): Promise<string>
}

export async function bugHistoryPages(app: FastifyInstance, services: PageServices) {
  const route = (path: string, find: (at: HistoryAt, typed: string) => HistoryPart) =>
    app.get<HistoryAddress>(`${repositoryPrefix}/bugs/:id/${path}/:part`, (request, reply) =>
      withRepository(services, { request, reply, name: request.params.name }, async use => {
        const { lease, signal } = use
        const { id: typed, part: typedPart } = request.params
        const found = findBug(lease.tracker, typed)
        if (!found) throw unknownBug(lease.tracker, typed)
        if ('several' in found) {
          return await choicesAnswer(services, { reply, lease, typed, format: undefined, matches: found.several })
        }
        const { name } = lease.repository
        const bug = await lease.readBug(found.one, signal())
        const part = find({ ...use, request, reply, name, summary: found.one, bug }, typedPart)
        // Whatever was typed in short leads to the one address of the thing.
        if (typed !== bug.id || !part.key.includes(typedPart)) return reply.redirect(part.url)
        return await services.answerer.send(request, reply, {
          state: lease.tracker.digest,
          repository: name,
          format: 'html',
          key: JSON.stringify([name, path, bug.id, ...part.key]),
          ...(part.isImmutable === true ? { isImmutable: true } : {}),
          render: stop => part.render(stop),
        })
      }),
    )

  route('at', (at, typed) => partAsOf(services, at, typed))
  route('edits', (at, typed) => partEdits(services, at, typed))
}

const minCommitDigits = 7
const minCombinedDigits = 4

/** Only a commit of the bug's own graph can be named, so that nothing else of the repository can be read here. */
function partAsOf(services: PageServices, { lease, name, summary, bug }: HistoryAt, typed: string): HistoryPart {
  const prefix = typed.toLowerCase()
  const matches = prefix.length < minCommitDigits ? [] : bug.packs.filter(({ commit }) => commit.startsWith(prefix))
  const [match, ...others] = matches
  if (!match || others.length > 0) {
    const reason = match ? 'several commits of the bug start so' : 'the bug has no such commit'
    throw new ViewerError('COMMIT_UNKNOWN', reason, { data: { subject: typed } })
  }
  const { commit } = match
  return {
    url: services.site.links.bugAt(name, bug.id, commit),
    key: [commit],
    isImmutable: true,
    async render(stop) {
      const then = await lease.readBug({ ...summary, tip: commit }, stop)
      return await bugHtml(services, { lease, bug: then, current: bug, stop })
    },
  }
}

function partEdits(services: PageServices, { lease, name, bug }: HistoryAt, typed: string): HistoryPart {
  const { site } = services
  const event = findComment(bug, typed.toLowerCase())
  if (!event) throw new ViewerError('COMMENT_UNKNOWN', 'the bug has no such comment', { data: { subject: typed } })
  return {
    url: site.links.edits(name, bug.id, event.id),
    key: [event.id],
    render: () =>
      services.render('edits', editsPage({ site, repository: { name, tracker: lease.tracker }, bug, event })),
  }
}

/** The comment whose combined id starts so; of several none, unless their ids are equal. */
function findComment({ timeline }: Bug, prefix: string): CommentEvent | undefined {
  if (prefix.length < minCombinedDigits) return undefined
  const matches = timeline.filter(isComment).filter(({ id }) => id.startsWith(prefix))
  const [first] = matches
  return matches.every(({ id }) => id === first?.id) ? first : undefined
}
