/** SetStatus (4): 1 open, 2 closed. */
import { FieldProblem } from '../fields.ts'
import type { Status } from '../model.ts'
import type { OperationKind } from '../operation.ts'

const statuses: ReadonlyMap<unknown, Status> = new Map([
  [1, 'open'],
  [2, 'closed'],
])

export const setStatus: OperationKind = (fields, context) => {
  const status = statuses.get(fields.status)
  if (!status) throw new FieldProblem('"status" is neither 1 (open) nor 2 (closed)')
  return snapshot => {
    if (snapshot.status !== status) snapshot.statusChanges.push(context.at)
    snapshot.status = status
    snapshot.actors.add(context.authorId)
    snapshot.timeline.push({ type: 'status', context, status })
  }
}
