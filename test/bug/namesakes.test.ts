import { expect, test } from 'vitest'
import { findNamesakes } from '../../src/bug/namesakes.ts'
import { inventIdentity } from '../support/invented-tracker.ts'

const identities = (...names: string[]) => {
  const people = names.map((name, index) => inventIdentity(`${index}`, { name }))
  return { people, byId: new Map(people.map(person => [person.id, person])) }
}

test('people whose names only a machine can tell apart are namesakes', () => {
  const { people, byId } = identities('Ada Marsh', 'ADA  marsh ', 'Ａda Marsh', 'Ada', 'Zoë', 'Zoe\u0308')
  const namesakes = findNamesakes(byId)
  expect(people.map(({ id }) => namesakes.has(id))).toEqual([true, true, true, false, true, true])
})

test('a name of its own makes nobody a namesake', () => {
  expect(findNamesakes(identities('Ada', 'Bob', '').byId).size).toBe(0)
})
