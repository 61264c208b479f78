/**
 * The file of the store as its thread uses it: opened when it is needed, opened again when it was lost, begun anew when
 * it is damaged. Promises that after a failure the next call starts from what is there then.
 */
import { isBusy } from '../base/sqlite-files.ts'
import {
  closeQuietly,
  hasMoved,
  isDamaged,
  isFull,
  openStoreFile,
  type StoreFile,
  type StorePlace,
  setAside,
} from './sqlite-file.ts'
import { StoreTables } from './sqlite-tables.ts'

interface Opened {
  readonly file: StoreFile
  readonly tables: StoreTables
}

export class StoreConnection {
  readonly #place: StorePlace
  #opened: Opened | undefined

  constructor(place: StorePlace) {
    this.#place = place
  }

  /**
   * Does work on the tables; once more, on a new file, where the file turns out to be damaged.
   * @throws where it cannot be done
   */
  use<T>(work: (tables: StoreTables) => T): T {
    const opened = this.#open()
    try {
      return work(opened.tables)
    } catch (error) {
      if (isDamaged(error)) {
        this.#opened = undefined
        setAside(opened.file, error, this.#place)
        return work(this.#open().tables)
      }
      // Where the disk itself has failed, what is open may be of no use when it is back.
      if (!isBusy(error) && !isFull(error)) this.close()
      throw error
    }
  }

  close(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (opened) closeQuietly(opened.file.db)
  }

  #open(): Opened {
    if (this.#opened && hasMoved(this.#opened.file, this.#place.folder)) this.close()
    if (!this.#opened) {
      const file = openStoreFile(this.#place)
      this.#opened = { file, tables: new StoreTables(file.db) }
    }
    return this.#opened
  }
}
