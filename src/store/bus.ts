/**
 * What instances tell each other: that a repository has moved. A message is a hint and never a fact: whoever hears it
 * looks at the repository itself. Lost ones are made up for by whatever looks without being told.
 */

export interface RepositoryNews {
  /** By its name in URLs. */
  readonly repository: string
  /** Digest of the refs that somebody has seen; undefined where all that is known is that they may have moved. */
  readonly digest: string | undefined
}

export interface Bus extends AsyncDisposable {
  /** Tells the others; this instance does not hear it. Never fails: what cannot be told is not. */
  tell(news: RepositoryNews): void
}

export interface BusListener {
  /** Another instance has something to tell. */
  heard(news: RepositoryNews): void
  /** Messages may have been missed: the connection is there again after it was lost. */
  missed(): void
}

/** For a single instance: there is nobody to tell. */
export function createOffBus(): Bus {
  return { tell() {}, [Symbol.asyncDispose]: async () => {} }
}
