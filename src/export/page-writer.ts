/**
 * Writes what one address answers as a file whose links lead to other files. Links are relative, so that the files work
 * at any place; whole addresses are written only where the export was told its own. What the program does not answer is
 * no file, and an answer that says that the program failed is counted.
 */
import { posix } from 'node:path'
import { isViewerError } from '../base/errors.ts'
import { type Address, type AddressRules, type LeftOut, ownHost, readAddress } from './addresses.ts'
import type { Answer, Ask, AskFile, FileAnswer } from './answer.ts'
import type { CrawlItem, CrawlResult } from './crawl.ts'
import { feedUrls, rewriteFeed } from './feed-links.ts'
import type { ListedFile } from './manifest.ts'
import { escapeMarkup } from './markup.ts'
import { type Destination, type LinkTargets, readPage } from './page-links.ts'
import { addressesIn, replaceAddresses } from './text-addresses.ts'

export interface PageWriterDeps {
  readonly ask: Ask
  readonly askFile: AskFile
  /** Writes a file. */
  put(item: CrawlItem, content: Buffer | FileAnswer, file: ListedFile): Promise<void>
  /** Tells of an address that the program could not answer, though it should have. */
  failed(url: string, status: number): void
  /** False for a file that will not be there. */
  mayBeThere(item: CrawlItem): boolean
}

export interface PageWriterOptions {
  readonly rules: AddressRules
  /** Folder of each repository that is exported. */
  readonly folders: ReadonlyMap<string, string>
  /** Where the export will be, without a slash at the end; undefined where nobody knows. */
  readonly baseUrl: string | undefined
}

export interface PageWriter {
  visit(item: CrawlItem): Promise<CrawlResult>
  /** The page for addresses that a static host does not know: it is shown at any depth. @param url one that has none */
  writeNotFound(url: string): Promise<void>
}

type Target = { readonly item: CrawlItem; readonly hash: string } | LeftOut | undefined

