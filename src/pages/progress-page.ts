/**
 * The page for a repository that is being brought here, or read for the first time: how far that has come. It has no
 * script; whoever sends it says when to load it again. Numbers that make no sense are shown as "not known yet".
 */
import { strings } from '../strings/strings.ts'
import { layoutView, type PageView } from './layout.ts'
import type { Site } from './site.ts'
import { bytesText, counted, grouped, shownText } from './wording.ts'

/** How far the reading of a repository has come. */
export interface BuildProgress {
  /** Bugs and people that were read. */
  readonly done: number
  /** Of so many; 0 while that is being found out. */
  readonly total: number
  /** Where it is a copy that has to be brought here first: how far that has come. */
  readonly clone?: CloneProgress | undefined
}

/** How far the copying of a repository elsewhere has come. */
export interface CloneProgress {
  readonly step: CloneStep
  /** Of `total`; both 0 where that is not known. */
  readonly done: number
  readonly total: number
  /** What has come so far. */
  readonly bytes: number
}

export type CloneStep = 'waiting' | (typeof cloneSteps)[number]

export interface ProgressInput {
  readonly site: Site
  readonly name: string
  readonly progress: BuildProgress
  /** The address of the page that was asked for. */
  readonly url: string
}

export interface ProgressView extends PageView {
  readonly heading: string
  /** What is being done, and why. */
  readonly about: string
  readonly howFar: string
  /** Undefined while it is not known. */
  readonly bar: { readonly done: number; readonly total: number } | undefined
  readonly url: string
}

const words = strings.progress
const mirror = strings.mirror

const maxNameChars = 200
/** In their order. */
const cloneSteps = ['connecting', 'counting', 'receiving', 'resolving', 'storing'] as const
const placeOfStep: ReadonlyMap<CloneStep, number> = new Map(cloneSteps.map((step, index) => [step, index + 1]))

export function progressPage({ site, name, progress, url }: ProgressInput): ProgressView {
  const { clone } = progress
  const shownName = shownText(name, maxNameChars)
  const heading = clone ? mirror.fetching(shownName) : words.reading(shownName)
  const numbers = clone ?? progress
  return {
    layout: layoutView({ site, title: heading, repository: { name }, indexed: false }),
    heading,
    about: clone ? mirror.bringsACopy : words.firstLook,
    howFar: clone ? cloneLine(clone) : isKnown(progress) ? readText(progress) : words.findingOut,
    bar: isKnown(numbers) ? { done: numbers.done, total: numbers.total } : undefined,
    url,
  }
}

/** What is being done and how far it has come: `the repository is being fetched: receiving 12 of 60 objects`. */
export function progressText(progress: BuildProgress): string {
  const { clone } = progress
  if (clone) return mirror.beingFetched(cloneText(clone))
  return words.beingRead(isKnown(progress) ? readText(progress) : words.findingOutInside)
}

function readText({ done, total }: BuildProgress): string {
  return words.read(grouped(done), counted(total, ...words.bugsAndPeople))
}

/** `Step 3 of 5: receiving 1,234 of 5,678 objects · 3.2 MB`. */
function cloneLine(clone: CloneProgress): string {
  const place = placeOfStep.get(clone.step)
  const text = cloneText(clone)
  if (place === undefined) return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
  return mirror.step(place, cloneSteps.length, text)
}

function cloneText({ step, done, total, bytes }: CloneProgress): string {
  if ((step !== 'receiving' && step !== 'resolving') || !isKnown({ done, total })) return mirror.steps[step]
  const text = mirror[step](grouped(done), counted(total, ...mirror.objects))
  return step === 'receiving' && bytes > 0 ? `${text}${mirror.soFar(bytesText(bytes))}` : text
}

function isKnown({ done, total }: { readonly done: number; readonly total: number }): boolean {
  return total > 0 && done >= 0 && done <= total
}
