/** The statements of `text-store.ts`. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'

export function toNumber(value: SQLOutputValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

export function prepareStore(db: DatabaseSync) {
  const sql = (text: string): StatementSync => db.prepare(text)
  // Each run gives the last row's number too, and that can be one of an index's own, beyond a JavaScript number.
  const write = (text: string): StatementSync => {
    const statement = db.prepare(text)
    statement.setReadBigInts(true)
    return statement
  }
  return {
    pageCount: sql('PRAGMA page_count'),
    pageSize: sql('PRAGMA page_size'),
    repositories: sql('SELECT number, name, next, indexed, updates FROM repositories'),
    addRepository: sql(
      'INSERT INTO repositories (name, next, indexed, updates, used) VALUES (?, 0, 0, 0, 0) RETURNING number',
    ),
    setNext: write('UPDATE repositories SET next = ? WHERE number = ?'),
    setIndexed: write('UPDATE repositories SET indexed = ? WHERE number = ?'),
    getIndexed: sql('SELECT indexed FROM repositories WHERE number = ?'),
    setUpdates: write('UPDATE repositories SET updates = ?, used = ? WHERE number = ?'),
    setUsed: write('UPDATE repositories SET used = ? WHERE number = ?'),
    limitUsed: write('UPDATE repositories SET used = ? WHERE number = ? AND used > ?'),
    unused: sql('SELECT name FROM repositories WHERE used < ?'),
    deleteRepository: write('DELETE FROM repositories WHERE number = ?'),
    bug: sql('SELECT place, parts, replaced FROM bugs WHERE repository = ? AND id = ? AND tip = ?'),
    addBug: write('INSERT INTO bugs (place, repository, id, tip, parts) VALUES (?, ?, ?, ?, ?)'),
    bringBack: write('UPDATE bugs SET replaced = NULL WHERE place = ?'),
    replace: write('UPDATE bugs SET replaced = ? WHERE place = ?'),
    replaceOthers: write(
      'UPDATE bugs SET replaced = ? WHERE repository = ? AND id = ? AND tip <> ? AND replaced IS NULL',
    ),
    replaceAll: write('UPDATE bugs SET replaced = ? WHERE repository = ? AND id = ? AND replaced IS NULL'),
    current: sql('SELECT place FROM bugs WHERE place > ? AND place < ? AND replaced IS NULL ORDER BY place LIMIT ?'),
    replaced: sql(
      'SELECT place, parts FROM bugs WHERE repository = ? AND replaced IS NOT NULL AND replaced <= ? LIMIT ?',
    ),
    deleteBug: write('DELETE FROM bugs WHERE place = ?'),
    deleteBugs: write('DELETE FROM bugs WHERE place BETWEEN ? AND ?'),
    addPiece: write('INSERT INTO pieces (place, part, overlap, title, last) VALUES (?, ?, ?, ?, ?)'),
    addText: write('INSERT INTO texts (place, text) VALUES (?, ?)'),
    deletePieces: write('DELETE FROM pieces WHERE place BETWEEN ? AND ?'),
    deleteTexts: write('DELETE FROM texts WHERE place BETWEEN ? AND ?'),
  }
}
