/**
 * Attached files. They come from whoever could push, so they are data and never pages: a few kinds that a browser can
 * show safely keep their type, told by their first bytes and not by a name; everything else is a download. What does
 * load runs in a sandbox of its own.
 */
import type { FastifyInstance } from 'fastify'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

/** Read whole into memory; larger ones are for `git bug`, until they are streamed. */
const maxFileBytes = 16 * 1024 * 1024

/** Kinds that are shown, by their first bytes. SVG is not among them: it can hold scripts. */
const shownKinds: readonly { readonly type: string; fits(bytes: Buffer): boolean }[] = [
  { type: 'image/png', fits: bytes => startsWith(bytes, '\x89PNG\r\n\x1a\n') },
  { type: 'image/jpeg', fits: bytes => startsWith(bytes, '\xff\xd8\xff') },
  { type: 'image/gif', fits: bytes => startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a') },
  { type: 'image/webp', fits: bytes => startsWith(bytes, 'RIFF') && bytes.toString('latin1', 8, 12) === 'WEBP' },
]

function startsWith(bytes: Buffer, signature: string): boolean {
  return bytes.toString('latin1', 0, signature.length) === signature
}

export async function fileRoutes(app: FastifyInstance, services: PageServices) {
  app.get<{ Params: { name: string; hash: string } }>(`${repositoryPrefix}/files/:hash`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, async ({ lease }) => {
      const { hash } = request.params
      const bytes = await lease.readFile(hash, maxFileBytes)
      const shown = shownKinds.find(kind => kind.fits(bytes))
      return reply
        .type(shown?.type ?? 'application/octet-stream')
        .headers({
          'cache-control': 'public, max-age=31536000, immutable',
          'content-security-policy': "default-src 'none'; sandbox",
          'content-disposition': `${shown ? 'inline' : 'attachment'}; filename="${hash.slice(0, 12)}"`,
          'cross-origin-resource-policy': 'same-origin',
        })
        .send(bytes)
    }),
  )
}
