/**
 * A registry of packages on this machine, as far as npm needs one to publish a package to it and to install it from
 * there. It has the one that was published, and sends whoever asks for others on to the registry that npm is set to.
 */
import { execFile } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'

export interface PackageRegistry extends AsyncDisposable {
  /** Ends with a slash. */
  readonly url: string
  /** What was published, as npm described it. */
  readonly published: readonly PublishedPackage[]
}

interface PublishedPackage {
  readonly name: string
  readonly versions: Readonly<Record<string, { readonly dist: { tarball: string }; _hasShrinkwrap?: boolean }>>
  readonly 'dist-tags': Readonly<Record<string, string>>
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>
}

/** Starts it. */
export async function openPackageRegistry(): Promise<PackageRegistry> {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'])
  const elsewhere = stdout.trim().replace(/\/$/, '')
  const published: PublishedPackage[] = []
  const find = (path: string) => published.findLast(({ name }) => path === `/${name}`)
  const server = createServer((request, response) => {
    const { method, url = '/' } = request
    const file = published
      .flatMap(({ _attachments }) => Object.entries(_attachments))
      .find(([name]) => url === `/-/${name}`)
    if (method === 'PUT') {
      void readPackage(request, registryUrl).then(sent => {
        published.push(sent)
        response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
      })
    } else if (file !== undefined) {
      response.end(Buffer.from(file[1].data, 'base64'))
    } else if (find(url) !== undefined) {
      const { _attachments: _, ...described } = find(url)!
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(described))
    } else {
      response.writeHead(302, { location: `${elsewhere}${url}` }).end()
    }
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const registryUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    url: registryUrl,
    published,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
}

/** As registries do, it says where the file is, and whether a shrinkwrap is in it. */
async function readPackage(request: IncomingMessage, registryUrl: string): Promise<PublishedPackage> {
  const sent = JSON.parse(await text(request)) as PublishedPackage
  for (const [version, described] of Object.entries(sent.versions)) {
    const file = `${sent.name}-${version}.tgz`
    described.dist.tarball = `${registryUrl}-/${file}`
    const files = gunzipSync(Buffer.from(sent._attachments[file]!.data, 'base64'))
    described._hasShrinkwrap = files.includes('package/npm-shrinkwrap.json')
  }
  return sent
}
