/**
 * The page about a repository. Of the code that lies beside the bugs it shows the README and nothing else; the page is
 * another one as soon as that is another file, so the README's hash is a part of its state.
 */
import type { FastifyInstance } from 'fastify'
import type { Readme } from '../../cache/lease.ts'
import { aboutPage, type ReadmeInput } from '../../pages/about-page.ts'
import type { Markdown } from '../../text/markdown.ts'
import { shortDigest } from '../answer.ts'
import { repositoryPrefix } from '../repository-url.ts'
import type { PageServices } from '../services.ts'
import { withRepository } from '../with-repository.ts'

/** A larger README is not read; of a smaller one as much is shown as of a comment. */
const maxReadmeBytes = 4 * 1024 * 1024

export async function aboutRoutes(app: FastifyInstance, services: PageServices) {
  const { site, answerer, overview, render } = services
  app.get<{ Params: { name: string } }>(`${repositoryPrefix}/about`, (request, reply) =>
    withRepository(services, { request, reply, name: request.params.name }, async ({ lease, signal }) => {
      const { tracker } = lease
      const { name } = lease.repository
      const [details, readme] = await Promise.all([overview.details(lease.repository), lease.findReadme(signal())])
      const { description, owner, cloneUrl } = details
      const said = JSON.stringify([description, owner, cloneUrl])
      return await answerer.send(request, reply, {
        state: shortDigest([tracker.digest, readme?.name ?? '', readme?.hash ?? '', said]),
        format: 'html',
        key: JSON.stringify([name, 'about']),
        async render() {
          const markdown = await services.markdown()
          const { report } = site.choicesFor(name)
          const view = aboutPage({
            site,
            repository: { name, tracker },
            details,
            readme: readme && (await renderReadme(readme, markdown)),
            reportHtml: report === undefined ? undefined : markdown.render(report).html,
          })
          return await render('about', view)
        },
      })
    }),
  )
}

async function renderReadme(readme: Readme, markdown: Markdown): Promise<ReadmeInput> {
  const { name } = readme
  const bytes = await readme.read(maxReadmeBytes)
  if (!bytes) return { name, html: undefined }
  // Some editors begin a text with a mark, behind which no heading would be one.
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  // Without an end that says so it is no Markdown: lines and columns stay where they are.
  return { name, html: markdown.render(/\.(?:md|markdown)$/i.test(name) ? text : asCodeBlock(text)).html }
}

/** A fence that the text does not close. */
function asCodeBlock(text: string): string {
  let longest = 0
  for (const [run] of text.matchAll(/^ {0,3}`{3,}/gm)) longest = Math.max(longest, run.length)
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}\n${text}\n${fence}\n`
}
