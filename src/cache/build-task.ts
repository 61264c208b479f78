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
  /** Whether texts come packed for the store too. */
  readonly packsTexts: boolean
  readonly port: Port
}

/** From the reading thread. The last one is `end`. */
export type BuildMessage =
  | {
      readonly kind: 'records'
      /** For each entity its index, and the bytes that it has in each of what follows; `nothing` where it has none. */
      readonly sizes: Int32Array
      /** Records as `packRecord` packs them, one after the other. */
      readonly records: Uint8Array
      /** Texts, in the same way. */
      readonly texts: Uint8Array
      /** Texts as `packText` packs them. */
      readonly packedTexts: Uint8Array
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

/** Stands for a number of bytes where there are none, not even an empty text. */
export const nothing = -1
/** Numbers of each entity in `sizes`. */
export const sizesOfOne = 4

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
