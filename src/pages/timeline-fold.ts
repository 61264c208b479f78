/**
 * Noise of a timeline, put together: a run of three or more changes that nobody reads one by one (labels, a bug closed
 * and opened again, whatever programs do) becomes one line that says what is inside. Promises that every event is in
 * exactly one run, in the order of the timeline, and that what tells the bug's state stays visible: comments,
 * changes of the title by people, the last change of the status, and every one that was not undone within its run.
 */
import type { Status, TimelineEvent } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import type { TimelineItemView } from './timeline.ts'
import { counted } from './wording.ts'

/** Events that stand together. */
export interface TimelineRunView {
  /** What is inside, such as `3 label changes by github-actions`; empty for what is shown as it is. */
  readonly summary: string
  readonly items: readonly TimelineItemView[]
}

/** An event and how it is shown. */
export interface FoldableItem {
  readonly event: TimelineEvent
  readonly item: TimelineItemView
  readonly byBot: boolean
}

/** Fewer take no more room than the line that would stand for them. */
const minRun = 3

/** Cuts a timeline into runs. */
export function foldRuns(items: readonly FoldableItem[]): TimelineRunView[] {
  const lastStatus = lastStatusBefore(items, items.length)
  const runs: TimelineRunView[] = []
  let noise: FoldableItem[] = []
  let before: Status = 'open'
  let status: Status = 'open'
  for (const [index, item] of items.entries()) {
    if (item.event.type === 'status') status = item.event.status
    if (isNoise(item) && index !== lastStatus) noise.push(item)
    else {
      runs.push(...splitNoise(noise, before), plainRun([item]))
      noise = []
      before = status
    }
  }
  return joinPlain([...runs, ...splitNoise(noise, before)])
}

function isNoise({ event, item, byBot }: FoldableItem): boolean {
  // A signature that is missing or wrong is news.
  if (item.signature !== undefined && item.signature.state !== 'signed') return false
  return event.type === 'labels' || event.type === 'status' || (event.type === 'title' && byBot)
}

/** Where the status is another one after the noise than before it, the last changes of it stay visible. */
function splitNoise(noise: readonly FoldableItem[], before: Status): TimelineRunView[] {
  const fromTheEnd: TimelineRunView[] = []
  let end = noise.length
  for (
    let at = lastStatusBefore(noise, end);
    statusAt(noise, at, before) !== before;
    at = lastStatusBefore(noise, at)
  ) {
    fromTheEnd.push(...foldRun(noise.slice(at + 1, end)), plainRun(noise.slice(at, at + 1)))
    end = at
  }
  return [...foldRun(noise.slice(0, end)), ...fromTheEnd.reverse()]
}

/** The place of the last change of the status before `end`; -1 without one. */
function lastStatusBefore(items: readonly FoldableItem[], end: number): number {
  for (let index = end - 1; index >= 0; index--) if (items[index]?.event.type === 'status') return index
  return -1
}

function statusAt(items: readonly FoldableItem[], index: number, before: Status): Status {
  const event = items[index]?.event
  return event?.type === 'status' ? event.status : before
}

function foldRun(noise: readonly FoldableItem[]): TimelineRunView[] {
  if (noise.length < minRun) return [plainRun(noise)]
  return [{ summary: summaryOf(noise), items: noise.map(({ item }) => item) }]
}

function plainRun(items: readonly FoldableItem[]): TimelineRunView {
  return { summary: '', items: items.map(({ item }) => item) }
}

/** Neighbours that are shown as they are become one run, and empty ones go. */
function joinPlain(runs: readonly TimelineRunView[]): TimelineRunView[] {
  const joined: TimelineRunView[] = []
  let plain: TimelineItemView[] = []
  const endPlain = () => {
    if (plain.length > 0) joined.push({ summary: '', items: plain })
    plain = []
  }
  for (const run of runs) {
    if (run.summary === '') {
      for (const item of run.items) plain.push(item)
    } else {
      endPlain()
      joined.push(run)
    }
  }
  endPlain()
  return joined
}

function summaryOf(noise: readonly FoldableItem[]): string {
  const count = (type: TimelineEvent['type']) => noise.filter(({ event }) => event.type === type).length
  const labels = count('labels')
  const titles = count('title')
  const parts = [
    labels === 0 ? '' : counted(labels, ...strings.timeline.labelChanges),
    titles === 0 ? '' : counted(titles, ...strings.timeline.titleChanges),
    statusPart(noise),
  ]
  return strings.timeline.changesBy(parts.filter(part => part !== '').join(', '), authorsOf(noise))
}

/** What became of the status, which in the end is what it was before. */
function statusPart(noise: readonly FoldableItem[]): string {
  const { statusChanges, closedAndOpened, openedAndClosed, doneTwice, doneTimes } = strings.timeline
  const changes = noise.flatMap(({ event }) => (event.type === 'status' ? [event.status] : []))
  const [first] = changes
  if (first === undefined) return ''
  if (changes.some((status, index) => status === changes[index + 1])) return counted(changes.length, ...statusChanges)
  const what = first === 'closed' ? closedAndOpened : openedAndClosed
  const times = changes.length / 2
  if (times === 1) return what
  return times === 2 ? doneTwice(what) : doneTimes(what, counted(times, ...strings.common.nouns.time))
}

const maxNames = 3

function authorsOf(noise: readonly FoldableItem[]): string {
  const names = [...new Set(noise.map(({ item }) => item.author.name))]
  if (names.length <= maxNames) return strings.common.listed(names)
  const others = counted(names.length - maxNames + 1, ...strings.timeline.otherPeople)
  return strings.common.listed([...names.slice(0, maxNames - 1), others])
}
