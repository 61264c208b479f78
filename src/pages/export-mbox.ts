/**
 * Bugs as a mailbox: a message for each comment, those of a bug in one thread, so that any mail program can search and
 * sort them. The file is of the kind mboxrd (RFC 4155, with `>` before every `From ` that a text has at the start of a
 * line). Promises that no text of anybody makes a header or a message: what goes into a header is one line, and is
 * encoded (RFC 2047) where it is not plain ASCII. Addresses end in `.invalid`: nobody's e-mail address is given away
 * (RFC 2606). Changes of titles, labels and status are not in it.
 */
import { isFileHash } from '../bug/ids.ts'
import type { Bug } from '../bug/model.ts'
import { oneLine, textLines } from './export-text.ts'
import type { RepositoryInput } from './layout.ts'
import { personName } from './person-view.ts'
import { isoTime } from './time.ts'
import { shortened } from './wording.ts'

const maxTitleChars = 2000
const domain = 'git-bug.invalid'

/** The messages of one bug; those of several bugs one after the other are a mailbox as well. */
export function bugMbox({ repository, bug }: { readonly repository: RepositoryInput; readonly bug: Bug }): string {
  const first = bug.comments[0]
  const subject = encodeText(oneLine(shortened(`[${oneLine(repository.name)}] ${bug.title}`, maxTitleChars)))
  const { identities } = repository.tracker
  return bug.comments
    .map(comment => {
      const sender = address(comment.authorId)
      const at = dateOf(comment.createdAt)
      const name = encodeName(oneLine(personName(comment.authorId, identities.get(comment.authorId))))
      const answers = first === undefined || comment === first ? undefined : `<${address(first.id)}>`
      const files = comment.files.filter(isFileHash)
      const head = [
        `From ${sender} ${envelopeDate(at)}`,
        // On a line of its own, since one with an encoded word has 76 characters at most.
        `From: ${name}\n <${sender}>`,
        `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
        `Subject: ${subject}`,
        `Message-ID: <${address(comment.id)}>`,
        ...(answers === undefined ? [] : [`In-Reply-To: ${answers}`, `References: ${answers}`]),
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 8bit',
        ...(files.length === 0 ? [] : [`X-Git-Bug-Files: ${files.join('\n ')}`]),
      ]
      const body = textLines(comment.message).map(line => (/^>*From /.test(line) ? `>${line}` : line))
      return `${[...head, '', ...body].join('\n')}\n\n`
    })
    .join('')
}

/** An address that is none. Ids are hexadecimal; whatever else came with one would not belong there. */
function address(id: string): string {
  return `${id.replace(/[^0-9a-f]/g, '') || 'unknown'}@${domain}`
}

/** A message has to have a date: where no calendar shows the comment's, it is the beginning of 1970, as in feeds. */
function dateOf(unixSeconds: number): Date {
  return new Date(isoTime(unixSeconds) ?? 0)
}

/** As `asctime` writes it: `Wed Nov 18 09:14:00 2026`. */
function envelopeDate(at: Date): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = at.toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`
}

/** A line may have 998 characters (RFC 5322, 2.1.1); a header's name and an address have to fit too. */
const maxPlainChars = 800

/** ASCII that can be seen, and nothing that looks like an encoded word already. */
function isPlain(text: string): boolean {
  return text.length <= maxPlainChars && /^[\x20-\x7e]*$/.test(text) && !text.includes('=?')
}

function encodeText(text: string): string {
  return isPlain(text) ? text : encodedWords(text)
}

function encodeName(name: string): string {
  return isPlain(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : encodedWords(name)
}

/** Bytes of one encoded word: with what surrounds it, and `Subject: ` before it, a line of 76 (RFC 2047, 2). */
const maxWordBytes = 39

/** A text as encoded words, one on each line; none ends inside a character. */
function encodedWords(text: string): string {
  const words: string[] = []
  let word = ''
  let bytes = 0
  for (const character of text) {
    const size = Buffer.byteLength(character)
    if (bytes + size > maxWordBytes) {
      words.push(word)
      word = ''
      bytes = 0
    }
    word += character
    bytes += size
  }
  return [...words, word].map(part => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\n ')
}
