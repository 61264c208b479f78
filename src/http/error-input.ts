/** What the page for an error is given: what went wrong, with what, and where a visitor can go from there. */
import type { FastifyRequest } from 'fastify'
import { type ErrorCode, ViewerError } from '../base/errors.ts'
import type { OriginFailure } from '../bug/model.ts'
import type { ErrorInput } from '../pages/error-page.ts'
import { type ErrorAnswer, isOwnFailure } from './error-reply.ts'
import { repositoryOf } from './repository-url.ts'
import type { PageServices } from './services.ts'

/** Failures of a copy of a repository elsewhere. */
const remoteCodes: ReadonlySet<ErrorCode | undefined> = new Set([
  'REMOTE_REFUSED',
  'REMOTE_UNREACHABLE',
  'REMOTE_TOO_LARGE',
  'MIRROR_NO_ROOM',
])
/** After these all other pages of the repository would say the same. */
const outsideCodes: ReadonlySet<ErrorCode | undefined> = new Set([
  'REPOSITORY_UNKNOWN',
  'REPOSITORY_EMPTY',
  ...remoteCodes,
])

interface AnsweredError {
  readonly error: unknown
  readonly answer: ErrorAnswer
}

/** Collects it. */
export async function errorInput(
  services: PageServices,
  request: FastifyRequest,
  { error, answer }: AnsweredError,
): Promise<ErrorInput> {
  const { name, '*': rest } = request.params as { readonly name?: string; readonly '*'?: string }
  const { code, status } = answer
  const data = error instanceof ViewerError ? error.data : {}
  const isRemote = remoteCodes.has(code) || code === 'REPOSITORY_EMPTY'
  const wanted = isRemote ? (name ?? rest?.replace(/\/$/, '')) : undefined
  const mirror = wanted === undefined ? undefined : (await services.manager.registry.find(wanted))?.mirror
  // A request may be wrong in more than the name: nothing leads to pages of a repository that is not there.
  const within = name ?? repositoryOf(request.url)
  const isInside = within !== undefined && !outsideCodes.has(code) && isKnown(services, within)
  return {
    site: services.site,
    status,
    code,
    repository: isInside ? { name: within } : undefined,
    remote: mirror && { href: mirror.href, reason: data.reason as OriginFailure | undefined },
    subject: typeof data.subject === 'string' ? data.subject : name,
    retryAfterSeconds: answer.retryAfterSeconds,
    requestId: isOwnFailure(answer) ? request.id : undefined,
  }
}

/** Asks no disk: that it does not answer may be what the page is about. */
function isKnown({ manager }: PageServices, name: string): boolean {
  return manager.registry.all().some(repository => repository.name === name)
}
