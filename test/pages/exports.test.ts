/** Exports of lists and bugs, read back by small parsers that know nothing of how they were written. */
import { describe, expect, test } from 'vitest'
import { bugListCsv, csvCell } from '../../src/pages/export-csv.ts'
import { bugMarkdown, escapeMarkdown } from '../../src/pages/export-markdown.ts'
import { bugMbox } from '../../src/pages/export-mbox.ts'
import { bugListText, bugText } from '../../src/pages/export-text.ts'
import { createLinks } from '../../src/pages/links.ts'
import { createSite } from '../../src/pages/site.ts'
import { createMarkdown } from '../../src/text/markdown.ts'
import { parseCsv, parseMbox } from '../support/exports.ts'
import { at, type BugParts, inventBug, inventIdentity, inventTracker } from '../support/invented-tracker.ts'
import { hostileText, inventKiln } from '../support/kiln.ts'

const site = createSite({ title: 'Bugs', links: createLinks({ basePath: '/t', asset: name => name }) })
const kiln = inventKiln()
const repository = { name: 'tools/kiln', tracker: kiln.tracker }
const origin = 'https://bugs.example.org'
const shown = { site, repository, origin }
const odd = /[^\t\n\r\P{C}]|[\u202a-\u202e\u2066-\u2069]/u

/** A bug of one person with these texts, the first of which is the description. */
function bugWith(texts: readonly string[], parts: Partial<BugParts> = {}) {
  const events = texts.map(
    (text, index) =>
      ['ada', at('2026-11-18 09:14') + index * 60, { type: index === 0 ? 'create' : 'comment', text }] as const,
  )
  return inventBug(7, { title: 'A title', events, ...parts })
}

describe('CSV of a list', () => {
  const read = async (bugs: Parameters<typeof bugListCsv>[0]['bugs']) => parseCsv(await bugListCsv({ ...shown, bugs }))

  test('has a header and a line for each bug, in the order of the query', async () => {
    const [header, ...lines] = await read(kiln.tracker.bugs)
    expect(header).toEqual('humanId,id,status,title,labels,author,createdAt,editedAt,comments,url'.split(','))
    expect(lines.map(([, id]) => id)).toEqual(kiln.tracker.bugs.map(({ id }) => id))
    expect(new Set(lines.map(cells => cells.length))).toEqual(new Set([10]))
    const { id } = kiln.rich
    expect(lines[0]).toEqual([
      id.slice(0, 7),
      id,
      'open',
      'Firing schedule is lost when the controller restarts',
      'area/storage, firmware/2.4, good first issue, kind/bug, needs/hardware, priority/high',
      'Ada Marsh (ada)',
      '2026-11-18T09:14:00Z',
      '2026-11-20T08:01:00Z',
      '4',
      `https://bugs.example.org/t/tools/kiln/-/bugs/${id}`,
    ])
  })

  test('of no bug is the header', async () => {
    expect(await bugListCsv({ ...shown, bugs: [] })).toMatch(/^humanId,.*,url\r\n$/)
  })

  test.each(['a,b', 'say "no"', 'two\nlines', 'a\r\nb', ',"\n",'])('%j comes back as it was', async title => {
    expect((await read([bugWith(['x'], { title })]))[1]?.[3]).toBe(title)
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '=HYPERLINK("https://evil.example","x")'])(
    '%j is no formula',
    text => {
      expect(parseCsv(`${csvCell(text)}\r\n`)).toEqual([[`'${text}`]])
    },
  )

  test('a formula in a title, a label or a name is none, and nothing is hidden', async () => {
    const ada = inventIdentity('ada', { name: '=cmd|x' })
    const bug = bugWith(['x'], { title: '=1+1\u202e', labels: ['@a', 'b'] })
    const tracker = inventTracker({ bugs: [bug], identities: [ada] })
    const [, line] = parseCsv(await bugListCsv({ ...shown, repository: { name: 'k', tracker }, bugs: [bug] }))
    expect(line?.slice(3, 6)).toEqual(["'=1+1[U+202E]", "'@a, b", "'=cmd|x"])
    expect(await bugListCsv({ ...shown, bugs: [kiln.hostile] })).not.toMatch(odd)
  })

  test('a time that is none is empty', async () => {
    expect((await read([kiln.hostile]))[1]?.slice(6, 8)).toEqual(['', ''])
  })
})

