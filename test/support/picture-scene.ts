/**
 * What the pictures of the documentation show: the demo, and beside it some small trackers of the same workshop, in
 * folders as a server has them. Everything in them is invented. All times are given, so that the same pages come again.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDemoContent } from '../../src/demo/content.ts'
import { readDemoFiles } from '../../src/demo/demo.ts'
import { buildDemoTracker } from '../../src/demo/demo-tracker.ts'
import { createTrackerWriter, type TrackerWriter } from '../../src/demo/writer.ts'
import { projectRoot } from './program.ts'
import { buildRepository } from './tracker-builder.ts'

interface SmallTracker {
  /** Its path below the folder. */
  readonly name: string
  readonly description: string
  /** Titles of its bugs, the oldest first; one with a tick before it is closed. */
  readonly titles: readonly string[]
  /** When the first one was opened; the others follow some days apart. */
  readonly since: string
}

const smallTrackers: readonly SmallTracker[] = [
  {
    name: 'studio/wheel',
    description: 'Speed control of the potter’s wheel: pedal, motor, brake',
    titles: [
      '✓ The wheel starts by itself when the pedal is plugged in',
      'The relay of the brake can be heard next door',
      '✓ Turn to the left as well',
      'The pedal has a dead zone in the middle',
    ],
    since: '2026-09-02T08:30:00Z',
  },
  {
    name: 'studio/website',
    description: 'Opening hours, courses and the shop',
    titles: ['✓ The calendar begins on Sunday', '✓ Prices without a currency', 'A page that explains cones'],
    since: '2026-03-17T10:00:00Z',
  },
  {
    name: 'glaze/recipes',
    description: 'Recipes as text, with a checker for what they cost and what they do to lungs',
    titles: [
      '✓ Celadon: too much iron',
      'The checker does not know strontium carbonate',
      '✓ Round to tenths of a gram',
      '✓ Tenmoku runs off the tile',
      'Say from which book a recipe is',
      'Prices are those of the year before last',
    ],
    since: '2026-10-05T18:15:00Z',
  },
  { name: 'glaze/tiles', description: 'Photographs of test tiles', titles: [], since: '2026-01-01T00:00:00Z' },
]
const daySeconds = 86_400

/** Writes the repositories into a folder that is there. */
export async function writePictureScene(folder: string): Promise<void> {
  const content = parseDemoContent(await readDemoFiles(join(projectRoot, 'demo')))
  await writeRepository(folder, {
    name: 'studio/kiln',
    description: 'Controller for pottery kilns: firing schedules, relays, one display',
    tracker: buildDemoTracker(content),
  })
  for (const small of smallTrackers) await writeRepository(folder, { ...small, tracker: tellSmallTracker(small) })
}

interface NamedTracker {
  readonly name: string
  readonly description: string
  readonly tracker: TrackerWriter
}

async function writeRepository(folder: string, { name, description, tracker }: NamedTracker): Promise<void> {
  const { path } = await buildRepository(tracker, { dir: join(folder, `${name}.git`) })
  await writeFile(join(path, 'description'), `${description}\n`)
}

function tellSmallTracker({ name, titles, since }: SmallTracker): TrackerWriter {
  const t = createTrackerWriter({ seed: name })
  const start = Date.parse(since) / 1000
  const ada = t.identity({ name: 'Ada Marsh', login: 'ada', at: start - daySeconds })
  for (const [index, title] of titles.entries()) {
    const at = start + index * 6 * daySeconds
    const bug = t.bug(ada, { title: title.replace('✓ ', ''), message: 'Seen in the workshop.', at })
    if (title.startsWith('✓')) bug.status(ada, 'closed', at + 2 * daySeconds)
  }
  return t
}
