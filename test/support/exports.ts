/** Small readers of what the viewer exports, written from the standards: CSV (RFC 4180) and mboxrd mailboxes (RFC 4155). */

/** The cells of each line. @throws for what RFC 4180 does not allow */
export function parseCsv(text: string): string[][] {
  const lines: string[][] = []
  let cells: string[] = []
  let place = 0
  while (place < text.length) {
    let cell = ''
    if (text[place] === '"') {
      let end = place + 1
      while (text[end] !== '"' || text[end + 1] === '"') {
        if (end >= text.length) throw new Error('a quote is not closed')
        cell += text[end]
        end += text[end] === '"' ? 2 : 1
      }
      place = end + 1
    } else {
      cell = /[^,\r\n"]*/y.exec(text.slice(place))?.[0] ?? ''
      place += cell.length
    }
    cells.push(cell)
    if (text[place] === ',') {
      place += 1
    } else if (text.startsWith('\r\n', place)) {
      place += 2
      lines.push(cells)
      cells = []
    } else throw new Error(`neither a comma nor the end of a line at ${place}`)
  }
  return lines
}

export interface Mail {
  /** The line that begins the message in the mailbox. */
  readonly envelope: string
  /** By lower-case name, unfolded, encoded words decoded. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** The messages of a mailbox. @throws for a line that is no header, and for a header that comes twice */
export function parseMbox(mbox: string): Mail[] {
  return mbox
    .split(/^(?=From )/m)
    .filter(part => part !== '')
    .map(part => {
      const [head = '', ...rest] = part.split('\n\n')
      const [envelope = '', ...lines] = head.replace(/\n[ \t]+/g, ' ').split('\n')
      const headers = new Map<string, string>()
      for (const line of lines) {
        const [, name = '', value = ''] = /^([!-9;-~]+): (.*)$/.exec(line) ?? []
        if (name === '' || headers.has(name.toLowerCase())) throw new Error(`no header: ${line}`)
        headers.set(name.toLowerCase(), decodeWords(value))
      }
      const body = rest
        .join('\n\n')
        .replace(/\n+$/, '')
        .replace(/^>(>*From )/gm, '$1')
      return { envelope, headers, body }
    })
}

function decodeWords(value: string): string {
  return value
    .replace(/\?= +=\?utf-8\?B\?/g, '?==?utf-8?B?')
    .replace(/=\?utf-8\?B\?([A-Za-z0-9+/=]*?)\?=/g, (_word, base64: string) => Buffer.from(base64, 'base64').toString())
}
