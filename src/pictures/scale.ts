/** Ends of axes: round numbers that are not much above the largest value. Any count may come in. */

const roundNumbers = [1, 2, 3, 4, 5, 6, 8, 10] as const

/** The end of an axis from 0: the next round number, at least 1. */
export function axisEnd(largest: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, largest)))
  return power * (roundNumbers.find(number => number * power >= largest) ?? 10)
}

/** The same where half of it has to be a whole number too. */
export function evenAxisEnd(largest: number): number {
  return 2 * axisEnd(largest / 2)
}
