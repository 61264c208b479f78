/**
 * Writes the whole site as files: asks the program for every page that is linked to from the list of each repository,
 * and leads its links to other files. A repository whose pages the program calls unchanged is left as it is; the others
 * are asked for whole, and files are written where their bytes differ. One repository after another, and the trouble of
 * one is not that of others: what was written of it before stays.
 */
import type { ExportFormat } from '../base/export-formats.ts'
import { type Address, ownHost, readAddress, repositoryUrl } from './addresses.ts'
import type { Ask, AskFile, FileAnswer } from './answer.ts'
import { type Crawl, type CrawlItem, createCrawl } from './crawl.ts'
import { repositoryFolders } from './file-names.ts'
import type { ExportedRepository, FileList, ListedFile, Manifest } from './manifest.ts'
import type { OutputFolder } from './output-folder.ts'
import { createPageWriter, type PageWriter } from './page-writer.ts'
import { robotsText, sitemapFiles } from './sitemap.ts'

export interface ExportOptions {
  readonly formats: ReadonlySet<ExportFormat>
  /** Queries that the operator has named, as `normalQuery` writes them. */
  readonly named: ReadonlySet<string>
  /** Where the export will be, without a slash at the end; undefined where nobody knows. */
  readonly baseUrl: string | undefined
  readonly allowsCrawlers: boolean
}

export interface ExportDeps {
  readonly ask: Ask
  readonly askFile: AskFile
  readonly output: OutputFolder
  /** Ends the run: what was written is kept, and known to the next one. */
  readonly signal: AbortSignal
  readonly reporter: Reporter
}

/** Is told how it goes. */
export interface Reporter {
  /** Called after every file. */
  progress(at: { readonly repository: string; readonly done: number; readonly known: number }): void
  repository(told: RepositoryReport): void
}

export interface RepositoryReport {
  readonly name: string
  /** `partly`: some pages could not be made; `failed`: none, and what was there before stays. */
  readonly outcome: 'exported' | 'unchanged' | 'partly' | 'failed'
  readonly files: number
  readonly written: number
  /** What went wrong, one line each; the first of many. */
  readonly failures: readonly string[]
}

export interface ExportSummary {
  readonly files: number
  readonly bytes: number
  readonly written: number
  readonly removed: number
  /** Pages and repositories that could not be made. */
  readonly failures: number
  readonly isComplete: boolean
}

/** Changes with what is written of the same pages. */
const layoutVersion = 1
const maxFailuresTold = 5

/** Exports everything that the program shows. */
export async function exportSite(options: ExportOptions, deps: ExportDeps): Promise<ExportSummary> {
  const key = JSON.stringify([layoutVersion, [...options.formats].sort(), [...options.named].sort(), options.baseUrl])
  const names = await listRepositories(deps.ask)
  return await new Export(options, deps, { key, names }).run()
}

async function listRepositories(ask: Ask): Promise<string[]> {
  const { status, body } = await ask('/api/v1/repos')
  if (status !== 200) throw new Error(`the program cannot list its repositories (status ${status})`)
  const { items } = JSON.parse(body.toString()) as { items: readonly { name: string }[] }
  return items.map(({ name }) => name)
}

/** What is to be exported, and by which options. */
interface Plan {
  readonly key: string
  readonly names: readonly string[]
}

interface Files {
  readonly list: Map<string, ListedFile>
  written: number
}

class Export {
  readonly #options: ExportOptions
  readonly #deps: ExportDeps
  readonly #plan: Plan
  readonly #folders: ReadonlyMap<string, string>
  readonly #crawl: Crawl = createCrawl()
  readonly #writer: PageWriter
  readonly #site: Files = { list: new Map(), written: 0 }
  readonly #done = new Map<string, ExportedRepository>()
  /** Of the repository that is being exported. */
  #current: Files = { list: new Map(), written: 0 }
  #name = ''
  #failures: string[] = []
  #allFailures = 0
  #written = 0
  #hasSkipped = false

