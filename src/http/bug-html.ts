/** The page of one bug as HTML: brings together what it shows, which comes from several places. */

import type { Bug } from '../bug/model.ts'
import type { LookedAtFiles } from '../cache/file-looks.ts'
import type { Lease } from '../cache/lease.ts'
import { listedFiles } from '../pages/attached-files.ts'
import { type BugPageInput, bugPage } from '../pages/bug-page.ts'
import { commentsThatFit, currentText } from '../pages/comment-view.ts'
import type { Mentions } from '../pages/mentions.ts'
import { signaturesView } from '../pages/signature-view.ts'
import { shownEvents } from '../pages/timeline.ts'
import { UnfinishedAnswer } from './answer.ts'
import type { PageServices } from './services.ts'

/** A bug to be shown, and what its page is told besides. */
export interface ShownBug extends Pick<BugPageInput, 'bug' | 'current'> {
  readonly lease: Lease
  /** Fires when nobody waits for the page any more. */
  readonly stop: AbortSignal
  /** Bugs that mention it; found while the texts are rendered. */
  readonly mentions?: Promise<Mentions | undefined>
}

/** Renders the page. @throws UnfinishedAnswer where not all that it shows could be told in time */
export async function bugHtml(services: PageServices, { lease, stop, mentions, ...shown }: ShownBug): Promise<string> {
  const { site } = services
  const repository = { name: lease.repository.name, tracker: lease.tracker }
  const [texts, markdown, signatures, mentioned, looked] = await Promise.all([
    services.commentTexts({ repository, texts: textsOf(shown.bug) }, stop),
    services.markdown(),
    lease.checkSignatures(shown.bug, stop),
    mentions,
    lookAtFiles(services, { lease, bug: shown.bug, stop }),
  ])
  const { signatureOf, summary } = signaturesView(signatures)
  const signed = { signatureOf, signatures: summary }
  const { files } = looked
  const page = bugPage({ site, repository, texts, markdown, ...signed, files, mentions: mentioned, ...shown })
  const html = await services.render('bug', page)
  // What is not there yet may come, and no ref moves then.
  if (!looked.isComplete) throw new UnfinishedAnswer(html)
  return html
}

/** What is known of the attached files; most bugs have none. */
async function lookAtFiles(
  { options }: PageServices,
  { lease, bug, stop }: Pick<ShownBug, 'lease' | 'bug' | 'stop'>,
): Promise<LookedAtFiles> {
  const hashes = listedFiles(shownEvents(bug.timeline))
  if (hashes.length === 0) return { files: new Map(), isComplete: true }
  const { previewMaxBytes: maxBytes, progressAfterMs: patienceMs } = options
  return await lease.lookAtFiles(hashes, { maxBytes, patienceMs, signal: stop })
}

function textsOf({ timeline }: Bug) {
  return [...commentsThatFit(shownEvents(timeline))]
    .map(currentText)
    .map(({ operationId, message }) => ({ operationId, source: message }))
}
