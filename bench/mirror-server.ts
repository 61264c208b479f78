/**
 * The remote of benches with mirrors: `git http-backend` in processes of their own that come after the viewer where both
 * want a processor, since a real remote is another machine. And the way in which a visitor opens a mirror of it.
 */
import { writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { getPriority, setPriority } from 'node:os'
import { join } from 'node:path'
import { ask, type HttpClient } from './http-client.ts'
import type { BenchRepository } from './repository.ts'
import { openServer, type ServerProcess } from './viewer-process.ts'

export interface MirrorServer extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string
  /** What the viewer calls the repository at a path. */
  repository(path: string): BenchRepository
  /** Requests that have come. */
  asked(): Promise<number>
}

/** By so much it comes after the viewer. */
const afterViewer = 10

/** @param folder whose repositories are served */
export async function openMirrorServer(folder: string): Promise<MirrorServer> {
  const server = await openServer([join(import.meta.dirname, 'http-backend.ts'), folder])
  setPriority(server.pid, Math.min(19, getPriority() + afterViewer))
  const { host } = new URL(server.url)
  return {
    url: server.url,
    repository: path => ({ path: join(folder, path), name: `${host}/${path.replace(/\.git$/, '')}` }),
    asked: async () => Number((await server.client.get('/-/asked')).body),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Writes a settings file. @returns its path */
export async function writeMirrorSettings(
  folder: string,
  mirrors: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const path = join(folder, 'settings.yaml')
  const all = { ...others, mirrors: { allowAddresses: ['127.0.0.0/8'], minFreeBytes: 0, ...mirrors } }
  // JSON is YAML.
  await writeFile(path, JSON.stringify(all))
  return path
}

/** Opens a mirror as a visitor does. @returns where the visitor is sent to */
export async function openByForm({ url }: Pick<ServerProcess, 'url'>, address: string): Promise<string> {
  const agent = new Agent()
  const body = new URLSearchParams({ url: address }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { status, headers: answered } = await ask(`${url}/-/open`, { agent, body, headers })
  agent.destroy()
  const { location } = answered
  if (status !== 303 || typeof location !== 'string') throw new Error(`opening ${address} was answered ${status}`)
  return location
}

/** Waits until so many are on disk. */
export async function waitForMirrors(client: HttpClient, count: number, limitMs = 600_000): Promise<void> {
  const endAtMs = performance.now() + limitMs
  for (;;) {
    const { body } = await client.get('/metrics')
    const now = Number(/^gitbugviewer_mirrors (\d+)$/m.exec(body.toString())?.[1])
    if (now === count) return
    if (performance.now() > endAtMs) throw new Error(`${now} of ${count} mirrors have come`)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}
