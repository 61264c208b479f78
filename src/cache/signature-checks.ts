/**
 * Checks the signatures of bugs, and remembers what was found: a commit and the keys that count for it never change,
 * so an answer is right for ever. Who is asked which keys count is the state that the reader holds.
 */
import { LRUCache } from 'lru-cache'
import { isViewerError } from '../base/errors.ts'
import type { ObjectReader } from '../git/object-reader.ts'
import {
  checkPacks,
  type PackSignature,
  type PacksToCheck,
  type SignatureReport,
} from '../signatures/pack-signatures.ts'
import { createVerifier, type Verifier } from '../signatures/verifier.ts'

/** What all repositories share. */
export interface SignatureTools {
  readonly verifier: Verifier
  readonly answers: LRUCache<string, PackSignature>
}

export interface SignatureChecks {
  /** What is to be said of the packs of a bug. Rejects only where git or the repository is at fault. */
  check(packs: PacksToCheck): Promise<SignatureReport>
}

/** Each takes some hundred bytes. */
const maxAnswers = 20_000
/** git-bug's commits take some hundred bytes, and their signatures as much. */
const maxCommitBytes = 256 * 1024

/** Makes what all repositories share. */
export function createSignatureTools(): SignatureTools {
  return { verifier: createVerifier(), answers: new LRUCache({ max: maxAnswers }) }
}

/** Makes the checks of one repository. */
export function createSignatureChecks(
  { verifier, answers }: SignatureTools,
  { reader, folder }: { readonly reader: ObjectReader; readonly folder: string },
): SignatureChecks {
  // The same name may stand for other bytes in another repository, since git does not check them.
  const keyOf = (key: string) => `${folder}\0${key}`
  const known = {
    get: (key: string) => answers.get(keyOf(key)),
    set: (key: string, answer: PackSignature) => answers.set(keyOf(key), answer),
  }
  const readCommit = async (commit: string) => {
    try {
      const object = await reader.read(commit, maxCommitBytes)
      return object?.type === 'commit' ? object.bytes : undefined
    } catch (error) {
      if (isViewerError(error, 'OBJECT_UNREADABLE')) return undefined
      throw error
    }
  }
  return { check: packs => checkPacks({ readCommit, known, verifier }, packs) }
}
