/**
 * The files of `public/`, and those that the operator adds: read once at the start, served from memory under names that carry the digest of their
 * content, so that browsers may keep them for ever. Only the files that were there at the start exist.
 */
import { hash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { extname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { ViewerError } from '../base/errors.ts'
import { sendPage } from './answer.ts'
import { type FinishedPage, finishPage } from './finished-pages.ts'

export interface StaticFiles {
  /** The name under which a file is served: `viewer.css` → `viewer.1a2b3c4d.css`. */
  servedName(fileName: string): string
  find(servedName: string): { readonly type: string; readonly page: FinishedPage } | undefined
  /** Changes with any of the files. */
  readonly digest: string
}

/** A file beside those of the folder. */
export interface StaticFile {
  readonly name: string
  readonly body: Buffer
}

const types: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.webp', 'image/webp'],
  ['.jpg', 'image/jpeg'],
])
/** An SVG that somebody opens by itself is a page that could run scripts, and it may be the operator's from anywhere. */
const svgPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

/** Reads the folder. @param added what is served besides */
export async function loadStaticFiles(folder: string, added: readonly StaticFile[] = []): Promise<StaticFiles> {
  const served = new Map<string, { type: string; page: FinishedPage }>()
  const names = new Map<string, string>()
  const ours = (await fs.readdir(folder)).sort().filter(name => types.has(extname(name)))
  const read = ours.map(async name => ({ name, body: await fs.readFile(join(folder, name)) }))
  for (const { name, body } of [...(await Promise.all(read)), ...added]) {
    const extension = extname(name)
    const type = types.get(extension) ?? 'application/octet-stream'
    const digest = hash('sha256', body, 'hex').slice(0, 12)
    const servedName = `${name.slice(0, -extension.length)}.${digest}${extension}`
    names.set(name, servedName)
    served.set(servedName, { type, page: finishPage(body) })
  }
  return {
    servedName: name => names.get(name) ?? name,
    find: name => served.get(name),
    digest: [...names.values()].join(' '),
  }
}

export async function staticFileRoutes(app: FastifyInstance, { files }: { files: StaticFiles }) {
  app.get<{ Params: { file: string } }>('/-/static/:file', async (request, reply) => {
    const found = files.find(request.params.file)
    if (!found) throw new ViewerError('PAGE_UNKNOWN', 'no such file')
    if (found.type === 'image/svg+xml') reply.header('content-security-policy', svgPolicy)
    reply.type(found.type).header('cache-control', 'public, max-age=31536000, immutable')
    return await sendPage(request, reply, found.page)
  })
}
