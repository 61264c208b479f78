/**
 * The demo content as data: what the files of `demo/` say (`demo/README.md` has their shape), checked. Pure. Promises
 * that whatever is wrong in a file is an Error that names the file and the place.
 */
import { parse } from 'yaml'
import { complain, type Fields, readFields } from './fields.ts'

/** One state of a person; what a change does not name stays as it was. */
interface DemoVersion {
  /** Unix seconds. */
  readonly at: number
  readonly name?: string
  readonly email?: string
  readonly login?: string
  readonly metadata?: Readonly<Record<string, string>>
}

interface DemoPerson {
  /** What the other files call the person. */
  readonly key: string
  readonly versions: readonly DemoVersion[]
}

/** One operation, before names stand for ids. */
export type DemoAction = { readonly at: number; readonly where: string } & (
  | { readonly verb: 'comment'; readonly message: string; readonly files: readonly string[]; readonly name?: string }
  | { readonly verb: 'edit'; readonly target: string; readonly message: string; readonly files: readonly string[] }
  | { readonly verb: 'title'; readonly title: string }
  | { readonly verb: 'status'; readonly status: 'open' | 'closed' }
  | { readonly verb: 'labels'; readonly added: readonly string[]; readonly removed: readonly string[] }
  | { readonly verb: 'metadata'; readonly target: string; readonly set: Readonly<Record<string, string>> }
  | { readonly verb: 'noop' }
) & { readonly metadata?: Readonly<Record<string, string>> }

/** One pack, or two lines of work that are merged. */
export type DemoStep = {
  readonly where: string
  readonly by: string
  /** When it came into the tracker: its place in the order. Usually when it was written. */
  readonly arrived: number
} & (
  | { readonly kind: 'pack'; readonly actions: readonly DemoAction[] }
  | { readonly kind: 'merge'; readonly here: readonly DemoStep[]; readonly elsewhere: readonly DemoStep[] }
)

export interface DemoBug {
  /** The file's name without number and ending: what `[[…]]` in a text stands for. */
  readonly key: string
  readonly where: string
  readonly title: string
  readonly by: string
  readonly at: number
  readonly message: string
  readonly labels: readonly string[]
  readonly files: readonly string[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly history: readonly DemoStep[]
}

export interface DemoContent {
  readonly people: readonly DemoPerson[]
  /** In the order of the files' names. */
  readonly bugs: readonly DemoBug[]
  /** Attachments by name. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Text of the README that the demo repository itself carries. */
  readonly readme: string
}

/** Files by path below `demo/`, with forward slashes. */
export type DemoFiles = ReadonlyMap<string, Uint8Array>

const bugFile = /^bugs\/\d+-([a-z0-9-]+)\.yaml$/
const base64Ending = '.base64'
const controlCharacters = /\p{Cc}/u

/** Reads all files. @throws Error that names the file and the place */
export function parseDemoContent(files: DemoFiles): DemoContent {
  const text = (path: string) => Buffer.from(files.get(path) ?? complain(path, 'the file is missing')).toString('utf8')
  const attachments = new Map<string, Uint8Array>()
  const bugs: DemoBug[] = []
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = bugFile.exec(path)?.[1]
    if (key !== undefined) bugs.push(parseBug(readFields(path, parse(text(path))), key))
    if (path.startsWith('files/')) {
      const name = path.slice('files/'.length)
      if (name.endsWith(base64Ending)) {
        attachments.set(name.slice(0, -base64Ending.length), Buffer.from(text(path), 'base64'))
      } else {
        attachments.set(name, bytes)
      }
    }
  }
  const people = readFields('people.yaml', parse(text('people.yaml')))
  const list = people.list('people').map(parsePerson)
  people.end()
  return { people: list, bugs, files: attachments, readme: text('kiln-readme.md') }
}

function parsePerson(fields: Fields): DemoPerson {
  const person = {
    key: fields.text('key'),
    versions: [parseVersion(fields, 'since'), ...fields.list('changes').map(change => parseVersion(change, 'at'))],
  }
  fields.end()
  return person
}

