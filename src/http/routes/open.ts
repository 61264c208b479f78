/**
 * `/-/open`: a visitor names a repository elsewhere and gets to its bugs. Only a POST opens anything, and only one that
 * no other site has sent; a link to `/-/open?url=…` shows the form, filled. What is wrong is said at the field, below
 * what was typed.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../../base/errors.ts'
import { indexPage } from '../../pages/index-page.ts'
import { maxAddressChars, type OpenAttempt } from '../../pages/open-form.ts'
import { strings } from '../../strings/strings.ts'
import { contentTypes } from '../answer.ts'
import { errorAnswer } from '../error-reply.ts'
import { allowOrigin, isOwnForm } from '../own-form.ts'
import { readerSignal } from '../reader-signal.ts'
import { repositoryEntries } from '../repository-entries.ts'
import type { MirrorsFront, PageServices } from '../services.ts'

export interface OpenServices extends PageServices {
  readonly mirrors: MirrorsFront
}

/** An address fits in, and its encoding. */
const maxBodyBytes = 4096
const words = strings.mirror.mistakes

export async function openRoutes(app: FastifyInstance, services: OpenServices) {
  const { site, mirrors, options } = services
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  )

  app.get<{ Querystring: { url?: unknown } }>('/-/open', async (request, reply) => {
    const { url } = request.query
    if (typeof url !== 'string') return reply.redirect(site.links.index(), 303)
    return await sendForm(services, reply, { address: url })
  })

  app.post('/-/open', { bodyLimit: maxBodyBytes }, async (request, reply) => {
    const address = typedAddress(request)
    const refuse = async (status: number, mistake: string) =>
      await sendForm(services, reply.code(status), { address, mistake })
    if (!isOwnForm(request, options)) return await refuse(403, words.otherSite)
    if (address === '') return await refuse(400, words.none)
    try {
      const { name } = await mirrors.open(wholeAddress(address), readerSignal(reply))
      return reply.header('cache-control', 'no-store').redirect(site.links.bugs(name), 303)
    } catch (error) {
      const mistake = mistakeOf(error)
      if (mistake === undefined) throw error
      const { status, retryAfterSeconds } = errorAnswer(error)
      if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds)
      return await refuse(status, mistake)
    }
  })
}

/** The list of repositories with the form before it. Nobody keeps it. */
async function sendForm(services: PageServices, reply: FastifyReply, attempt: OpenAttempt): Promise<FastifyReply> {
  const { site, overview, manager, render } = services
  const repositories = repositoryEntries(await overview.listKnown(), manager.registry)
  const html = await render('index', indexPage({ site, repositories, attempt }))
  allowOrigin(reply)
  return reply.header('cache-control', 'no-store').type(contentTypes.html).send(html)
}

function typedAddress({ body }: FastifyRequest): string {
  const address = body instanceof URLSearchParams ? body.get('url') : null
  return (address ?? '').trim().slice(0, maxAddressChars)
}

/** As browsers do, takes `codeberg.org/group/tool` for the address of a web server. */
function wholeAddress(address: string): string {
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?\//i.test(address) ? `https://${address}` : address
}

/** What the visitor is told; undefined for what they can do nothing about. */
function mistakeOf(error: unknown): string | undefined {
  if (!(error instanceof ViewerError)) return undefined
  switch (error.code) {
    case 'PARAMETER_INVALID':
      return words.cannotBeUsed(error.message)
    case 'REMOTE_NOT_ALLOWED':
      return words.notAllowed
    case 'REMOTE_REFUSED':
      return words.refused
    case 'REMOTE_UNREACHABLE':
      return strings.mirror.failures.unreachable.what
    case 'TOO_BUSY':
      return words.busy
    default:
      return undefined
  }
}
