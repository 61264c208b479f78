/**
 * The files of `public/`: read once at the start, served from memory under names that carry the digest of their
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

const types: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
])

/** Reads the folder. */
export async function loadStaticFiles(folder: string): Promise<StaticFiles> {
  const served = new Map<string, { type: string; page: FinishedPage }>()
  const names = new Map<string, string>()
  for (const name of (await fs.readdir(folder)).sort()) {
    const extension = extname(name)
    const type = types.get(extension)
    if (type === undefined) continue
    const body = await fs.readFile(join(folder, name))
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
    reply.type(found.type).header('cache-control', 'public, max-age=31536000, immutable')
    return await sendPage(request, reply, found.page)
  })
}
