/** NoOp (7): does nothing. The client writes it to have something to sign or to carry metadata. */
import type { OperationKind } from '../operation.ts'

export const noOp: OperationKind = () => () => {}
