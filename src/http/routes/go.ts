/**
 * Whatever names one bug, comment or person leads there: ids and their first digits, combined ids, numbers and addresses
 * of where a bug was imported from. All listed repositories are looked into, within a time (`cache/survey.ts`); where
 * several things fit, or not all could be looked into, a page says so. The id is a parameter, or the rest of the path.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { type Found, findBug, findIdentity } from '../../bug/find.ts'
import { isEntityId } from '../../bug/ids.ts'
import type { BugSummary } from '../../bug/model.ts'
import { isImportedFrom, type Reference, readReference } from '../../bug/reference.ts'
import type { Lease } from '../../cache/lease.ts'
import { isComment } from '../../pages/comment-view.ts'
import { goPage, type Target, targetUrl } from '../../pages/go-page.ts'
import { contentTypes } from '../answer.ts'
import { findByCombinedId } from '../combined-ids.ts'
import { readableBug } from '../readable-bug.ts'
import { readerSignal } from '../reader-signal.ts'
import type { PageServices } from '../services.ts'
import { allRepositories } from '../works.ts'
import { readFrom } from './search.ts'

interface GoRequest {
  Params: { '*'?: string }
  Querystring: { id?: unknown; from?: unknown }
}

const waitMs = 1000
/** Longer ones are not shown either. */
const maxTypedChars = 2048

export async function goRoutes(app: FastifyInstance, services: PageServices) {
  const handle = (request: FastifyRequest<GoRequest>, reply: FastifyReply) => answerGo(services, request, reply)
  app.get<GoRequest>('/-/go', handle)
  app.get<GoRequest>('/-/go/*', handle)
}

async function answerGo(
  services: PageServices,
  request: FastifyRequest<GoRequest>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { site, answerer, render, survey, works, options } = services
  const typed = readTyped(request)
  const from = readFrom(request.query.from)
  if (typed === undefined) {
    return await answerer.send(request, reply, {
      state: 'go',
      format: 'html',
      key: 'go',
      render: async () => await render('go', goPage({ site, typed, targets: [], reach: undefined })),
    })
  }
  const reference = readReference(typed)
  if (!reference) return await answerPage(services, reply, { typed, targets: [], reach: undefined })
  using _work = works.begin(allRepositories)
  using surveyed = await survey.run({
    from,
    waitMs,
    signal: readerSignal(reply, options.requestMs),
    look: (lease, signal) => findTargets(lease, reference, signal),
  })
  const targets = surveyed.found.flatMap(({ result }) => result)
  const [target, ...others] = targets
  const isComplete = surveyed.next === undefined && surveyed.late.length === 0 && from === undefined
  const isSure = isComplete || (reference.kind === 'id' && isEntityId(reference.prefix))
  if (target && others.length === 0 && isSure) return reply.redirect(targetUrl(site, target))
  return await answerPage(services, reply, { typed, targets, reach: { ...surveyed, from } })
}

/** @throws PARAMETER_INVALID */
function readTyped({ params, query }: FastifyRequest<GoRequest>): string | undefined {
  const typed = params['*'] ?? query.id
  if (typed === undefined || typed === '') return undefined
  if (typeof typed === 'string' && typed.length <= maxTypedChars) return typed
  throw new ViewerError('PARAMETER_INVALID', 'id must be one id')
}

async function answerPage(
  { site, render }: PageServices,
  reply: FastifyReply,
  shown: Omit<Parameters<typeof goPage>[0], 'site'>,
): Promise<FastifyReply> {
  const html = await render('go', goPage({ site, ...shown }))
  return reply
    .code(shown.targets.length === 0 ? 404 : 300)
    .header('cache-control', 'no-cache')
    .type(contentTypes.html)
    .send(html)
}

/** Digits of a combined id from which on comments are looked for: fewer fit too many. */
const minCombinedDigits = 7
/** Bugs of one repository that are read to find a comment. */
const maxCandidates = 16

async function findTargets(lease: Lease, reference: Reference, signal: AbortSignal): Promise<readonly Target[]> {
  const { tracker } = lease
  const repository = lease.repository.name
  if (reference.kind !== 'id') {
    const bugs = tracker.bugs.filter(bug => isImportedFrom(bug, reference))
    const [bug] = bugs
    const place = reference.kind === 'url' ? reference.place : undefined
    const comment = bug && place !== undefined && (await findImportedComment(lease, { bug, place }, signal))
    return comment ? [comment] : bugs.map(one => ({ repository, kind: 'bug', bug: one }))
  }
  const { prefix } = reference
  const targets: Target[] = [
    ...allOf(findBug(tracker, prefix)).map(bug => ({ repository, kind: 'bug', bug }) as const),
    ...allOf(findIdentity(tracker, prefix)).map(identity => ({ repository, kind: 'person', identity }) as const),
  ]
  if (prefix.length >= minCombinedDigits) targets.push(...(await findComments(lease, prefix, signal)))
  return targets
}

/** The comment that was at a place of the page that its bug was imported from. */
async function findImportedComment(
  lease: Lease,
  { bug, place }: { readonly bug: BugSummary; readonly place: string },
  signal: AbortSignal,
): Promise<Target | undefined> {
  const read = await readableBug(lease, bug, signal)
  const comment = read?.timeline.find(event => isComment(event) && event.importedPlace === place)
  return comment && { repository: lease.repository.name, kind: 'comment', bug, id: comment.id }
}

async function findComments(lease: Lease, prefix: string, signal: AbortSignal): Promise<readonly Target[]> {
  const repository = lease.repository.name
  const found = await findByCombinedId(lease, prefix, { maxBugs: maxCandidates, signal })
  // So many that start alike are no chance: each is a choice by itself.
  if ('tooMany' in found) return found.tooMany.map(bug => ({ repository, kind: 'bug', bug }))
  return found.targets.map(({ bug, event }) => ({ repository, kind: 'comment', bug, id: event.id }))
}

function allOf<T>(found: Found<T>): readonly T[] {
  if (found === undefined) return []
  return 'one' in found ? [found.one] : found.several
}
