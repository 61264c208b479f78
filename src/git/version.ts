/** Which git is installed, and whether it is enough. */
import { simpleGit } from 'simple-git'
import { ViewerError } from '../base/errors.ts'

export interface GitVersion {
  readonly major: number
  readonly minor: number
  readonly text: string
}

/** Older ones lack settings given by environment variables, on which the safe environment rests. */
const minimum = { major: 2, minor: 31 }

/**
 * Asks git for its version.
 * @throws GIT_MISSING, GIT_TOO_OLD
 */
export async function readGitVersion(program: string): Promise<GitVersion> {
  let text: string
  try {
    const version = await simpleGit({ binary: program }).version()
    if (!version.installed) throw new Error('git --version failed')
    text = `${version.major}.${version.minor}.${version.patch}`
  } catch (cause) {
    throw new ViewerError('GIT_MISSING', `the program "${program}" was not found; install git (2.31 or later)`, {
      cause,
    })
  }
  return checkGitVersion(text)
}

/** Takes a version such as `2.39.5` apart. @throws GIT_TOO_OLD */
export function checkGitVersion(text: string): GitVersion {
  const [major = 0, minor = 0] = text.split('.').map(part => Number.parseInt(part, 10))
  if (major < minimum.major || (major === minimum.major && minor < minimum.minor)) {
    throw new ViewerError(
      'GIT_TOO_OLD',
      `git ${text} is too old: install git ${minimum.major}.${minimum.minor} or later`,
    )
  }
  return { major, minor, text }
}

/** True where `cat-file` has `--batch-command` (2.36). */
export function hasBatchCommand(version: GitVersion): boolean {
  return version.major > 2 || (version.major === 2 && version.minor >= 36)
}

/** True where `fetch --atomic` prunes in the same step (2.36), and `repack` keeps what no ref reaches apart (2.37). */
export function canFetchRemotes(version: GitVersion): boolean {
  return version.major > 2 || (version.major === 2 && version.minor >= 37)
}