  constructor(options: ExportOptions, deps: ExportDeps, plan: Plan) {
    this.#options = options
    this.#deps = deps
    this.#plan = plan
    this.#folders = repositoryFolders(plan.names)
    this.#writer = createPageWriter(
      { rules: options, folders: this.#folders, baseUrl: options.baseUrl },
      {
        ask: deps.ask,
        askFile: deps.askFile,
        put: (item, content, file) => this.#put(item, content, file),
        failed: (url, status) => this.#fail(`${url} was answered with status ${status}`),
        mayBeThere: item => this.#mayBeThere(item),
      },
    )
  }

  async run(): Promise<ExportSummary> {
    const { signal } = this.#deps
    try {
      for (const name of this.#plan.names) await this.#exportRepository(name)
      // Last, because by now the program knows how many bugs there are everywhere.
      this.#name = ''
      this.#failures = []
      this.#add('/-/help/query')
      await this.#visit('/')
      await this.#writer.writeNotFound('/-/not-found')
      this.#allFailures += this.#failures.length
    } catch (error) {
      if (!signal.aborted) throw error
    }
    return await this.#finish()
  }

  async #visit(url: string) {
    this.#add(url)
    const visit = async (item: CrawlItem) => {
      const { isThere, links } = await this.#writer.visit(item)
      return { isThere, links: links.filter(({ address }) => this.#isFollowed(address)) }
    }
    await this.#crawl.run(visit, this.#deps.signal)
  }

  /** Links stay within the repository; the index comes when all repositories are there. */
  #isFollowed({ repository, url }: Address): boolean {
    return repository === undefined ? this.#name === '' || !isIndex(url) : repository === this.#name
  }

  #mayBeThere({ address: { repository }, file }: CrawlItem): boolean {
    if (repository === undefined || repository === this.#name) return this.#crawl.mayBeThere(file)
    return this.#done.get(repository)?.files.has(file) ?? false
  }

  #add(url: string) {
    const address = readAddress(url, '/', this.#options)
    if (address === undefined || typeof address === 'string') throw new Error(`the rules leave out ${url}`)
    const folder = address.repository === undefined ? '' : `${this.#folders.get(address.repository)}/`
    this.#crawl.add({ address, file: folder + address.path })
  }

  async #exportRepository(name: string) {
    const { output, reporter } = this.#deps
    const probes = ['bugs', 'about'].map(page => `${repositoryUrl(name)}/-/${page}`)
    const last = output.last?.repositories.get(name)
    this.#current = { list: new Map(), written: 0 }
    this.#failures = []
    this.#name = name
    if (last && (await this.#isUnchanged(probes, last))) {
      this.#done.set(name, last)
      this.#hasSkipped = true
      const files = last.files.size
      return reporter.repository({ name, outcome: 'unchanged', files, written: 0, failures: [] })
    }
    const [list] = probes
    const etags = await this.#readEtags(probes)
    const isThere = list !== undefined && list in etags
    if (isThere) {
      try {
        // Nothing links to the picture: it is for pages elsewhere.
        this.#add(`${repositoryUrl(name)}/-/badge.svg`)
        await this.#visit(list)
      } catch (error) {
        // Ended in the middle: the next run begins it anew, and knows of all its files.
        const files = new Map([...(last?.files ?? []), ...this.#current.list])
        this.#done.set(name, { etags: {}, files })
        throw error
      }
    }
    if (isThere) this.#done.set(name, { etags: this.#failures.length === 0 ? etags : {}, files: this.#current.list })
    else if (last && this.#failures.length > 0) this.#done.set(name, { ...last, etags: {} })
    this.#allFailures += this.#failures.length
    // A repository without any bug and person is no failure.
    if (!isThere && this.#failures.length === 0) return
    const { list: files, written } = this.#current
    const failures = [...this.#failures.slice(0, maxFailuresTold), ...moreThan(maxFailuresTold, this.#failures.length)]
    const outcome = !isThere ? 'failed' : failures.length > 0 ? 'partly' : 'exported'
    reporter.repository({ name, outcome, files: files.size, written, failures })
  }

  /** Whether the program calls its pages unchanged, and the files are still there. */
  async #isUnchanged(probes: readonly string[], last: ExportedRepository): Promise<boolean> {
    if (this.#deps.output.last?.key !== this.#plan.key || Object.keys(last.etags).length === 0) return false
    for (const url of probes) {
      const etag = last.etags[url]
      const { status } = await this.#deps.ask(url, etag)
      if (etag === undefined ? status === 200 : status !== 304) return false
    }
    return await this.#deps.output.hasAll(last.files)
  }

  async #readEtags(probes: readonly string[]): Promise<Record<string, string>> {
    const etags: Record<string, string> = {}
    for (const url of probes) {
      const { status, etag } = await this.#deps.ask(url)
      if (status >= 500) this.#fail(`${url} was answered with status ${status}`)
      if (status === 200 && etag !== undefined) etags[url] = etag
    }
    return etags
  }

  #fail(message: string) {
    this.#failures.push(message)
  }

  async #put({ address, file }: CrawlItem, content: Buffer | FileAnswer, listed: ListedFile) {
    const { output, reporter } = this.#deps
    const files = address.repository === undefined ? this.#site : this.#current
    const isNew = (await output.put(file, content)) === 'written'
    files.list.set(file, listed)
    if (isNew) {
      files.written++
      this.#written++
    }
    reporter.progress({ repository: this.#name, done: this.#crawl.done, known: this.#crawl.known })
  }

  async #finish(): Promise<ExportSummary> {
    const { output, signal } = this.#deps
    const isComplete = !signal.aborted
    if (isComplete) await this.#writeForRobots()
    const { last } = output
    // What was skipped still needs the stylesheet and the help of its pages; what was not reached needs all that there was.
    const needed = [...(last?.site ?? [])].filter(([path]) => !isComplete || (this.#hasSkipped && isShared(path)))
    const site = new Map([...needed, ...this.#site.list])
    const repositories = new Map([...(isComplete ? [] : this.#notReached()), ...this.#done])
    const manifest: Manifest = { key: this.#plan.key, site, repositories }
    const removed = await output.finish(manifest)
    const all = [site, ...repositories.values().map(({ files }) => files)]
    return {
      files: all.reduce((sum, files) => sum + files.size, 0),
      bytes: all.reduce((sum, files) => sum + sizeOf(files), 0),
      written: this.#written,
      removed,
      failures: this.#allFailures,
      isComplete,
    }
  }

  /** What the last run wrote, and this one has not come to. */
  #notReached(): [string, ExportedRepository][] {
    const { last } = this.#deps.output
    const isSame = last?.key === this.#plan.key
    return [...(last?.repositories ?? [])].map(([name, one]) => [name, isSame ? one : { ...one, etags: {} }])
  }

  /** What names every page by its whole address. */
  async #writeForRobots() {
    const { baseUrl, allowsCrawlers } = this.#options
    if (baseUrl === undefined) return
    const lists = [this.#site.list, ...this.#done.values().map(({ files }) => files)]
    const pages = lists.flatMap(files => [...files].filter(([, { isListed }]) => isListed).map(([path]) => path))
    const files = new Map([['robots.txt', robotsText(allowsCrawlers, baseUrl)]])
    if (allowsCrawlers) {
      const urls = pages.sort().map(path => `${baseUrl}/${path}`)
      for (const [name, text] of sitemapFiles(urls, baseUrl)) files.set(name, text)
    }
    for (const [file, text] of files) {
      const address = { repository: undefined, url: `https://${ownHost}/${file}`, path: file, kind: 'file' } as const
      const bytes = Buffer.from(text)
      await this.#put({ address, file }, bytes, { bytes: bytes.length, isListed: false })
    }
  }
}

/** What pages of repositories may link to, the index aside, which is written in every run. */
function isShared(path: string): boolean {
  return path.startsWith('-/') && !path.startsWith('-/by-')
}

function isIndex(url: string): boolean {
  return url === '/' || url.startsWith('/?')
}

function sizeOf(files: FileList): number {
  return files.values().reduce((sum, { bytes }) => sum + bytes, 0)
}

function moreThan(most: number, count: number): string[] {
  return count > most ? [`and ${count - most} more`] : []
}
