/** Failures of git, told as those of a repository. */
import { ViewerError } from '../base/errors.ts'
import type { RegisteredRepository } from './registry.ts'

/** Says of which repository git's failure speaks; what callers decide by stays. */
export function explainFailure(error: unknown, repository: RegisteredRepository): unknown {
  if (!(error instanceof ViewerError)) return error
  const failures = [
    'GIT_FAILED',
    'GIT_MISSING',
    'GIT_UNSAFE_OWNER',
    'GIT_TIMEOUT',
    'GIT_PROTOCOL',
    'GIT_OUTPUT_TOO_LARGE',
    'BUILD_FAILED',
  ]
  if (!failures.includes(error.code)) return error
  const remedy =
    error.code === 'GIT_UNSAFE_OWNER'
      ? `; allow it with: git config --global --add safe.directory '${repository.location.folder}'`
      : ''
  const data = { repository: repository.name, folder: repository.location.folder, gitCode: error.code }
  return new ViewerError('REPOSITORY_UNREADABLE', `${error.message}${remedy}`, { cause: error, data })
}
