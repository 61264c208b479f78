import { describe, expect, test } from 'vitest'
import { PlaceNumbers } from '../../src/search/place-numbers.ts'

/** All numbers of a place, the latest first. */
function numbersAt(numbers: PlaceNumbers, place: number): number[] {
  const found: number[] = []
  for (let number = numbers.at(place); number >= 0; number = numbers.olderThan(number)) found.push(number)
  return found
}

describe('the numbers of a place', () => {
  test('are all those that it was given, the latest first, until the older ones are cut off', () => {
    const numbers = new PlaceNumbers()
    numbers.set(7, 1, 1)
    numbers.set(7, 4, 2)
    numbers.set(9000, 2, 1)
    expect([numbersAt(numbers, 7), numbersAt(numbers, 9000), numbersAt(numbers, 8)]).toEqual([[4, 1], [2], []])
    expect([numbers.limit, numbers.updateOf(7), numbers.updateOf(8)]).toEqual([5, 2, 0])
    numbers.cut(2)
    expect(numbersAt(numbers, 7)).toEqual([4])
    numbers.clear(7)
    expect(numbersAt(numbers, 7)).toEqual([])
  })

  test('never lead to themselves, though one is given again', () => {
    const numbers = new PlaceNumbers()
    for (const number of [5, 9, 5, 9]) numbers.set(3, number, 1)
    expect(numbersAt(numbers, 3)).toEqual([9, 5])
  })
})
