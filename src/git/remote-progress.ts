/**
 * What git says on standard error while it fetches: how far it has come, what it complains of, and what the remote says,
 * whose lines git marks. The remote's words are a stranger's: they are counted, cut, and never taken for git's own.
 */

/** How far a fetch has come. */
export interface FetchProgress {
  /** Asking the remote; the remote counts; objects come; they are put together; refs are written. */
  readonly step: FetchStep
  /** Of `total`; both 0 where that is not known. */
  readonly done: number
  readonly total: number
  /** What has come so far, about. */
  readonly bytes: number
}

export type FetchStep = 'connecting' | 'counting' | 'receiving' | 'resolving' | 'storing'

export interface ProgressReader {
  /** Takes what was printed, cut anywhere. */
  read(text: string): void
  /** What git has complained of, and what the remote has said; the last of it. */
  said(): Said
}

export interface Said {
  readonly own: string
  readonly remote: string
}

export interface ProgressListener {
  onProgress(progress: FetchProgress): void
  /** The remote has said, or git has read, how many objects come. */
  onObjects(count: number): void
  /** git is about to write a ref. @param files that it takes until refs are packed, folders included; rather too many */
  onRef(files: number): void
}

/** A longer line is cut: nothing that is understood here is as long. */
const maxLineChars = 1000
const maxKeptLines = 20

const remoteMark = 'remote: '
const remoteCount = /^(?:Enumerating|Counting|Compressing) objects: +(?:\d+% \((\d+)\/(\d+)\)|(\d+))/
const enumerated = /^Enumerating objects: +(\d+), done/
const own = /^(Receiving objects|Resolving deltas): +\d+% \((\d+)\/(\d+)\)(?:, ([\d.]+) (bytes|[KMGT]iB))?/
const units: Readonly<Record<string, number>> = { bytes: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }

/** In the line of a ref its name stands twice, as in ` * [new ref] refs/bugs/1f3c -> refs/bugs/1f3c`. */
const slashesOfRef = 4

/** Each more folder in a name is one on disk; of a line that was cut nobody knows how many there are. */
function filesOfRef(line: string): number {
  if (line.length >= maxLineChars) return maxLineChars
  return Math.max(1, line.split('/').length - slashesOfRef)
}

/** Makes a reader of one process's words. */
export function createProgressReader(listener: ProgressListener): ProgressReader {
  let rest = ''
  let bytes = 0
  const ownLines: string[] = []
  const remoteLines: string[] = []
  const keep = (lines: string[], line: string) => {
    lines.push(line)
    if (lines.length > maxKeptLines) lines.shift()
  }
  const readRemote = (line: string) => {
    const count = remoteCount.exec(line)
    if (!count) return keep(remoteLines, line)
    const total = enumerated.exec(line)?.[1]
    if (total !== undefined) listener.onObjects(Number(total))
    listener.onProgress({ step: 'counting', done: Number(count[1] ?? count[3]), total: Number(count[2] ?? 0), bytes })
  }
  const readLine = (line: string) => {
    if (line.startsWith(remoteMark)) return readRemote(line.slice(remoteMark.length).trimEnd())
    const [isProgress, what, done, total, amount, unit = ''] = own.exec(line) ?? []
    if (isProgress !== undefined) {
      if (amount !== undefined) bytes = Math.round(Number(amount) * (units[unit] ?? 0))
      const step = what === 'Receiving objects' ? 'receiving' : 'resolving'
      if (step === 'receiving') listener.onObjects(Number(total))
      return listener.onProgress({ step, done: Number(done), total: Number(total), bytes })
    }
    if (/^(?:From |Checking connectivity)/.test(line)) {
      return listener.onProgress({ step: 'storing', done: 0, total: 0, bytes })
    }
    // What begins with a space is a ref that is to move.
    if (line.startsWith(' ')) listener.onRef(filesOfRef(line))
    else if (line !== '') keep(ownLines, line)
  }
  return {
    read(text) {
      const lines = (rest + text).split(/[\r\n]/)
      rest = (lines.pop() ?? '').slice(0, maxLineChars)
      for (const line of lines) readLine(line.slice(0, maxLineChars))
    },
    said: () => ({ own: [...ownLines, rest].join('\n').trim(), remote: remoteLines.join('\n') }),
  }
}
