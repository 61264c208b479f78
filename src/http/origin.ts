/** Where the site is as its visitors see it: scheme, host and port. Feeds carry it, because they are read elsewhere. */
import type { FastifyRequest } from 'fastify'
import { ViewerError } from '../base/errors.ts'
import type { HttpOptions } from './services.ts'

/** A host name, an IPv4 or a bracketed IPv6 address, with or without a port: nothing that could leave its place in a URL. */
const hostPattern = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i

/** The configured origin, else the one that the request was sent to. @throws PARAMETER_INVALID for a strange host */
export function siteOrigin(request: FastifyRequest, options: HttpOptions): string {
  if (options.publicOrigin !== undefined) return options.publicOrigin
  if (!hostPattern.test(request.host)) throw new ViewerError('PARAMETER_INVALID', 'the Host header names no host')
  return `${request.protocol}://${request.host}`
}
