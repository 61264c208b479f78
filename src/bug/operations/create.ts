/** Create (1): title, description, author and time of creation. A second one is ignored. */
import { textField } from '../fields.ts'
import type { OperationKind } from '../operation.ts'
import { fileHashes } from './files.ts'

export const create: OperationKind = (fields, context) => {
  const title = textField(fields, 'title')
  const message = textField(fields, 'message')
  const files = fileHashes(fields)
  return snapshot => {
    if (snapshot.created) return
    snapshot.created = context
    snapshot.title = title
    snapshot.addDiscussion(context, { type: 'create', message, files })
  }
}