/** Makes the writer of all pages of an export. */
export function createPageWriter(options: PageWriterOptions, deps: PageWriterDeps): PageWriter {
  const { rules, folders, baseUrl } = options
  /** Where redirects lead, and how attached files are called. */
  const asked = new Map<string, Promise<Target>>()

  const itemOf = (address: Address, path = address.path): CrawlItem | undefined => {
    if (address.repository === undefined) return { address, file: path }
    const folder = folders.get(address.repository)
    return folder === undefined ? undefined : { address, file: `${folder}/${path}` }
  }

  const askOnce = (address: Address): Promise<Target> => {
    let target = asked.get(address.url)
    if (target === undefined) {
      target = address.kind === 'attachment' ? targetOfFile(address) : targetOfRedirect(address)
      asked.set(address.url, target)
    }
    return target
  }

  const targetOfFile = async (address: Address): Promise<Target> => {
    const { status, type } = await deps.askFile(address.url)
    const item = status === 200 ? itemOf(address, `${address.path}.${endings[type] ?? 'bin'}`) : undefined
    return item ? { item, hash: '' } : 'text'
  }

  const targetOfRedirect = async (address: Address): Promise<Target> => {
    const { location } = await deps.ask(address.url)
    const next = location === undefined ? 'text' : readAddress(location, address.url, rules)
    if (next === undefined || typeof next === 'string' || next.kind !== 'file') return 'text'
    const item = itemOf(next)
    return item ? { item, hash: hashOf(location ?? '') } : 'text'
  }

  const targetOf = async (url: string, from: Address): Promise<Target> => {
    const address = readAddress(url, from.url, rules)
    if (address === undefined || typeof address === 'string') return address
    // Whether a page of another repository is there is not known here.
    if (from.repository !== undefined && ![from.repository, undefined].includes(address.repository)) return 'text'
    if (itemOf(address) === undefined) return 'text'
    if (address.kind !== 'file') return await askOnce(address)
    const item = itemOf(address)
    return item ? { item, hash: hashOf(url) } : 'text'
  }

  const targetsOf = async (urls: Iterable<string>, from: Address): Promise<ReadonlyMap<string, Target>> => {
    const found = new Map<string, Target>()
    for (const url of urls) {
      const target = await targetOf(url, from)
      const isMissing = typeof target === 'object' && !deps.mayBeThere(target.item)
      found.set(url, isMissing ? 'text' : target)
    }
    return found
  }

  const write = async (item: CrawlItem, answer: Answer): Promise<readonly CrawlItem[]> => {
    const { bytes, isListed, targets } = await rewrite(item, answer)
    await deps.put(item, bytes, { bytes: bytes.length, isListed })
    return [...targets.values()].flatMap(target => (typeof target === 'object' ? target.item : []))
  }

  const rewrite = async ({ address, file }: CrawlItem, { type, body }: Answer, isAnywhere = false) => {
    if (!/^text\/(?!css|javascript)|^application\/(?:atom|json)/.test(type)) {
      return { bytes: body, isListed: false, targets: new Map<string, Target>() }
    }
    const text = body.toString()
    const page = type === 'text/html' ? readPage(text) : undefined
    const isFeed = type === 'application/atom+xml'
    const urls = page ? page.urls : isFeed ? feedUrls(text) : addressesIn(text)
    const targets = await targetsOf(urls, address)
    const href = ({ item, hash }: Exclude<Target, LeftOut | undefined>) =>
      (isAnywhere && baseUrl !== undefined
        ? `${new URL(baseUrl).pathname.replace(/\/$/, '')}/${item.file}`
        : relative(file, item.file)) + hash
    const wholeOf = (url: string): string | undefined => {
      const target = targets.get(url) ?? targets.get(pathOf(url))
      return typeof target === 'object' && baseUrl !== undefined
        ? `${baseUrl}/${target.item.file}${target.hash}`
        : undefined
    }
    const inText = (path: string) => {
      const target = targets.get(path)
      if (typeof target !== 'object') return baseUrl === undefined ? path : `${baseUrl}${path}`
      return wholeOf(path) ?? href(target)
    }
    const link = (url: string): Destination => {
      const target = targets.get(url)
      if (typeof target === 'object') return { href: href(target) }
      return target === undefined ? { href: url } : { lost: target }
    }
    const html: LinkTargets = { link, whole: wholeOf, text: part => replaceAddresses(part, inText) }
    if (page) return { bytes: Buffer.from(page.write(html)), isListed: page.isListed, targets }
    if (!isFeed) return { bytes: Buffer.from(replaceAddresses(text, inText)), isListed: false, targets }
    const wholeLink = (url: string): Destination => {
      const whole = wholeOf(url)
      return whole === undefined ? link(url) : { href: whole }
    }
    const rewritten = rewriteFeed(text, {
      whole: url => wholeOf(url) ?? baseUrl ?? url,
      html: { ...html, link: wholeLink },
      host: new URL(baseUrl ?? `https://${ownHost}`).hostname,
    })
    return { bytes: Buffer.from(rewritten), isListed: false, targets }
  }

  /** Copies an attached file piece by piece. */
  const copy = async (item: CrawlItem): Promise<CrawlResult> => {
    const { url } = item.address
    const answer = await deps.askFile(url)
    const { status, bytes } = answer
    try {
      if (status === 200) await deps.put(item, answer, { bytes, isListed: false })
      else if (status >= 500) deps.failed(url, status)
      return { isThere: status === 200, links: [] }
    } catch (error) {
      if (!isViewerError(error, 'STREAM_FAILED')) throw error
      deps.failed(url, 500)
      return { isThere: false, links: [] }
    }
  }

  return {
    async visit(item) {
      const { url, kind } = item.address
      if (kind === 'attachment') return await copy(item)
      const answer = await deps.ask(url)
      const { status, location } = answer
      if (status === 200) return { isThere: true, links: await write(item, answer) }
      if (status >= 500) deps.failed(url, status)
      const target = location === undefined ? undefined : await targetOf(location, item.address)
      if (typeof target !== 'object') return { isThere: false, links: [] }
      const bytes = Buffer.from(forwarding(relative(item.file, target.item.file) + target.hash))
      await deps.put(item, bytes, { bytes: bytes.length, isListed: false })
      return { isThere: true, links: [target.item] }
    },
    async writeNotFound(url) {
      const address: Address = { repository: undefined, url, path: '404.html', kind: 'file' }
      const item = { address, file: '404.html' }
      const { bytes } = await rewrite(item, await deps.ask(url), true)
      await deps.put(item, bytes, { bytes: bytes.length, isListed: false })
    },
  }
}

/** Endings of attached files that browsers may show; whatever else they are, they are data. */
const endings: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'text/plain': 'txt',
}

function pathOf(url: string): string {
  const { pathname = '', search = '' } = URL.parse(url) ?? {}
  return pathname + search
}

function relative(from: string, to: string): string {
  return posix.relative(posix.dirname(from), to)
}

function hashOf(url: string): string {
  const at = url.indexOf('#')
  return at < 0 ? '' : url.slice(at)
}

/** A page that leads on. @param to made of safe names, and the place on a page */
function forwarding(to: string): string {
  const href = escapeMarkup(to)
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Bugs</title>
<meta http-equiv="refresh" content="0; url=${href}">
<meta name="robots" content="noindex">
</head>
<body><p><a href="${href}">The bugs are here.</a></p></body>
</html>
`
}
