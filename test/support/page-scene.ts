/**
 * Repositories in which there is something of every kind of page, and where it is: a plain tracker of many bugs, the
 * demo, one with signatures, and one with an ambiguous prefix and something that cannot be read.
 */
import { join } from 'node:path'
import { parseDemoContent } from '../../src/demo/content.ts'
import { readDemoFiles } from '../../src/demo/demo.ts'
import { buildDemoTracker } from '../../src/demo/demo-tracker.ts'
import { createTrackerWriter } from '../../src/demo/writer.ts'
import { projectRoot } from './program.ts'
import { buildRepository, moveRef, openGolden } from './tracker-builder.ts'

/** What stands in the addresses of the kinds of pages. */
export interface PagePlaces {
  /** The bug of `tracker` that has everything. */
  readonly rich: string
  /** A bug of `kiln`, the commit of one of its changes, and the combined id of a comment that was edited. */
  readonly demoBug: string
  readonly commit: string
  readonly editedComment: string
  /** The most active person of `kiln`. */
  readonly person: string
  readonly signedBug: string
  /** The first digits of two bugs of `many`. */
  readonly prefix: string
}

export interface PageScene extends AsyncDisposable {
  /** Where the repositories lie: `tracker`, `kiln`, `signed`, `many`. */
  readonly paths: readonly string[]
  /** What the tests may add to. */
  readonly tracker: FullTracker
  /** Where things are. @param read answers an address below the root of the site with its text */
  findPlaces(read: (path: string) => Promise<string>): Promise<PagePlaces>
}

const start = 1_700_000_000
type FullTracker = ReturnType<typeof tellFullTracker>

/** 60 bugs; the one that was edited last has comments, folded events, code and a picture of another host. */
function tellFullTracker() {
  const t = createTrackerWriter({ seed: 'browser' })
  const ada = t.identity({ name: 'Ada', login: 'ada', at: start })
  const bob = t.identity({ name: 'Bob', at: start })
  for (let n = 0; n < 60; n++) {
    const bug = t.bug(n % 3 ? ada : bob, { title: `Bug number ${n}`, message: 'It happens.', at: start + n * 1000 })
    bug.labels(ada, { added: [n % 2 ? 'kind/bug' : 'kind/feature', 'area/kiln'], at: start + n * 1000 + 1 })
    if (n % 4 === 0) bug.status(bob, 'closed', start + n * 1000 + 2)
  }
  const rich = t.bug(ada, { title: 'The rich one', message: 'First.\n\n```sh\nmake kiln\n```', at: start + 90_000 })
  for (let n = 0; n < 6; n++)
    rich.comment(bob, {
      message: `Comment ${n}. ${'Words. '.repeat(120)}\n\n| cone | °C |\n|---|---|\n| 6 | 1222 |`,
      at: start + 90_001 + n,
    })
  for (let n = 0; n < 5; n++) rich.labels(ada, { added: [`step/${n}`], at: start + 90_010 + n })
  rich.comment(bob, { message: 'Look: ![the kiln](https://pictures.example/kiln.png)', at: start + 90_020 })
  return { t, ada, rich }
}

/** Enough bugs that two of them begin with the same four digits. */
function tellAmbiguousTracker() {
  const t = createTrackerWriter({ seed: 'ambiguous' })
  const ada = t.identity({ name: 'Ada', at: start })
  const seen = new Set<string>()
  for (let n = 0; ; n++) {
    const prefix = t.bug(ada, { title: `Bug ${n}`, message: '', at: start + n }).id.slice(0, 4)
    if (seen.has(prefix)) return { t, ada, prefix }
    seen.add(prefix)
  }
}

/** Builds the repositories. */
export async function buildPageScene(): Promise<PageScene> {
  await using built = new AsyncDisposableStack()
  const keep = <T extends AsyncDisposable>(one: T) => built.use(one)
  const tracker = tellFullTracker()
  const { path } = keep(await buildRepository(tracker.t))
  const inside = (name: string) => join(path, '..', `${name}.git`)
  const demo = buildDemoTracker(parseDemoContent(await readDemoFiles(join(projectRoot, 'demo'))))
  await buildRepository(demo, { dir: inside('kiln') })
  const { t, ada, prefix } = tellAmbiguousTracker()
  await buildRepository(t, { dir: inside('many') })
  // A bug whose commit is one of a person.
  await moveRef(inside('many'), `refs/bugs/${'ab'.repeat(32)}`, ada.tip)
  const signed = keep((await openGolden('signed'))!)
  const opened = built.move()
  return {
    tracker,
    paths: [path, inside('kiln'), inside('many'), signed.path],
    findPlaces: read => findPlaces(read, { rich: tracker.rich.id, prefix }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

interface Item {
  readonly id: string
  readonly title: string
}

async function findPlaces(
  read: (path: string) => Promise<string>,
  known: Pick<PagePlaces, 'rich' | 'prefix'>,
): Promise<PagePlaces> {
  const list = async (path: string) =>
    (JSON.parse(await read(`api/v1/repos/${path}`)) as { items: readonly Item[] }).items
  const demoBug = (await list('kiln/bugs')).find(({ title }) => title.startsWith('Firing schedule is lost'))!.id
  const page = await read(`kiln/-/bugs/${demoBug}`)
  return {
    ...known,
    demoBug,
    commit: /\/at\/([0-9a-f]+)"/.exec(page)![1]!,
    editedComment: /\/edits\/([0-9a-f]+)"/.exec(page)![1]!,
    person: /\/kiln\/-\/identities\/([0-9a-f]{64})"/.exec(page)![1]!,
    signedBug: (await list('signed/bugs'))[0]!.id,
  }
}
