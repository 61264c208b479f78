/**
 * The statements of `term-search.ts`. What is found comes as one list of places, which count from the repository's
 * first one: rows by the ten thousand would take longer to hand over than to find.
 */
import type { DatabaseSync } from 'node:sqlite'

/** A title weighs ten times what the rest weighs. The index's own scores are below 0, and small for common words. */
const bm25 = 'CAST(bm25(words, 10.0, 1.0) * -100000000 AS INTEGER)'
export const scoreScale = 1e-8
/** What was found without the word index: by whether the title holds it, 1 or 2 times that. */
export const titleScore = 1

export function prepareSearch(db: DatabaseSync) {
  const places = (table: string) => `CAST(group_concat(${table} - ?, ',') AS BLOB) AS places`
  const scores = (score: string) => `CAST(group_concat(${score}, ',') AS BLOB) AS scores`
  const inTitle = scores('1 + (instr(substr(texts.text, 1, pieces.title), ?) > 0)')
  const words = 'FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?'
  const trigrams = 'trigrams MATCH ? AND trigrams.rowid BETWEEN ? AND ?'
  // The index leads: CROSS JOIN keeps the order.
  const withText = 'CROSS JOIN texts ON texts.place = trigrams.rowid'
  const withPiece = 'CROSS JOIN pieces ON pieces.place = texts.place'
  const isIn = 'instr(texts.text, ?)'
  const range = 'texts.place BETWEEN ? AND ?'
  const rows = 'SELECT pieces.place AS place, part'
  return {
    part: db.prepare('SELECT part FROM pieces WHERE place = ?'),
    words: db.prepare(`SELECT ${places('rowid')} ${words}`),
    // LIMIT keeps the inner query by itself: the index answers no questions about its rows within an aggregate.
    rankedWords: db.prepare(
      `SELECT ${places('place')}, ${scores('score')} FROM (SELECT rowid AS place, ${bm25} AS score ${words} LIMIT -1)`,
    ),
    wordRows: db.prepare(
      `${rows} FROM words CROSS JOIN pieces ON pieces.place = words.rowid
       WHERE words MATCH ? AND words.rowid BETWEEN ? AND ? ORDER BY words.rowid`,
    ),
    trigrams: db.prepare(`SELECT ${places('rowid')} FROM trigrams WHERE ${trigrams}`),
    checkedTrigrams: db.prepare(
      `SELECT ${places('trigrams.rowid')} FROM trigrams ${withText} WHERE ${trigrams} AND ${isIn}`,
    ),
    rankedTrigrams: db.prepare(
      `SELECT ${places('trigrams.rowid')}, ${inTitle} FROM trigrams ${withText} ${withPiece} WHERE ${trigrams} AND ${isIn}`,
    ),
    trigramRows: db.prepare(
      `${rows} FROM trigrams ${withText} ${withPiece} WHERE ${trigrams} AND ${isIn} ORDER BY trigrams.rowid`,
    ),
    scanned: db.prepare(`SELECT ${places('texts.place')} FROM texts WHERE ${range} AND ${isIn}`),
    rankedScan: db.prepare(
      `SELECT ${places('texts.place')}, ${inTitle} FROM texts ${withPiece} WHERE ${range} AND ${isIn}`,
    ),
    scannedRows: db.prepare(`${rows} FROM texts ${withPiece} WHERE ${range} AND ${isIn} ORDER BY texts.place`),
    scannedTexts: db.prepare(
      `${rows}, iif(part = 0 AND last = 1, texts.text, NULL) AS text FROM texts ${withPiece}
       WHERE ${range} AND ${isIn} ORDER BY texts.place`,
    ),
    pieces: db.prepare(
      'SELECT text, part, overlap FROM pieces JOIN texts USING (place) WHERE place BETWEEN ? AND ? ORDER BY place',
    ),
  }
}
