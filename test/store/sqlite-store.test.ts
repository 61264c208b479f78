/** The store in SQLite: the contract, alone and behind others. */
import { join } from 'node:path'
import { createMemoryStore } from '../../src/store/memory-store.ts'
import { sealValues } from '../../src/store/sealed.ts'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createTieredStore } from '../../src/store/tiered-store.ts'
import { describeStore, type StoreSurroundings } from './contract.ts'

const open = (surroundings: StoreSurroundings) =>
  openSqliteStore({ ...surroundings, folder: join(surroundings.folder, 'data', 'store-v1') })

const inFile = { isPersistent: true, isBounded: true, followsClock: true }

describeStore('in SQLite', open, inFile)

describeStore(
  'in SQLite, sealed',
  surroundings => sealValues(open(surroundings), { measures: surroundings.measures, backend: 'sqlite' }),
  inFile,
)

describeStore(
  'of memory in front of SQLite',
  surroundings => createTieredStore({ front: createMemoryStore(surroundings), back: open(surroundings) }),
  { isPersistent: true, isBounded: false, followsClock: true },
)
