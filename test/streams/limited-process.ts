/** A process of its own for a test: it may write no file beyond some size, and says what becomes of a stream that is larger. */
import { readdir } from 'node:fs/promises'
import { createStreamFiles } from '../../src/streams/stream-files.ts'
import { createText, fetchAll, openFileScene, readRest, textAt } from './scene.ts'

const folder = process.argv[2] ?? ''
// What the limit sends besides the error ends a process that does not listen to it.
process.on('SIGXFSZ', () => {})
const bytes = 5_000_000
const scene = openFileScene({ files: createStreamFiles(folder), aheadBytes: 100_000 })
const text = createText(bytes, 10_000)
const both = await Promise.all([scene.streams.findOrCreate('key', text), scene.streams.findOrCreate('key', text)])
const read = await Promise.all(both.map(({ reader }) => readRest(reader)))
for (const { reader } of both) await reader.close()
const { isFound } = await fetchAll(scene.streams, 'key', createText(1))
await scene[Symbol.asyncDispose]()
const isWhole = read.map(one => one.equals(textAt(0, bytes)))
const left = await readdir(folder)
process.stdout.write(
  JSON.stringify({ isWhole, isFound, warnings: scene.log.lines.filter(({ level }) => level === 'warn').length, left }),
)
