/** AddComment (3). */
import { textField } from '../fields.ts'
import type { OperationKind } from '../operation.ts'
import { fileHashes } from './files.ts'

export const addComment: OperationKind = (fields, context) => {
  const message = textField(fields, 'message')
  const files = fileHashes(fields)
  return snapshot => snapshot.addDiscussion(context, { type: 'comment', message, files })
}
