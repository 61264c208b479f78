/**
 * A process of its own that works in a folder of mirrors until it is killed, and says what it has done: one line for each
 * step, written before the next one begins.
 *
 *     node mirror-process.ts FOLDER hold               opens it
 *     node mirror-process.ts FOLDER clone              makes mirrors and removes some, for ever
 *     node mirror-process.ts FOLDER use NAME…          uses these, one after the other, until it is on disk
 */
import { writeSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { openMirrorFolder } from '../../src/mirrors/mirror-folder.ts'
import { addMirror, fillMirror } from './invented-mirror.ts'

const [path = '', mode = '', ...names] = process.argv.slice(2)
const say = (line: string) => void writeSync(1, `${line}\n`)

const folder = await openMirrorFolder(path, { clock: systemClock, log: silentLog }).catch((error: unknown) => {
  writeSync(2, error instanceof Error ? error.message : String(error))
  process.exit(1)
})
say('open')
if (mode === 'clone') {
  for (let n = 0; ; n++) {
    const name = `example.org/${n % 5}`
    if (n % 3 === 2) {
      say(`removing ${name}`)
      await folder.remove(name)
      say('removed')
    }
    say(`making ${name}`)
    await addMirror(folder, name, gitDir => fillMirror(gitDir, 1 + (n % 4), () => say('wrote')))
    say(`made ${name}`)
    await folder.update(name, { fetchedMs: n, measure: true })
    say('updated')
  }
}
if (mode === 'use') {
  for (const name of names) {
    const file = join(folder.location(name).gitDir, '../used')
    const before = (await stat(file)).mtimeMs
    folder.used(name)
    while ((await stat(file)).mtimeMs === before);
    say(`used ${name}`)
  }
}
// Until it is killed, or nobody listens any more.
process.stdin.resume()