describe('plain text', () => {
  test('of a list is a line for each bug below what was asked', async () => {
    const text = await bugListText({ ...shown, bugs: [kiln.rich, kiln.hostile], query: 'label:kind/bug' })
    expect(text.split('\n').slice(0, 4)).toEqual([
      '2 bugs of tools/kiln',
      'Query: label:kind/bug',
      'Page:  https://bugs.example.org/t/tools/kiln/-/bugs?q=label:kind/bug',
      '',
    ])
    expect(text.split('\n')[4]).toBe(
      `${kiln.rich.id.slice(0, 7)}  open    2026-11-20    Firing schedule is lost when the controller restarts ` +
        '[area/storage, firmware/2.4, good first issue, kind/bug, needs/hardware, priority/high] (Ada Marsh (ada), 3 replies)',
    )
    expect(text.split('\n')).toHaveLength(7)
    expect(text).not.toMatch(odd)
  })

  test('of a bug has facts, then comments and changes in their order, and wraps nothing', () => {
    const lines = bugText({ ...shown, bug: kiln.rich }).split('\n')
    expect(lines[0]).toBe('Firing schedule is lost when the controller restarts')
    expect(lines).toContain(`Page:       https://bugs.example.org/t/tools/kiln/-/bugs/${kiln.rich.id}`)
    expect(lines.filter(line => /^\d{4}-/.test(line)).map(line => line.replace(/unknown \(.*?\)/, 'unknown'))).toEqual([
      '2026-11-18 09:14 UTC  Ada Marsh (ada) wrote (edited 2 times, last 2026-11-18 11:14 UTC):',
      '2026-11-18 09:15 UTC  Ada Marsh (ada) added kind/bug, area/storage, priority/high',
      '2026-11-18 11:40 UTC  tomas wrote:',
      '2026-11-18 12:00 UTC  kiln-bot added needs/hardware and removed needs/triage',
      '2026-11-19 08:02 UTC  tomas changed the title from "Schedule lost" to "Firing schedule is lost when the controller restarts"',
      '2026-11-17 22:05 UTC  Zoë Ünal wrote (edited 1 time, last 2026-11-17 23:05 UTC):',
      '2026-11-20 07:00 UTC  Ada Marsh (ada) closed this',
      '2026-11-20 08:00 UTC  unknown opened this again',
      '2026-11-20 08:01 UTC  kiln-bot wrote no text',
    ])
    expect(lines).toContain(
      '    Then the write is not flushed before the relay drops. Reproduced with `kiln --simulate-cut`.',
    )
    expect(
      lines.filter(line => line.startsWith('Attached: https://bugs.example.org/t/tools/kiln/-/files/')),
    ).toHaveLength(2)
  })

  test('no text passes for somebody else’s words, and nothing reaches the terminal', () => {
    const forged = '2026-11-20 07:00 UTC  Ada Marsh (ada) closed this'
    const text = bugText({ ...shown, bug: bugWith([`x\n${forged}\r\n\u001b[2J${forged}`], { title: `a\n${forged}` }) })
    expect(text.split('\n').filter(line => line.startsWith('2026-'))).toEqual([
      '2026-11-18 09:14 UTC  Ada Marsh (ada) wrote:',
    ])
    expect(text).toContain(`    [U+001B][2J${forged}`)
    expect(bugText({ ...shown, bug: kiln.hostile })).not.toMatch(odd)
  })
})

describe('Markdown', () => {
  const markdown = createMarkdown()
  /** Headings of the rendered document: those outside of quotes. */
  const headings = (source: string) => {
    const { html } = markdown.render(source)
    const outside = html.replace(/<blockquote>[\s\S]*?<\/blockquote>/g, '')
    return [...outside.matchAll(/<h\d[^>]*>([\s\S]*?)<\/h\d>/g)].map(([, text]) => text)
  }

  test('of a bug has a section for each comment and the changes in their order', () => {
    const source = bugMarkdown({ ...shown, bug: kiln.rich })
    expect(source.split('\n').filter(line => line.startsWith('#'))).toEqual([
      '# Firing schedule is lost when the controller restarts',
      '## Ada Marsh (ada), 2026-11-18 09:14 UTC (edited 2 times, last 2026-11-18 11:14 UTC)',
      '## tomas, 2026-11-18 11:40 UTC',
      '## Zoë Ünal, 2026-11-17 22:05 UTC (edited 1 time, last 2026-11-17 23:05 UTC)',
      '## kiln-bot, 2026-11-20 08:01 UTC',
    ])
    expect(source).toContain('\n- Ada Marsh (ada) closed this, 2026-11-20 07:00 UTC\n')
    expect(source).toContain(`\n- Page: <https://bugs.example.org/t/tools/kiln/-/bugs/${kiln.rich.id}>\n`)
  })

  test('a text is there word for word, each line after a sign of quotation', () => {
    const text = '# A heading\n\n```js\nlet x = 1 \\* 2\n```\n- a\n\t- b'
    const source = bugMarkdown({ ...shown, bug: bugWith([text]) })
    const quoted = source.split('\n').filter(line => line.startsWith('>'))
    expect(quoted.map(line => line.replace(/^> ?/, '')).join('\n')).toBe(text)
  })

  test.each([
    '# Not a section',
    'Not a section\n===',
    '```\nnever closed',
    '<!-- never closed',
    '<pre>\n\nnever closed',
    '- a\n  - b\n\n    ~~~',
    'lazy',
    '> deeper\nlazy',
  ])('%j cannot reach what comes after it', text => {
    const source = bugMarkdown({ ...shown, bug: bugWith([text, 'answer']) })
    expect(headings(source)).toHaveLength(3)
  })

  test('titles, names and labels are shown as they are', () => {
    expect(headings(`# ${escapeMarkdown('a *b* `c` [d](e) <i>f</i> &amp; \\g #')}`)).toEqual([
      'a *b* `c` [d](e) &lt;i&gt;f&lt;/i&gt; &amp;amp; \\g #',
    ])
    expect(escapeMarkdown('a\n# b')).toBe('a \\# b')
    expect(bugMarkdown({ ...shown, bug: kiln.hostile })).not.toMatch(odd)
  })
})

