/** Signatures of packs in words (`format.md`, "Signatures"): of each pack, and of a bug as a whole. */
import type { PackSignature, SignatureReport } from '../signatures/pack-signatures.ts'
import { strings } from '../strings/strings.ts'
import { shortKeyId } from './key-view.ts'
import type { SignatureView } from './timeline.ts'
import { counted } from './wording.ts'

export interface SignaturesView {
  /** What is to be said of the pack of a commit; undefined where its author had no key. */
  readonly signatureOf: (commit: string) => SignatureView | undefined
  /** One line; empty where nothing is to be said of any pack. */
  readonly summary: string
}

export function signaturesView({ byCommit, uncheckedCount }: SignatureReport): SignaturesView {
  const counts = { signed: 0, unsigned: 0, bad: 0 }
  for (const { state } of byCommit.values()) counts[state]++
  const { packs, packsSigned, packsUnsigned, packsBadlySigned, packsUnchecked } = strings.bug
  const parts = [
    counts.signed > 0 ? packsSigned(counted(counts.signed, ...packs)) : '',
    counts.unsigned > 0 ? packsUnsigned(counts.unsigned) : '',
    counts.bad > 0 ? packsBadlySigned(counts.bad) : '',
    uncheckedCount > 0 ? packsUnchecked(counted(uncheckedCount, ...packs)) : '',
  ]
  return {
    signatureOf: commit => {
      const found = byCommit.get(commit)
      return found && { state: found.state, text: textOf(found) }
    },
    summary: parts.filter(part => part !== '').join(', '),
  }
}

function textOf(signature: PackSignature): string {
  switch (signature.state) {
    case 'signed':
      return strings.timeline.signedWith(shortKeyId(signature.fingerprint))
    case 'unsigned':
      return strings.timeline.notSigned
    case 'bad':
      return strings.timeline.badSignature(signature.reason)
  }
}
