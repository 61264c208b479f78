import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Log } from '../../src/base/log.ts'
import { isDamaged, isOutOfReach, type OpenDatabase, openDatabase } from '../../src/search/open-database.ts'

let folder: string
let logged: string[]
let open: DisposableStack
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'))
  logged = []
  open = new DisposableStack()
})
afterEach(async () => {
  open.dispose()
  await rm(folder, { recursive: true, force: true })
})

const at = (level: string) => (_data: object, message: string) => void logged.push(`${level}: ${message}`)
const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }

const openHere = (path = join(folder, 'search-v1'), bootId: string | undefined = 'this boot'): OpenDatabase =>
  open.use(openDatabase(path, { log, bootId }))
const fileOf = (number: number) => join(folder, 'search-v1', String(number), 'texts.sqlite')
const addRepository = ({ db }: OpenDatabase, name: string) =>
  db.prepare('INSERT INTO repositories (name, next, indexed, updates, used) VALUES (?, 0, 0, 0, 0)').run(name)
const repositories = ({ db }: OpenDatabase) =>
  db
    .prepare('SELECT name FROM repositories')
    .all()
    .map(({ name }) => name)

describe('the database', () => {
  test('is for its owner only, in a folder that backups pass over', () => {
    const { path } = openHere()
    expect(path).toBe(fileOf(1))
    const modes = ['.', 'CACHEDIR.TAG', '1.lock', '1', '1/texts.sqlite', '1/texts.sqlite-wal'].map(name => {
      return (statSync(join(folder, 'search-v1', name)).mode & 0o777).toString(8)
    })
    expect(modes).toEqual(['700', '600', '600', '700', '600', '600'])
    const tag = readFileSync(join(folder, 'search-v1/CACHEDIR.TAG'), 'latin1')
    expect(tag).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55\n/)
  })

  test('has what it had when it was closed and is opened again', () => {
    const first = openHere()
    addRepository(first, 'one')
    first[Symbol.dispose]()
    const second = openHere()
    expect([second.path, repositories(second), logged]).toEqual([fileOf(1), ['one'], []])
  })

  test('is another one for everybody who has it open at the same time, and a free one is used again', () => {
    const [first, second] = [openHere(), openHere()]
    addRepository(first, 'one')
    expect([first.path, second.path]).toEqual([fileOf(1), fileOf(2)])
    expect(repositories(second)).toEqual([])
    first[Symbol.dispose]()
    const third = openHere()
    expect([third.path, repositories(third)]).toEqual([fileOf(1), ['one']])
  })

  test('is another one for another process', () => {
    openHere()
    const script = `
      import { openDatabase } from ${JSON.stringify(import.meta.resolve('../../src/search/open-database.ts'))}
      const log = { debug() {}, info() {}, warn: console.log, error: console.log }
      console.log(openDatabase(${JSON.stringify(join(folder, 'search-v1'))}, { log }).path)
    `
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect(output.trim()).toBe(fileOf(2))
  })

  test.each([
    ['of this start of the machine goes on from where it was', 'this boot\n', 'this boot', ['one']],
    ['of an earlier start is begun anew', 'another boot\n', 'this boot', []],
    ['of an unknown start is begun anew', '\n', undefined, []],
    ['of before there were such marks is begun anew', '', 'this boot', []],
  ])('that was not closed, %s', (_what, mark, bootId, names) => {
    addRepository(openHere(), 'one')
    open.dispose()
    open = new DisposableStack()
    writeFileSync(join(folder, 'search-v1/1/in-use'), mark)
    const next = open.use(openDatabase(join(folder, 'search-v1'), { log, bootId }))
    expect([next.path, repositories(next), logged.length]).toEqual([fileOf(1), names, 1])
    expect(readFileSync(join(folder, 'search-v1/1/in-use'), 'utf8')).toBe(`${bootId ?? ''}\n`)
    next[Symbol.dispose]()
    expect(readdirSync(join(folder, 'search-v1/1'))).toEqual(['texts.sqlite'])
  })

  const setAsideLine = 'warn: the texts for searching cannot be used and are set aside'

  test.each<[string, (path: string) => void]>([
    ['is no database', path => writeFileSync(path, 'x'.repeat(5000))],
    ['is of others', path => execute(path, 'CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)')],
    ['is of another version', path => execute(path, 'CREATE TABLE t (a); PRAGMA user_version = 99')],
    ['has a damaged first page', path => damage(path)],
    ['was written with another Unicode', path => writeWithUnicode(path, '1.0')],
  ])('is set aside where the file %s', (_what, spoil) => {
    mkdirSync(join(folder, 'search-v1/1'), { recursive: true })
    spoil(fileOf(1))
    const spoiled = readFileSync(fileOf(1))
    const database = openHere()
    expect([database.path, repositories(database), logged]).toEqual([fileOf(1), [], [setAsideLine]])
    expect(readFileSync(`${fileOf(1)}.aside`).equals(spoiled)).toBe(true)
  })

  test('that was given up is set aside when it is closed', () => {
    const first = openHere()
    addRepository(first, 'one')
    first.giveUp()
    first[Symbol.dispose]()
    expect(existsSync(`${fileOf(1)}.aside`)).toBe(true)
    expect(repositories(openHere())).toEqual([])
  })

  test('is another one where somebody else holds the file', () => {
    mkdirSync(join(folder, 'search-v1/1'), { recursive: true })
    const other = new DatabaseSync(fileOf(1))
    other.exec('PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE theirs (a)')
    const database = openHere()
    expect([database.path, logged]).toEqual([fileOf(1), [setAsideLine]])
    other.close()
  })

  test('is in memory where the folder cannot be made, and where all places in it are taken', () => {
    writeFileSync(join(folder, 'file'), '')
    const inMemory = openHere(join(folder, 'file', 'search-v1'))
    addRepository(inMemory, 'one')
    expect([inMemory.path, repositories(inMemory)]).toEqual([undefined, ['one']])
    expect(logged).toEqual(['warn: the folder cannot be used: texts for searching are kept in memory'])
    for (let n = 0; n < 16; n++) openHere()
    expect(openHere().path).toBeUndefined()
    expect(logged.at(-1)).toMatch(/^warn: 16 processes use this folder already/)
  })
})

test('what SQLite says of a full disk and of a damaged file is told apart', () => {
  const { db } = openHere()
  const fail = (sql: string): unknown => {
    try {
      return db.exec(sql)
    } catch (error) {
      return error
    }
  }
  const full = fail('PRAGMA max_page_count = 1; CREATE TABLE large AS SELECT zeroblob(1000000)')
  expect([isOutOfReach(full), isDamaged(full)]).toEqual([true, false])
  const wrong = fail('SELECT nothing')
  expect([isOutOfReach(wrong), isDamaged(wrong)]).toEqual([false, false])
})

function execute(path: string, sql: string) {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

function writeWithUnicode(path: string, version: string) {
  rmSync(dirname(path), { recursive: true })
  openDatabase(dirname(dirname(path)), { log })[Symbol.dispose]()
  execute(path, `UPDATE facts SET value = '${version}'; PRAGMA journal_mode = DELETE`)
}

function damage(path: string) {
  execute(path, 'CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))')
  truncateSync(path, 3000)
}
