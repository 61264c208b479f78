/** EditComment (6): a new text for an earlier comment, which keeps the texts it had. An unknown target does nothing. */
import { textField } from '../fields.ts'
import type { OperationKind } from '../operation.ts'
import { fileHashes } from './files.ts'

export const editComment: OperationKind = (fields, context) => {
  const target = textField(fields, 'target')
  const message = textField(fields, 'message')
  const files = fileHashes(fields)
  return snapshot => {
    const discussion = snapshot.discussion(target)
    if (!discussion) return
    discussion.message = message
    discussion.files = files
    for (const file of files) snapshot.files.add(file)
    discussion.history.push({ context, message })
    snapshot.actors.add(context.authorId)
  }
}
