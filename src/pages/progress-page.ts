/**
 * The page for a repository that is being read for the first time: how far that has come. It has no script; whoever
 * sends it says when to load it again. Numbers that make no sense are shown as "not known yet".
 */
import { strings } from '../strings/strings.ts'
import { layoutView, type PageView } from './layout.ts'
import type { Site } from './site.ts'
import { counted, grouped, shownText } from './wording.ts'

/** How far the reading of a repository has come. */
export interface BuildProgress {
  /** Bugs and people that were read. */
  readonly done: number
  /** Of so many; 0 while that is being found out. */
  readonly total: number
}

export interface ProgressInput {
  readonly site: Site
  readonly name: string
  readonly progress: BuildProgress
  /** The address of the page that was asked for. */
  readonly url: string
}

export interface ProgressView extends PageView {
  readonly heading: string
  readonly howFar: string
  /** Undefined while it is not known. */
  readonly bar: BuildProgress | undefined
  readonly url: string
}

const words = strings.progress

const maxNameChars = 200

export function progressPage({ site, name, progress, url }: ProgressInput): ProgressView {
  const heading = words.reading(shownText(name, maxNameChars))
  return {
    layout: layoutView({ site, title: heading, repository: { name }, indexed: false }),
    heading,
    howFar: isKnown(progress) ? progressText(progress) : words.findingOut,
    bar: isKnown(progress) ? progress : undefined,
    url,
  }
}

/** `1,234 of 10,000 bugs and people read`: a part of a sentence. */
export function progressText(progress: BuildProgress): string {
  if (!isKnown(progress)) return words.findingOutInside
  return words.read(grouped(progress.done), counted(progress.total, ...words.bugsAndPeople))
}

function isKnown({ done, total }: BuildProgress): boolean {
  return total > 0 && done >= 0 && done <= total
}
