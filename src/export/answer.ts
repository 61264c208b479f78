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
