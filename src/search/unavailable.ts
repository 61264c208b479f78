/** The one failure of a search that callers hear of: there is no answer now. */
import { ViewerError } from '../base/errors.ts'

/** @param reason for the log: what failed below, where something did */
export function unavailable(reason?: string): ViewerError {
  const data = reason === undefined ? {} : { reason }
  return new ViewerError('SEARCH_UNAVAILABLE', 'the texts of this repository cannot be searched now', { data })
}
