/** LabelChange (5): labels are a set; adding what is there, or removing what is not, changes nothing. */
import { textListField } from '../fields.ts'
import type { OperationKind } from '../operation.ts'

export const labelChange: OperationKind = (fields, context) => {
  const added = textListField(fields, 'added')
  const removed = textListField(fields, 'removed')
  return snapshot => {
    for (const label of added) snapshot.labels.add(label)
    for (const label of removed) snapshot.labels.delete(label)
    snapshot.actors.add(context.authorId)
    snapshot.timeline.push({ type: 'labels', context, added, removed })
  }
}
