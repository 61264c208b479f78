/** Parameters that are whole numbers: of pages, and of things on one. */
import { ViewerError } from '../base/errors.ts'

/**
 * A number from 1.
 * @returns undefined where the parameter is not there
 * @throws PARAMETER_INVALID for what is no such number, is above `most`, or comes more than once
 */
export function readWholeNumber(name: string, { value, most }: { value: unknown; most: number }): number | undefined {
  if (value === undefined) return undefined
  const number = typeof value === 'string' && /^[1-9][0-9]{0,6}$/.test(value) ? Number(value) : 0
  if (number >= 1 && number <= most) return number
  throw new ViewerError('PARAMETER_INVALID', `${name} must be a whole number from 1 to ${most}`)
}

/** The number of a page of a list. @throws PARAMETER_INVALID */
export function readPageNumber(value: unknown): number {
  return readWholeNumber('page', { value, most: 9_999_999 }) ?? 1
}
