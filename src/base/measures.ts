/**
 * The catalogue of measures: everything that the program counts or times of itself is here, and docs/metrics.md has a
 * line for each (a test keeps the two equal). Rooms take `Measures` as a parameter and know nothing of who reads them.
 * A label's values come from this program and never from a visitor or a repository: each one costs memory for ever.
 */
import { type ErrorCode, errorCatalogue } from './errors.ts'

/** The values that a label may have; `any` where the program's own names are too many to list. */
type LabelValues = 'any' | readonly string[]

/** What the catalogue says of one measure. */
export interface MeasureEntry {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  /** What it tells, as docs/metrics.md and `/metrics` print it. */
  readonly help: string
  readonly labels: Readonly<Record<string, LabelValues>>
  /** Upper bounds of a histogram's buckets in seconds, ascending, without the last one, which is infinite. */
  readonly buckets?: readonly number[]
}

/** What is kept in memory: states of repositories, whole bugs, rendered texts, finished pages. */
const tiers = ['repository', 'full_bug', 'text', 'page'] as const
/** What may be kept beyond the life of a process, and where; see `store/`. */
const storeTiers = ['permanent', 'intermediate', 'result'] as const
const backends = ['memory', 'sqlite', 'redis'] as const
/** `stopped`: nobody wanted it any more, or the server was shutting down. */
const outcomes = ['done', 'failed', 'stopped'] as const
const errorCodes = [...(Object.keys(errorCatalogue) as ErrorCode[]), 'INTERNAL', 'REFUSED'] as const
/** From a small answer in memory to the patience of a visitor. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const
/** From a refresh that finds nothing new to a first build of very large repositories. */
const workBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const

