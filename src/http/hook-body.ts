/** What a hook says: the lines that git gives to post-receive, or JSON (`api.md`, "Hooks and operations"). */
import { ViewerError } from '../base/errors.ts'

export interface HookDelivery {
  /** Named in the body; undefined where it is not. */
  readonly repository: string | undefined
  readonly refs: readonly string[]
}

/** `<old> <new> <ref>`; a hash of zeros stands for "none". */
const receiveLine = /^[0-9a-f]{40,64} [0-9a-f]{40,64} (\S+)$/

/** Reads a delivery. @throws PARAMETER_INVALID */
export function parseHookBody(body: Buffer, contentType: string | undefined): HookDelivery {
  const text = body.toString('utf8')
  return /^application\/json\b/i.test(contentType ?? '') ? parseJsonBody(text) : parseLines(text)
}

function parseLines(text: string): HookDelivery {
  const refs = text
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => line !== '')
    .map(line => {
      const ref = receiveLine.exec(line)?.[1]
      if (ref === undefined) throw new ViewerError('PARAMETER_INVALID', 'each line must be: <old> <new> <ref>')
      return ref
    })
  return { repository: undefined, refs }
}

function parseJsonBody(text: string): HookDelivery {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ViewerError('PARAMETER_INVALID', 'the body is not valid JSON', { cause })
  }
  const { repo, refs } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  if (repo !== undefined && typeof repo !== 'string')
    throw new ViewerError('PARAMETER_INVALID', '"repo" must be a text')
  if (!Array.isArray(refs) || !refs.every(ref => typeof ref === 'string')) {
    throw new ViewerError('PARAMETER_INVALID', '"refs" must be a list of texts')
  }
  return { repository: repo, refs }
}

/** True for a ref that holds a bug or an identity. */
export function isEntityRef(ref: string): boolean {
  return ref.startsWith('refs/bugs/') || ref.startsWith('refs/identities/')
}