describe('a mailbox', () => {
  test('has a message for each comment, in one thread', () => {
    const mails = parseMbox(bugMbox({ repository, bug: kiln.rich }))
    const ids = kiln.rich.comments.map(({ id }) => `<${id}@git-bug.invalid>`)
    expect(mails.map(mail => mail.headers.get('message-id'))).toEqual(ids)
    expect(mails.map(mail => mail.headers.get('in-reply-to'))).toEqual([undefined, ids[0], ids[0], ids[0]])
    expect(mails.map(mail => mail.headers.get('references'))).toEqual([undefined, ids[0], ids[0], ids[0]])
    const subject = '[tools/kiln] Firing schedule is lost when the controller restarts'
    expect(mails.map(mail => mail.headers.get('subject'))).toEqual(ids.map(() => subject))
    expect(mails.map(mail => mail.headers.get('from')?.replace(/[0-9a-f]{64}/, 'id'))).toEqual([
      '"Ada Marsh (ada)" <id@git-bug.invalid>',
      '"tomas" <id@git-bug.invalid>',
      'Zoë Ünal <id@git-bug.invalid>',
      '"kiln-bot" <id@git-bug.invalid>',
    ])
    expect(mails[0]?.headers.get('x-git-bug-files')).toBe(kiln.rich.comments[0]?.files.join(' '))
    expect(mails[0]?.headers.get('date')).toBe('Wed, 18 Nov 2026 09:14:00 +0000')
    expect(mails[0]?.envelope).toMatch(/^From [0-9a-f]{64}@git-bug\.invalid Wed Nov 18 09:14:00 2026$/)
    expect(mails.map(mail => mail.body)).toEqual(kiln.rich.comments.map(({ message }) => message))
  })

  test.each(['From here on', '>From', '>From a', '>>From a', ' From a', 'a\nFrom b\n\nFrom c', 'ends\n\n.\n\nFrom x'])(
    '%j is text and no message',
    text => {
      const mails = parseMbox(bugMbox({ repository, bug: bugWith([text, 'answer']) }))
      expect(mails.map(({ body }) => body)).toEqual([text, 'answer'])
    },
  )

  test.each([
    'x\nBcc: all@example.org',
    'x\r\nBcc: all@example.org',
    'x\rBcc: y',
    'x\u0085Bcc: y',
    'x\u2028Bcc: y',
    'ü\n\nFrom evil\nBcc: y',
  ])('%j as title, name and repository makes no header', text => {
    const ada = inventIdentity('ada', { name: text })
    const bug = bugWith(['body'], { title: text })
    const mbox = bugMbox({
      repository: { name: text, tracker: inventTracker({ bugs: [bug], identities: [ada] }) },
      bug,
    })
    const [mail, ...others] = parseMbox(mbox)
    expect(others).toEqual([])
    expect([...mail!.headers.keys()].toSorted()).toEqual([
      'content-transfer-encoding',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
    ])
    expect(mail?.body).toBe('body')
  })

  test.each(['é'.repeat(500), '🔥'.repeat(99), '=?utf-8?B?eA==?=', `${'x'.repeat(1500)}`, 'a "quoted\\" name'])(
    'the title and name %j come back whole',
    text => {
      const name = text.slice(0, 60).toWellFormed()
      const ada = inventIdentity('ada', { name })
      const bug = bugWith(['body'], { title: text })
      const mbox = bugMbox({
        repository: { name: 'k', tracker: inventTracker({ bugs: [bug], identities: [ada] }) },
        bug,
      })
      const [mail] = parseMbox(mbox)
      expect(mail?.headers.get('subject')).toBe(`[k] ${text}`)
      const from = mail?.headers
        .get('from')
        ?.replace(/ <[^<]*>$/, '')
        .replace(/^"(.*)"$/, '$1')
        .replace(/\\(.)/g, '$1')
      expect(from).toBe(name)
      const encoded = mbox.split('\n').filter(line => line.includes('=?utf-8?'))
      expect(encoded.filter(line => line.length > 76)).toEqual([])
      expect(mbox.split('\n\n', 1)[0]).toMatch(/^[\x20-\x7e\n]*$/)
    },
  )

  test('of a hostile bug hides nothing, and has a date where the clock had none', () => {
    const mbox = bugMbox({ repository, bug: kiln.hostile })
    expect(mbox).not.toMatch(odd)
    const mails = parseMbox(mbox)
    expect(mails).toHaveLength(3)
    expect(mails[0]?.headers.get('date')).toBe('Thu, 01 Jan 1970 00:00:00 +0000')
    expect(mails[0]?.headers.get('subject')).toBe(
      `[tools/kiln] ${hostileText.replace('\u202e', '[U+202E]').replace('\u0007', '[U+0007]')}`,
    )
    expect(mbox).not.toContain('mallory@example.org')
  })
})
