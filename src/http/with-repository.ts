/** The use of a repository by one request: the wait has a limit and ends when the client goes; the lease is given back. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ViewerError } from '../base/errors.ts'
import { once } from '../base/once.ts'
import { waitFor } from '../base/single-flight.ts'
import type { Lease } from '../cache/cache-manager.ts'
import { readerSignal } from './reader-signal.ts'
import type { HttpServices } from './services.ts'

/** What a handler gets. */
export interface RepositoryUse {
  readonly lease: Lease
  /** Makes a signal that fires when nobody waits for the answer any more. */
  signal(): AbortSignal
}

/**
 * Opens the repository that the address names, and runs `use` with it.
 * @throws what `acquire` throws, and LOAD_TIMEOUT: the opening then goes on, and a later request may find it done
 */
export async function withRepository<T>(
  services: HttpServices,
  at: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly name: string },
  use: (repository: RepositoryUse) => Promise<T>,
): Promise<T> {
  const signal = once(() => readerSignal(at.reply))
  using lease = services.manager.acquireNow(at.name) ?? (await acquireInTime(services, at.name, signal()))
  return await use({ lease, signal })
}

async function acquireInTime(services: HttpServices, name: string, signal: AbortSignal): Promise<Lease> {
  const acquiring = services.manager.acquire(name, signal)
  try {
    return await waitFor(acquiring, AbortSignal.timeout(services.options.openTimeoutMs))
  } catch (error) {
    // It may still come after the limit; then nobody is there to give it back.
    acquiring.then(
      late => late[Symbol.dispose](),
      () => {},
    )
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      throw new ViewerError('LOAD_TIMEOUT', 'the repository is still being read; try again in a moment', {
        cause: error,
      })
    }
    throw error
  }
}
