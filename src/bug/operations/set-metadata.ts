/** SetMetadata (8): adds keys to an earlier operation; a key that is already there keeps its first value. */
import { textField, textMapField } from '../fields.ts'
import type { OperationKind } from '../operation.ts'

export const setMetadata: OperationKind = fields => {
  const target = textField(fields, 'target')
  const entries = textMapField(fields, 'new_metadata')
  return snapshot => snapshot.addMetadata(target, entries)
}
