/**
 * Turns the demo content into a tracker. Pure. Everything happens in the order in which it arrived, over all bugs, so
 * that the logical clocks tell the same story as the dates; a text may mention what was there before it.
 * Promises an Error with file and place for a name that nothing has.
 */
import { humanId } from '../bug/model.ts'
import type { BugLine, PackStep } from './bug-line.ts'
import type { DemoAction, DemoBug, DemoContent, DemoStep } from './content.ts'
import { complain } from './fields.ts'
import { createTrackerWriter, type Person, type TrackerWriter } from './writer.ts'

/** Something that happens at its place in time. */
interface Happening {
  readonly order: number
  run(): void
}

/** A bug while its story is told. */
interface BugStory {
  readonly content: DemoBug
  line: BugLine | undefined
  /** Operation ids by the name that the content gives them. */
  readonly names: Map<string, string>
}

const mention = /\[\[([a-z0-9-]+)\]\]/g
/** The first text of a bug, for `edit` and `metadata`. */
const firstComment = 'description'

/** A tracker with everything in the content, and the README on its main branch. */
export function buildDemoTracker(content: DemoContent): TrackerWriter {
  const t = createTrackerWriter({ seed: 'kiln' })
  const people = new Map<string, Person>()
  const stories = new Map<string, BugStory>()
  const happenings: Happening[] = []
  const happen = (order: number, run: () => void) => happenings.push({ order, run })

  for (const { key, versions } of content.people) {
    for (const version of versions) {
      happen(version.at, () => {
        const known = people.get(key)
        if (known === undefined) people.set(key, t.identity(version))
        else t.identityVersion(known, version)
      })
    }
  }
  for (const bug of content.bugs) tellBug(bug)
  // The sort is stable: what arrives at once stays in the order of the files.
  for (const happening of happenings.sort((a, b) => a.order - b.order)) happening.run()
  const readmeAt = happenings[0]?.order ?? 0
  t.ref('refs/heads/main', t.commit({ entries: [{ path: 'README.md', content: content.readme }], at: readmeAt }))
  return t

  function tellBug(bug: DemoBug): void {
    const story: BugStory = { content: bug, line: undefined, names: new Map() }
    if (stories.has(bug.key)) complain(bug.where, 'another file has the same name')
    stories.set(bug.key, story)
    happen(bug.at, () => {
      const { at, labels } = bug
      const line = t.bug(person(bug.where, bug.by), {
        at,
        title: bug.title,
        message: withMentions(bug.where, bug.message),
        files: attach(bug.where, bug.files),
        ...(bug.metadata === undefined ? {} : { metadata: bug.metadata }),
        more: labels.length === 0 ? [] : [{ type: 'labels', added: labels, at }],
      })
      story.line = line
      story.names.set(firstComment, line.id)
    })
    for (const step of bug.history) tellStep(story, step)
  }

  function tellStep(story: BugStory, step: DemoStep): void {
    if (step.kind === 'pack') {
      happen(step.arrived, () => addPack(story, lineOf(story), step))
      return
    }
    let fork: BugLine | undefined
    const forked = () => {
      fork ??= lineOf(story).fork()
      return fork
    }
    for (const here of step.here) {
      happen(here.arrived, () => {
        forked()
        addPack(story, lineOf(story), here)
      })
    }
    for (const elsewhere of step.elsewhere) {
      happen(elsewhere.arrived, () => {
        // The other clone keeps fetching the rest of the tracker, so its clock is not behind.
        forked().witness(t.clocks.edit.time)
        addPack(story, forked(), elsewhere)
      })
    }
    happen(step.arrived, () => lineOf(story).merge(person(step.where, step.by), forked(), { at: step.arrived }))
  }

  function addPack(story: BugStory, line: BugLine, step: DemoStep): void {
    if (step.kind !== 'pack') return
    const ids = line.pack(
      person(step.where, step.by),
      step.actions.map(action => operation(story, action)),
    )
    for (const [index, action] of step.actions.entries()) {
      if (action.verb === 'comment' && action.name !== undefined) story.names.set(action.name, ids[index] ?? '')
    }
  }

  function operation(story: BugStory, action: DemoAction): PackStep {
    const { at, where } = action
    const common = { at, ...(action.metadata === undefined ? {} : { metadata: action.metadata }) }
    const target = (name: string) => story.names.get(name) ?? complain(where, `no comment before it is named "${name}"`)
    switch (action.verb) {
      case 'comment':
        return {
          ...common,
          type: 'comment',
          message: withMentions(where, action.message),
          files: attach(where, action.files),
        }
      case 'edit': {
        const message = withMentions(where, action.message)
        return { ...common, type: 'edit', target: target(action.target), message, files: attach(where, action.files) }
      }
      case 'title':
        return { ...common, type: 'title', title: action.title }
      case 'status':
        return { ...common, type: 'status', status: action.status }
      case 'labels':
        return { ...common, type: 'labels', added: action.added, removed: action.removed }
      case 'metadata':
        return { ...common, type: 'metadata', target: target(action.target), set: action.set }
      case 'noop':
        return { ...common, type: 'noop' }
    }
  }

  function lineOf(story: BugStory): BugLine {
    return story.line ?? complain(story.content.where, 'its history begins before it')
  }

  function person(where: string, key: string): Person {
    return people.get(key) ?? complain(where, `nobody is called "${key}" at that time`)
  }

  function attach(where: string, names: readonly string[]): string[] {
    return names.map(name => t.attach(content.files.get(name) ?? complain(where, `no file is called "${name}"`)))
  }

  function withMentions(where: string, text: string): string {
    return text.replace(mention, (_, key: string) => {
      const line = stories.get(key)?.line ?? complain(where, `no bug before it is called "${key}"`)
      return humanId(line.id)
    })
  }
}