export const measureCatalogue = {
  gitbugviewer_info: {
    kind: 'gauge',
    help: 'Always 1; the label has the version of the program.',
    labels: { version: 'any' },
  },
  gitbugviewer_repositories: { kind: 'gauge', help: 'Repositories that are served, open or not.', labels: {} },
  gitbugviewer_open_caches: { kind: 'gauge', help: 'Repositories that are open.', labels: {} },
  gitbugviewer_open_bugs: { kind: 'gauge', help: 'Bugs of the repositories that are open.', labels: {} },
  gitbugviewer_cache_bytes: {
    kind: 'gauge',
    help: 'Memory that a tier of the cache holds, about.',
    labels: { tier: tiers },
  },
  gitbugviewer_lookups_total: {
    kind: 'counter',
    help: 'Lookups in a tier of the cache.',
    labels: { tier: tiers, result: ['hit', 'miss'] },
  },
  gitbugviewer_evictions_total: {
    kind: 'counter',
    help: 'What a tier of the cache gave up, and why: nobody used it, the memory budget, a hook, or the size of the tier.',
    labels: { tier: tiers, reason: ['idle', 'memory', 'hook', 'size'] },
  },
  gitbugviewer_build_duration_seconds: {
    kind: 'histogram',
    help: 'Builds of repositories: the first one, a refresh of what has moved, or a full one beside the old state.',
    labels: { kind: ['first', 'refresh', 'full'], result: outcomes },
    buckets: workBuckets,
  },
  gitbugviewer_entities_total: {
    kind: 'counter',
    help: 'Bugs and identities of builds: read from git, found in the store, or reused because their tip had not moved.',
    labels: { result: ['read', 'stored', 'reused'] },
  },
  gitbugviewer_store_lookups_total: {
    kind: 'counter',
    help: 'Values that were looked for in the store, by where and in which tier. What is not in memory or in SQLite is looked for in Redis where there is one.',
    labels: { backend: backends, tier: storeTiers, result: ['hit', 'miss'] },
  },
  gitbugviewer_store_bytes: {
    kind: 'gauge',
    help: 'What the store keeps here, about; Redis tells of itself.',
    labels: { backend: ['memory', 'sqlite'], tier: storeTiers },
  },
  gitbugviewer_store_evictions_total: {
    kind: 'counter',
    help: 'Values that the store gave up, because its tier was full or they were too old.',
    labels: { backend: ['memory', 'sqlite'], tier: storeTiers, reason: ['size', 'age'] },
  },
  gitbugviewer_store_damaged_total: {
    kind: 'counter',
    help: 'Values of the store that are not what was put there; they count as not there.',
    labels: { backend: backends },
  },
  gitbugviewer_store_errors_total: {
    kind: 'counter',
    help: 'Calls of the store that failed or took too long; their values count as not there.',
    labels: { backend: backends, operation: ['read', 'write', 'task', 'bus', 'limit'] },
  },
  gitbugviewer_store_breaker_open: {
    kind: 'gauge',
    help: '1 while the store is left alone after failures; then git is read instead.',
    labels: { backend: backends },
  },
  gitbugviewer_tasks_total: {
    kind: 'counter',
    help: 'Builds that asked for their task key: had it at once, had it after waiting, found nothing left to do after waiting, or lost it.',
    labels: { result: ['taken', 'taken_later', 'done_by_other', 'lost'] },
  },
  gitbugviewer_bus_messages_total: {
    kind: 'counter',
    help: 'News of repositories that have moved, told to other instances and heard from them.',
    labels: { direction: ['told', 'heard'] },
  },
  gitbugviewer_builds_waiting: { kind: 'gauge', help: 'Builds that wait for their turn.', labels: {} },
  gitbugviewer_builds_running: { kind: 'gauge', help: 'Builds that run.', labels: {} },
  gitbugviewer_worker_threads: { kind: 'gauge', help: 'Worker threads for builds that are alive.', labels: {} },
  gitbugviewer_search_bytes: {
    kind: 'gauge',
    help: 'The database of texts for searching, on disk where there is a data folder.',
    labels: {},
  },
  gitbugviewer_search_queue_bytes: {
    kind: 'gauge',
    help: 'Texts that wait to be written into it.',
    labels: {},
  },
  gitbugviewer_stream_entries: {
    kind: 'gauge',
    help: 'Long answers that can be found in the stream cache.',
    labels: {},
  },
  gitbugviewer_stream_bytes: {
    kind: 'gauge',
    help: 'Files of the stream cache, with those that nobody new can find and somebody still reads.',
    labels: {},
  },
  gitbugviewer_stream_readers: { kind: 'gauge', help: 'Readers of long answers.', labels: {} },
  gitbugviewer_stream_lookups_total: {
    kind: 'counter',
    help: 'Long answers that were asked for: they were there, complete or being made, or had to be made.',
    labels: { result: ['hit', 'miss'] },
  },
  gitbugviewer_stream_evictions_total: {
    kind: 'counter',
    help: 'Long answers that the stream cache gave up: there was no room, or nobody had asked for them for long.',
    labels: { reason: ['size', 'age'] },
  },
  gitbugviewer_stream_failures_total: {
    kind: 'counter',
    help: 'Long answers that failed while they were made, or whose file could not be used.',
    labels: {},
  },
  gitbugviewer_mirrors: { kind: 'gauge', help: 'Remote repositories that are on disk.', labels: {} },
  gitbugviewer_mirror_bytes: { kind: 'gauge', help: 'What they take there, measured.', labels: {} },
  gitbugviewer_mirror_fetches_running: {
    kind: 'gauge',
    help: 'Clones and fetches of remote repositories that go on.',
    labels: {},
  },
  gitbugviewer_mirror_fetch_duration_seconds: {
    kind: 'histogram',
    help: 'Clones and fetches of remote repositories, with the wait for their turn.',
    labels: { kind: ['clone', 'fetch'], result: outcomes },
    buckets: workBuckets,
  },
  gitbugviewer_mirror_evictions_total: {
    kind: 'counter',
    help: 'Remote repositories that had to leave the disk: they are in cold storage, or gone.',
    labels: { to: ['cold', 'nowhere'] },
  },
  gitbugviewer_cold_storage_requests_total: {
    kind: 'counter',
    help: 'Mirrors put into cold storage, and looked for there.',
    labels: { kind: ['put', 'get'], result: ['done', 'missing', 'failed'] },
  },
  gitbugviewer_fingerprint_checks_total: {
    kind: 'counter',
    help: 'Looks at the files of refs: nothing moved, something moved, or too young to tell.',
    labels: { result: ['same', 'moved', 'unsettled'] },
  },
  gitbugviewer_hook_deliveries_total: {
    kind: 'counter',
    help: 'Calls of the hook address; merged is one that a refresh under way takes along.',
    labels: {
      source: ['git', 'json', 'github', 'gitlab', 'gitea', 'forgejo'],
      result: ['invalidated', 'dropped', 'merged', 'ignored', 'refused', 'failed'],
    },
  },
  gitbugviewer_git_processes_started_total: {
    kind: 'counter',
    help: 'git processes that were started, by their command.',
    labels: { command: 'any' },
  },
  gitbugviewer_git_processes_running: {
    kind: 'gauge',
    help: 'git processes that run, by their command.',
    labels: { command: 'any' },
  },
  gitbugviewer_job_duration_seconds: {
    kind: 'histogram',
    help: 'Runs of the tasks on a schedule.',
    labels: { task: 'any', result: outcomes },
    buckets: workBuckets,
  },
  gitbugviewer_job_skips_total: {
    kind: 'counter',
    help: 'Runs that were left out because the one before still went on.',
    labels: { task: 'any' },
  },
  gitbugviewer_errors_total: {
    kind: 'counter',
    help: 'Errors by their code, in answers to requests and in refreshes.',
    labels: { code: errorCodes, place: ['request', 'refresh'] },
  },
  gitbugviewer_overload_refusals_total: {
    kind: 'counter',
    help: 'Requests that were told to come back because the server had more to do than it could: steps waited too long for their turn, the processor had no rest, or memory ran out.',
    labels: { reason: ['delay', 'utilization', 'heap', 'resident'] },
  },
  gitbugviewer_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'Requests, from their headers to the last byte of the answer; the route is a pattern, unknown where none fits.',
    labels: {
      route: 'any',
      method: ['GET', 'HEAD', 'POST', 'OPTIONS', 'other'],
      status: ['1xx', '2xx', '3xx', '4xx', '5xx'],
    },
    buckets: requestBuckets,
  },
} as const satisfies Record<string, MeasureEntry>

