/** SetTitle (2). `was` is what its author saw; a concurrent change may have come between. */
import { textField } from '../fields.ts'
import type { OperationKind } from '../operation.ts'

export const setTitle: OperationKind = (fields, context) => {
  const title = textField(fields, 'title')
  const was = textField(fields, 'was')
  return snapshot => {
    snapshot.title = title
    snapshot.actors.add(context.authorId)
    snapshot.timeline.push({ type: 'title', context, title, was })
  }
}
