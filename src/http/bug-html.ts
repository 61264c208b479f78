/** The page of one bug as HTML: brings together what it shows, which comes from several places. */

import type { Bug } from '../bug/model.ts'
import type { Lease } from '../cache/lease.ts'
import { type BugPageInput, bugPage } from '../pages/bug-page.ts'
import { commentsThatFit, currentText } from '../pages/comment-view.ts'
import type { Mentions } from '../pages/mentions.ts'
import { signaturesView } from '../pages/signature-view.ts'
import { shownEvents } from '../pages/timeline.ts'
import type { PageServices } from './services.ts'

/** A bug to be shown, and what its page is told besides. */
export interface ShownBug extends Pick<BugPageInput, 'bug' | 'current'> {
  readonly lease: Lease
  /** Fires when nobody waits for the page any more. */
  readonly stop: AbortSignal
  /** Bugs that mention it; found while the texts are rendered. */
  readonly mentions?: Promise<Mentions | undefined>
}

/** Renders the page. */
export async function bugHtml(services: PageServices, { lease, stop, mentions, ...shown }: ShownBug): Promise<string> {
  const { site } = services
  const repository = { name: lease.repository.name, tracker: lease.tracker }
  const [texts, markdown, signatures, mentioned] = await Promise.all([
    services.commentTexts({ repository, texts: textsOf(shown.bug) }, stop),
    services.markdown(),
    lease.checkSignatures(shown.bug, stop),
    mentions,
  ])
  const { signatureOf, summary } = signaturesView(signatures)
  const signed = { signatureOf, signatures: summary }
  const page = bugPage({ site, repository, texts, markdown, ...signed, mentions: mentioned, ...shown })
  return await services.render('bug', page)
}

function textsOf({ timeline }: Bug) {
  return [...commentsThatFit(shownEvents(timeline))]
    .map(currentText)
    .map(({ operationId, message }) => ({ operationId, source: message }))
}
