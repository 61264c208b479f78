/** The program as an export sees it: addresses are asked for, and answered. */

export interface Answer {
  readonly status: number
  /** Without parameters: `text/html`. */
  readonly type: string
  /** Where it leads on to. */
  readonly location: string | undefined
  readonly etag: string | undefined
  readonly body: Buffer
}

/** Asks for an address. @param etag of an answer that is known: the same again is status 304 */
export type Ask = (url: string, etag?: string) => Promise<Answer>

/** An attached file, which may be of any size. */
export interface FileAnswer {
  readonly status: number
  /** Without parameters. */
  readonly type: string
  readonly bytes: number
  /** Its content from the start, each time. @throws STREAM_FAILED where the program does not give all of it */
  read(): AsyncIterable<Uint8Array>
}

/** Asks for an attached file; its content is made when it is read. */
export type AskFile = (url: string) => Promise<FileAnswer>