type Catalogue = typeof measureCatalogue
export type MeasureName = keyof Catalogue
type NamesOf<Kind> = { [N in MeasureName]: Catalogue[N]['kind'] extends Kind ? N : never }[MeasureName]
export type CounterName = NamesOf<'counter'>
export type GaugeName = NamesOf<'gauge'>
export type HistogramName = NamesOf<'histogram'>

type ValueOf<Values> = Values extends readonly (infer One)[] ? One : string
/** The labels of a measure, all of them, with the values that the catalogue allows. */
export type LabelsOf<N extends MeasureName> = {
  readonly [L in keyof Catalogue[N]['labels']]: ValueOf<Catalogue[N]['labels'][L]>
}

/** Gauges that are one number. */
export type PlainGaugeName = { [N in GaugeName]: keyof Catalogue[N]['labels'] extends never ? N : never }[GaugeName]
/** Gauges that have a number for each combination of labels. */
export type LabelledGaugeName = Exclude<GaugeName, PlainGaugeName>
/** One value of a gauge that has labels. */
export interface Reading<N extends LabelledGaugeName> {
  readonly labels: LabelsOf<N>
  readonly value: number
}

/** A gauge and how it is read. Pairs, and no type parameter, so that a label's value keeps its literal type. */
export type GaugeReader =
  | [name: PlainGaugeName, read: () => number]
  | { [N in LabelledGaugeName]: [name: N, read: () => readonly Reading<N>[]] }[LabelledGaugeName]

/** What rooms tell of themselves. No call ever throws or waits. */
export interface Measures {
  /** Adds to a counter: one, or `by`, which is not negative. */
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void
  /** Adds a duration to a histogram. */
  observe<N extends HistogramName>(name: N, seconds: number, labels: LabelsOf<N>): void
  /**
   * Says how a gauge is read. It is read whenever somebody asks for the measures, so it must be cheap. Several may
   * tell parts of one gauge: readings of the same labels, or of a gauge without labels, are added up.
   */
  gauge(...gauge: GaugeReader): void
}

/** Forgets everything it is told: for when nobody reads. */
export const noMeasures: Measures = { count() {}, observe() {}, gauge() {} }

/** Measures of a part of the program that ends before it: disposing them ends the reading of its gauges. */
export interface PassingMeasures extends Measures, Disposable {}

/** As `noMeasures`. */
export const noPassingMeasures: PassingMeasures = { ...noMeasures, [Symbol.dispose]() {} }
