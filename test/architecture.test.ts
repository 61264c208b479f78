/** The room table of ARCHITECTURE.md is the rule, and the imports are what it is held against. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Rows of the table: room, rooms that it may import, packages that only it knows. */
function readRoomTable() {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const rooms = new Map<string, { mayImport: string[]; onlyIt: string[] }>()
  for (const line of text.split('\n')) {
    const [, room, , mayImport, onlyIt] = line.split('|').map(cell => cell.trim())
    const name = /^`([a-z]+)\/`$/.exec(room ?? '')?.[1]
    if (name === undefined) continue
    const names = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1]!)
    rooms.set(name, { mayImport: names(mayImport).map(item => item.replace(/\/$/, '')), onlyIt: names(onlyIt) })
  }
  return rooms
}

const rooms = readRoomTable()
const sources = globSync('src/**/*.ts', { cwd: root })
const imports = sources.flatMap(file => {
  const text = readFileSync(join(root, file), 'utf8')
  const found = [
    ...text.matchAll(
      /(?:^|\n)(?:import|export)\b[^;'"]*?from '([^']+)'|\bimport\('([^']+)'\)|(?:^|\n)import '([^']+)'/g,
    ),
  ]
  return found.map(match => ({ file, target: match[1] ?? match[2] ?? match[3] ?? '' }))
})

const roomOf = (file: string) => /^src\/([^/]+)\//.exec(file)?.[1]

test('the table names every room there is, and no other', () => {
  const folders = new Set(sources.flatMap(file => roomOf(file) ?? []))
  expect([...rooms.keys()].toSorted()).toEqual([...folders].toSorted())
})

test('no room imports a room that the table does not allow', () => {
  const wrong = imports.flatMap(({ file, target }) => {
    const from = roomOf(file)
    const to = target.startsWith('.') ? roomOf(relative(root, join(root, dirname(file), target))) : undefined
    const isOutside = target.startsWith('.') && to === undefined && from !== undefined
    const isForbidden =
      from !== undefined && to !== undefined && from !== to && !rooms.get(from)?.mayImport.includes(to)
    return isForbidden || isOutside ? [`${file} imports ${target}`] : []
  })
  expect(wrong).toEqual([])
})

describe('what only one room knows', () => {
  const known = [...rooms].flatMap(([room, { onlyIt }]) => onlyIt.map(name => ({ room, name })))
  test.each(known)('only $room imports $name', ({ room, name }) => {
    const users = imports.filter(({ target }) => target === name || target.startsWith(`${name}/`))
    expect(users.length).toBeGreaterThan(0)
    expect(
      users.filter(({ file }) => roomOf(file) !== undefined && roomOf(file) !== room).map(({ file }) => file),
    ).toEqual([])
  })
})

test('no file of src is longer than 400 lines', () => {
  const long = sources.filter(file => readFileSync(join(root, file), 'utf8').split('\n').length > 401)
  expect(long).toEqual([])
})

test('every file of src opens by saying what it is for', () => {
  expect(sources.filter(file => !readFileSync(join(root, file), 'utf8').startsWith('/**'))).toEqual([])
})
