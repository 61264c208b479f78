/** What passes between the thread that asks for entities and the one that reads them: plain data. */
import type { ErrorCode, ErrorData } from '../base/errors.ts'
import type { DecodeLimits } from '../base/limits.ts'
import type { GitPlan } from '../git/git.ts'
import type { EntityRef } from './entity-record.ts'

/** The task, with the port over which everything else goes. */
export interface BuildTask<Port> {
  readonly git: GitPlan
  readonly folder: string
  readonly limits: DecodeLimits
  /** A line for each entity, see `writeRefs`. */
  readonly refs: string
  readonly port: Port
}

/** From the reading thread. The last one is `end`. */
export type BuildMessage =
  | {
      readonly kind: 'records'
      /** JSON: a list of `[index, record, bytes of its text]`. */
      readonly json: Uint8Array
      /** The texts, one after the other. */
      readonly texts: Uint8Array
    }
  /** A git process has started, or, without its command, has ended. */
  | { readonly kind: 'process'; readonly number: number; readonly command: string | undefined }
  | { readonly kind: 'end'; readonly failure: BuildFailure | undefined }

/** An error on its way to another thread. */
export interface BuildFailure {
  /** Undefined where it is none of the catalogue. */
  readonly code: ErrorCode | undefined
  readonly message: string
  readonly data: ErrorData
}

/** Stands for the length of a text where there is none. */
export const noText = -1

/** To the reading thread. */
export const stopMessage = 'stop'

/** Names of refs hold no line end, so a line is enough for each. */
export function writeRefs(refs: readonly EntityRef[]): string {
  return refs.map(({ kind, tip, id }) => `${kind} ${tip} ${id}`).join('\n')
}

export function readRefLines(lines: string): EntityRef[] {
  return lines.split('\n').map(line => {
    const kindEnd = line.indexOf(' ')
    const tipEnd = line.indexOf(' ', kindEnd + 1)
    const kind = line.slice(0, kindEnd) === 'bug' ? 'bug' : 'identity'
    return { kind, tip: line.slice(kindEnd + 1, tipEnd), id: line.slice(tipEnd + 1) }
  })
}