function parseVersion(fields: Fields, timeKey: 'since' | 'at'): DemoVersion {
  const version = {
    at: fields.time(timeKey),
    ...optional('name', fields.optionalText('name')),
    ...optional('email', fields.optionalText('email')),
    ...optional('login', fields.optionalText('login')),
    ...optional('metadata', fields.textMap('imported')),
  }
  if (timeKey === 'at') fields.end()
  return version
}

function parseBug(fields: Fields, key: string): DemoBug {
  const at = fields.time('at')
  const bug = {
    key,
    where: fields.where,
    title: oneLine(fields.where, fields.text('title')),
    by: fields.text('by'),
    at,
    message: fields.text('text').trimEnd(),
    labels: fields.texts('labels').map(label => oneLine(fields.where, label)),
    files: fields.texts('files'),
    ...optional('metadata', fields.textMap('imported')),
    history: parseSteps(fields.list('history'), at),
  }
  fields.end()
  return bug
}

/** Steps in the order in which they arrived; `notBefore` is the time of what they follow. */
function parseSteps(list: readonly Fields[], notBefore: number): DemoStep[] {
  let last = notBefore
  return list.map(fields => {
    const step = parseStep(fields, last)
    if (step.arrived < last) complain(fields.where, 'it arrives before the step above it; see "arrived"')
    last = step.arrived
    return step
  })
}

function parseStep(fields: Fields, notBefore: number): DemoStep {
  const { where } = fields
  const at = fields.time('at')
  const common = { where, by: fields.text('by'), arrived: fields.optionalTime('arrived') ?? at }
  if (fields.has('merge')) {
    const lines = fields.fields('merge')
    // No line of work may have a merge in it: the demo needs none, and so nothing here is deeper than its text.
    const line = (key: string) => parseSteps(lines.list(key), notBefore).map(step => refuseMerge(step))
    const step = { ...common, kind: 'merge' as const, here: line('here'), elsewhere: line('elsewhere') }
    lines.end()
    fields.end()
    if (step.here.length === 0 || step.elsewhere.length === 0) complain(where, 'both lines of a merge need steps')
    return step
  }
  const actions = fields.has('several')
    ? fields.list('several').map(inner => endOf(inner, parseAction(inner, inner.optionalTime('at') ?? at)))
    : [parseAction(fields, at)]
  fields.end()
  return { ...common, kind: 'pack', actions }
}

function parseAction(fields: Fields, at: number): DemoAction {
  const { where } = fields
  const common = { at, where, ...optional('metadata', fields.textMap('imported')) }
  const verbs = ['comment', 'edit', 'title', 'status', 'add', 'metadata', 'nothing'].filter(verb => fields.has(verb))
  const verb = verbs[0] ?? (fields.has('remove') ? 'add' : undefined)
  if (verb === undefined || verbs.length > 1) complain(where, `one step does one thing, this one ${verbs.length}`)
  switch (verb) {
    case 'comment': {
      const message = fields.text('comment').trimEnd()
      const name = optional('name', fields.optionalText('name'))
      return { ...common, verb, message, files: fields.texts('files'), ...name }
    }
    case 'edit': {
      const target = fields.text('edit')
      return { ...common, verb, target, message: fields.text('text').trimEnd(), files: fields.texts('files') }
    }
    case 'title':
      return { ...common, verb, title: oneLine(where, fields.text('title')) }
    case 'status': {
      const status = fields.text('status')
      if (status !== 'open' && status !== 'closed') complain(where, 'status is open or closed')
      return { ...common, verb, status }
    }
    case 'metadata':
      return { ...common, verb, target: fields.text('metadata'), set: fields.textMap('set') ?? {} }
    case 'nothing':
      fields.text('nothing')
      return { ...common, verb: 'noop' }
    default: {
      const labels = (key: string) => fields.texts(key).map(label => oneLine(where, label))
      return { ...common, verb: 'labels', added: labels('add'), removed: labels('remove') }
    }
  }
}

function refuseMerge(step: DemoStep): DemoStep {
  if (step.kind === 'merge') complain(step.where, 'a merge cannot stand inside another')
  return step
}

function endOf<T>(fields: Fields, value: T): T {
  fields.end()
  return value
}

function oneLine(where: string, text: string): string {
  if (controlCharacters.test(text)) complain(where, `"${text}" must be one line without control characters`)
  return text
}

/** A property that is not there rather than undefined. */
function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T })
}
